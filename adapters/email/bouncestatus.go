package email

import (
	"regexp"
	"strings"

	"sori/domain"
)

var (
	statusPattern = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	// statusInText is an enhanced status in running text, told from a version
	// number and from an address of the net.
	statusInText = regexp.MustCompile(`(?:^|[\s(#:;\[-])([45]\.\d{1,2}\.\d{1,3})(?:[^\d.]|\.(?:[^\d]|$)|$)`)
	replyCode    = regexp.MustCompile(`(?:^|[\s:>(;-])([45]\d{2})(?:[\s:.,;)-]|$)`)
)

// reasons give a status to wordings (RFC 3463 §3). The first that matches
// holds. Class 0 stands for the class of the reply.
var reasons = []struct {
	status  string
	pattern *regexp.Regexp
}{
	{"4.4.7", regexp.MustCompile(`(?i)expired|too long in queue|in the queue too long|retry time(?:out)? (?:not reached|exceeded)|not (?:been )?delivered within|cannot send message for|delivery attempts|could not be delivered for|delivery time expired|for the last \d+ seconds`)},
	{"5.2.2", regexp.MustCompile(`(?i)mailbox.{0,20}(?:full|exceed)|quota|over ?quota|exceeds? (?:allowed|the) (?:size|limit|local)|insufficient (?:disk|system storage)|メールボックスが一杯|용량.{0,10}초과|메일함.{0,10}가득`)},
	{"5.3.4", regexp.MustCompile(`(?i)message (?:size|too large|is too big)|size limit|line limit|too large`)},
	{"5.2.1", regexp.MustCompile(`(?i)account.{0,20}(?:disabled|locked|suspended|inactive|discontinued)|mailbox.{0,20}disabled|휴면|사용(?:이)? ?(?:정지|중지)`)},
	{"5.1.2", regexp.MustCompile(`(?i)host (?:or domain name )?(?:not found|unknown)|unknown host|no such domain|domain (?:not found|does not exist)|unrouteable|couldn't find (?:a|any) (?:mail exchanger|host)|no mx|mx or srv record|name service error|리스트.{0,5}호스트|호스트를 찾을 수`)},
	{"5.1.1", regexp.MustCompile(`(?i)user unknown|unknown (?:user|recipient|address)|no such (?:user|recipient|mailbox|address)|(?:user|recipient|mailbox|address|account).{0,40}(?:not found|does ?n[o']t exist|not exist|unknown|not recognized|invalid|not available|unavailable)|invalid (?:user|recipient|address|mailbox)|doesn't have a.{0,40}account|no mailbox here|address rejected|does not like recipient|존재하지 않는|없는 (?:사용자|계정|주소)|見つからない`)},
	{"5.7.1", regexp.MustCompile(`(?i)access denied|relay(?:ing)? (?:denied|not permitted)|spam|blocked|black ?list|policy|not authori[sz]ed|dmarc|spf|rejected|refused|reverse dns|ptr record|weren't sent|virus`)},
	{"4.4.1", regexp.MustCompile(`(?i)timed? ?out|connection (?:refused|reset)|no route|not respond|network error|socket error|did not accept our|unable to connect|wasn't able to establish`)},
}

// settle fills in what a recipient's report leaves open: the status from the
// diagnostic or the wording, the action, and whether it is permanent.
func settle(r domain.BounceRecipient) domain.BounceRecipient {
	if r.Status == "" || strings.HasSuffix(r.Status, ".0.0") {
		if s := textStatus(r.Diagnostic); s != "" && (r.Status == "" || s[0] == r.Status[0]) {
			r.Status = s
		}
	}
	if r.Status == "" {
		r.Status = guessStatus(r.Diagnostic, r.Action == "delayed")
	}
	r.Action = settleAction(r.Action, r.Status)
	r.Permanent = strings.HasPrefix(r.Status, "5") && r.Action == "failed"
	return r
}

// settleAction brings what mail systems write to the words of RFC 3464 §2.3.3.
func settleAction(action, status string) string {
	switch action {
	case "failed", "delayed", "delivered", "relayed", "expanded":
		return action
	}
	if strings.HasPrefix(status, "2") {
		return "delivered"
	}
	return "failed"
}

// textStatus finds the enhanced status that a diagnostic names.
func textStatus(text string) string {
	if m := statusInText.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// guessStatus derives a status from the SMTP reply code (RFC 5321 §4.2) and
// the wording.
func guessStatus(text string, delayed bool) string {
	class := ""
	if m := replyCode.FindStringSubmatch(text); m != nil {
		class = m[1][:1]
	}
	if delayed {
		class = "4"
	}
	for _, r := range reasons {
		if !r.pattern.MatchString(text) {
			continue
		}
		if class == "" {
			return r.status
		}
		return class + r.status[1:]
	}
	return defaultTo(class, "5") + ".0.0"
}
