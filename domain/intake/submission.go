package intake

import (
	"strconv"
	"strings"
	"time"

	"sori/domain"
)

// Submission is what a channel hands over.
type Submission struct {
	Channel    domain.Channel
	Account    string
	ExternalID string
	OccurredAt *time.Time
	From       domain.Party
	To         []domain.Party
	Subject    string
	Text       string
	InquiryID  string
	Type       string
	Tags       []string
	Campaign   string
	Custom     map[string]any
	Files      []File

	Board *domain.BoardPart
	Phone *domain.PhonePart
	Fax   *domain.FaxPart
	Memo  *domain.MemoPart
	Chat  *domain.ChatPart
}

// File is a file that comes with a submission.
type File struct {
	Name        string
	ContentType string
	ContentID   string
	Inline      bool
	Data        []byte

	sealed bool // it holds a resident number
}

// Limits of what comes in, in bytes of UTF-8 but for counts.
const (
	MaxText    = 1 << 20
	maxSubject = 2000
	maxName    = 500
	maxShort   = 500
	maxURL     = 4000
	maxTags    = 50
	maxTag     = 100
	maxFiles   = 1000
	// FutureSlack is how far ahead of our clock a sender's may be.
	FutureSlack = 48 * time.Hour
)

var earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

// Validate checks the submission against the rules that need no store, all faults at once.
func (s *Submission) Validate(now time.Time) error {
	var f domain.Faults
	texts := []struct {
		field, value string
		max          int
	}{
		{"account", s.Account, maxShort}, {"externalId", s.ExternalID, maxShort}, {"from.name", s.From.Name, maxName},
		{"from.email", s.From.Email, maxShort}, {"from.phone", s.From.Phone, maxShort}, {"from.fax", s.From.Fax, maxShort},
		{"from.memberId", s.From.MemberID, maxShort}, {"subject", s.Subject, maxSubject}, {"text", s.Text, MaxText},
		{"inquiryId", s.InquiryID, maxShort}, {"type", s.Type, maxShort}, {"campaign", s.Campaign, maxShort},
	}
	for _, t := range texts {
		domain.CheckText(&f, t.field, t.value, t.max)
	}
	s.checkTags(&f)
	s.checkPart(&f)
	if strings.TrimSpace(s.From.Email+s.From.Phone+s.From.Fax+s.From.MemberID) == "" {
		f.Add("from", "required", "needs at least one of email, phone, fax and memberId")
	}
	if s.OccurredAt != nil && (s.OccurredAt.Before(earliest) || s.OccurredAt.After(now.Add(FutureSlack))) {
		f.Add("occurredAt", "range", "must lie between 1970 and two days from now")
	}
	if len(s.Files) > maxFiles {
		f.Add("files", "max", "are more than %d", maxFiles)
	}
	domain.CheckFields(&f, "custom", s.Custom)
	return f.Err()
}

func (s *Submission) checkTags(f *domain.Faults) {
	if len(s.Tags) > maxTags {
		f.Add("tags", "maxItems", "are more than %d", maxTags)
		return
	}
	for i, t := range s.Tags {
		field := "tags." + strconv.Itoa(i)
		domain.CheckText(f, field, t, maxTag)
		if strings.TrimSpace(t) == "" {
			f.Add(field, "required", "is empty")
		}
	}
}

// checkPart wants the channel's own typed part, and no other.
func (s *Submission) checkPart(f *domain.Faults) {
	parts := map[domain.Channel]bool{
		domain.ChannelBoard: s.Board != nil, domain.ChannelPhone: s.Phone != nil, domain.ChannelFax: s.Fax != nil,
		domain.ChannelMemo: s.Memo != nil, domain.ChannelChat: s.Chat != nil,
	}
	own, known := parts[s.Channel]
	if !known {
		f.Add("channel", "enum", "%q is not a channel of this door", domain.Clip(string(s.Channel), 40))
		return
	}
	if !own {
		f.Add(string(s.Channel), "required", "the typed part of the channel is missing")
	}
	for c, set := range parts {
		if set && c != s.Channel {
			f.Add(string(c), "channel", "does not belong to the channel %s", s.Channel)
		}
	}
	for _, t := range s.partTexts() {
		domain.CheckText(f, t.field, *t.value, maxURL)
		if t.required && *t.value == "" {
			f.Add(t.field, "required", "is empty")
		}
	}
	if p := s.Phone; p != nil && p.Direction != "" && p.Direction != domain.Inbound && p.Direction != domain.Outbound {
		f.Add("phone.direction", "enum", "must be inbound or outbound")
	}
	if b := s.Board; b != nil && b.Visibility != "" && b.Visibility != "public" && b.Visibility != "private" {
		f.Add("board.visibility", "enum", "must be public or private")
	}
	if x := s.Fax; x != nil && (x.Pages < 0 || x.Pages > 10_000) {
		f.Add("fax.pages", "range", "must be from 0 to 10000")
	}
}

type partText struct {
	field    string
	value    *string
	required bool
	free     bool // people write into it, so resident numbers are looked for
}

// partTexts lists the texts of the typed parts.
func (s *Submission) partTexts() []partText {
	var out []partText
	if p := s.Board; p != nil {
		out = append(out, partText{"board.board", &p.Board, false, true}, partText{"board.postId", &p.PostID, true, false},
			partText{"board.parentPostId", &p.ParentPostID, false, false}, partText{"board.url", &p.URL, false, true})
	}
	if p := s.Phone; p != nil {
		out = append(out, partText{"phone.callId", &p.CallID, true, false}, partText{"phone.dialled", &p.Dialled, false, false},
			partText{"phone.agent", &p.Agent, false, true}, partText{"phone.disposition", &p.Disposition, false, true},
			partText{"phone.recordingUrl", &p.RecordingURL, false, true}, partText{"phone.queue", &p.Queue, false, true})
	}
	if p := s.Fax; p != nil {
		out = append(out, partText{"fax.csid", &p.CSID, false, true}, partText{"fax.line", &p.Line, false, false})
	}
	if p := s.Memo; p != nil {
		out = append(out, partText{"memo.location", &p.Location, false, true}, partText{"memo.author", &p.Author, false, true})
	}
	if p := s.Chat; p != nil {
		out = append(out, partText{"chat.sessionId", &p.SessionID, true, false})
	}
	return out
}

// onceKey gives what makes the submission the same thing when it comes again; "" if nothing does.
func (s *Submission) onceKey(account string) string {
	id := s.ExternalID
	switch {
	case id != "":
		id = "x:" + id
	case s.Phone != nil:
		id = "call:" + s.Phone.CallID
	case s.Board != nil:
		id = "post:" + s.Board.Board + "/" + s.Board.PostID
	default:
		return ""
	}
	return string(s.Channel) + "|" + account + "|" + id
}
