package email

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// headingEnds are the last letters of an attribution. They are looked for
// first, because a line seldom ends so and the patterns below cost more.
var headingEnds = []string{":", "：", "wrote", "작성", "작성함", "쓴 글", "보냄", "----"}

func endsHeading(line string) bool {
	for _, e := range headingEnds {
		if strings.HasSuffix(line, e) {
			return true
		}
	}
	return false
}

// writes are the verbs with which mail programs say that somebody wrote, in
// lower case.
var writes = []string{"wrote", "writes", "said", "님이 작성", "님이 작성함", "님이 씀", "작성", "작성함", "쓴 글", "님의 말", "a écrit", "schrieb", "schreef", "geschreven",
	"ha scritto", "escribió", "escreveu", "napisał", "napisał(a)", "napisała", "написал", "написала", "пишет", "skrev", "kirjoitti", "írta", "a scris", "napsal", "napsala", "yazdı", "scrisse",
	"写道", "寫道", "のメール", "さんは書きました", "がそう書きました"}

var (
	hasDate = regexp.MustCompile(`\d{4}|\d{1,2}[:.]\d{2}|\d{1,2}[./-]\d{1,2}|\d{1,2}\.?\s+\p{L}{3,}|\p{L}{3,}\.?\s+\d{1,2}\b`)
	// startsDate is how an attribution begins: a preposition of some language,
	// the day of the week, a number. It is matched against lower case.
	startsDate = regexp.MustCompile(`^[>*\s-]*(?:\d|(?:on|am|le|el|il|op|em|den|dne|dana|in data|w dniu|dnia|el día|vào)\s|` +
		`(?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim|пн|вт|ср|чт|пт|сб|вс|tir|ons|tor|fre|lør|søn|man)\p{L}{0,8}[\s,.]|(?:ma|ti|ke|to|pe|la|su)\s\d)`)
)

// isAttribution tells whether a line, already joined and in lower case, is the
// heading of a quote: a date, and a verb at its end ("On 1 May 2024, Kim
// wrote:") or inside ("Op 12 mei 2024 schreef Kim <kim@example.com>:"), or an
// address at its end ("30.09.2017, 18.30, "Kim" <kim@example.com>:").
func isAttribution(s string) bool {
	return (verbLast(s) || verbInside(s)) && hasDate.MatchString(s) && (strings.ContainsAny(s, "<@") || startsDate.MatchString(s)) ||
		addressLast(s) && hasDate.MatchString(s) && startsDate.MatchString(s)
}

func verbLast(s string) bool {
	s = strings.TrimRight(s, " \t:：.-")
	for _, verb := range writes {
		if strings.HasSuffix(s, verb) {
			return true
		}
	}
	return false
}

func verbInside(s string) bool {
	if !strings.HasSuffix(s, ":") && !strings.HasSuffix(s, "：") {
		return false
	}
	for _, verb := range writes {
		if at := strings.Index(s, " "+verb+" "); at >= 0 && at < 160 {
			return true
		}
	}
	return false
}

func addressLast(s string) bool {
	s = strings.TrimRight(s, " \t")
	if !strings.HasSuffix(s, ":") && !strings.HasSuffix(s, "：") {
		return false
	}
	s = strings.TrimRight(s, " :：")
	open := strings.LastIndexByte(s, '<')
	return open >= 0 && strings.HasSuffix(s, ">") && strings.Contains(s[open:], "@")
}

// headerWords are the field names that mail programs write above what they
// quote, in the languages met, each with what it stands for.
var headerWords = map[string]string{
	"from": "from", "de": "from", "von": "from", "da": "from", "van": "from", "fra": "from", "från": "from", "od": "from", "от": "from", "lähettäjä": "from",
	"보낸 사람": "from", "보낸사람": "from", "보낸이": "from", "발신": "from", "발신자": "from", "보내는 사람": "from", "보내는사람": "from", "差出人": "from", "发件人": "from", "寄件者": "from", "message du": "date",
	"sent": "date", "date": "date", "envoyé": "date", "envoyé le": "date", "gesendet": "date", "datum": "date", "inviato": "date", "data": "date", "verzonden": "date", "sendt": "date", "dato": "date",
	"skickat": "date", "enviado": "date", "fecha": "date", "wysłano": "date", "отправлено": "date", "дата": "date", "lähetetty": "date", "보낸 날짜": "date", "보낸날짜": "date", "날짜": "date", "보낸 시간": "date", "일시": "date", "送信日時": "date", "日付": "date", "发送时间": "date", "日期": "date",
	"to": "to", "à": "to", "a": "to", "an": "to", "aan": "to", "til": "to", "till": "to", "para": "to", "do": "to", "кому": "to", "받는 사람": "to", "받는사람": "to", "받은 사람": "to", "받은사람": "to", "수신": "to", "수신자": "to", "받는이": "to", "宛先": "to", "收件人": "to",
	"cc": "cc", "kopie": "cc", "copie à": "cc", "참조": "cc", "抄送": "cc",
	"subject": "subject", "objet": "subject", "sujet": "subject", "betreff": "subject", "oggetto": "subject", "onderwerp": "subject", "emne": "subject", "ämne": "subject", "asunto": "subject", "assunto": "subject", "temat": "subject", "тема": "subject", "aihe": "subject", "제목": "subject", "件名": "subject", "主题": "subject", "主旨": "subject",
	"reply-to": "reply", "importance": "importance", "중요도": "importance",
}

const maxHeaderWord = 40 // bytes; no field has a longer name

// headerWord gives what field a line names, "" if none.
func headerWord(line string) string {
	line = strings.TrimLeft(line, " \t*>|\u00a0")
	head := line[:min(len(line), maxHeaderWord+len("："))]
	colon := strings.IndexByte(head, ':')
	if wide := strings.Index(head, "："); wide >= 0 && (colon < 0 || wide < colon) {
		colon = wide
	}
	if colon < 1 || colon > maxHeaderWord {
		return ""
	}
	return headerWords[strings.ToLower(strings.Trim(line[:colon], " *\t\u00a0"))]
}

// beginsQuote tells whether an unmarked quote begins at line i, which is line
// without the spaces around it: a rule with the words "original message", the
// header of the quoted mail, or the line that a phone puts under what it sends,
// with another's text below.
func beginsQuote(line string, lines []string, kinds []lineKind, i int) bool {
	switch {
	case line == "":
		return false
	case strings.ContainsAny(line[:1], "-_=*[") || strings.HasPrefix(line, "—"):
		if isOriginalRule(line) {
			return true
		}
	case isDeviceLine(line):
		return (i == 0 || kinds[i-1] == lineBlank) && i+1 < len(lines) && (namesDevice(line) || quotes(lines[i+1:]))
	}
	return isHeaderBlock(lines[i:])
}

// quotes tells whether somebody else's text stands in lines, by what marks or heads it. Under a line that only looks like a phone's, the writer may go on.
func quotes(lines []string) bool {
	for i, l := range lines {
		line := strings.TrimSpace(l)
		switch {
		case line == "":
		case line[0] == '>', isOriginalRule(line), isAttribution(strings.ToLower(line)), isHeaderBlock(lines[i:]):
			return true
		case i+1 < len(lines) && isAttribution(strings.ToLower(line+" "+strings.TrimSpace(lines[i+1]))):
			return true
		}
	}
	return false
}

// isHeaderBlock tells whether a quoted mail's header begins here: a sender (or
// a date), and two more of its fields in the next lines; a subject or an address
// among them, for parcels have senders and dates, too.
func isHeaderBlock(lines []string) bool {
	first := headerWord(lines[0])
	if first != "from" && first != "date" && first != "subject" {
		return false
	}
	seen, address := map[string]bool{}, false
	for _, l := range lines[:min(len(lines), 9)] {
		if w := headerWord(l); w != "" {
			seen[w] = true
			address = address || strings.Contains(l, "@")
		}
	}
	return len(seen) >= 3 && seen["from"] && (address || seen["subject"])
}

// originalWords are what stands in the rule above a quoted or forwarded mail.
var originalWords = regexp.MustCompile(`(?i)original (?:message|appointment|e-?mail)|forwarded (?:message|by)|begin forwarded|reply message|원본 ?(?:메일|메시지|이메일|편지|글)|원문|받은 ?메일 ?내용|전달된 (?:메일|메시지|편지)|ursprüngliche nachricht|weitergeleitete nachricht|` +
	`message d['’]origine|message original|message transféré|mensaje original|mensagem original|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|doorgestuurd bericht|oprindelig(?: besked|e meddelelse)|opprinnelig melding|ursprungligt meddelande|originální zpráva|oryginalna wiadomość|` +
	`исходное сообщение|пересылаемое сообщение|alkuperäinen viesti|元のメッセージ|原始邮件|原始郵件|转发邮件|轉寄郵件`)

// isOriginalRule tells a rule such as "-----Original Message-----".
func isOriginalRule(line string) bool {
	if len(line) > 120 {
		return false
	}
	inner := strings.Trim(line, "-_=*—[] \t")
	return len(inner) < len(line)-3 && originalWords.MatchString(inner) && len([]rune(inner)) <= 60
}

// deviceLine is what phones and programs put under a mail.
var deviceLine = regexp.MustCompile(`(?i)^(?:sent (?:from|with|via|using)|get outlook for|envoyé (?:de mon|depuis|à partir de)|gesendet (?:von|mit)|von .{1,40} gesendet|enviado (?:desde|do|de)|inviato da|verzonden (?:vanaf|met|vanuit)|sendt fra|skickat från|отправлено (?:с|из)|` +
	`wysłane z|lähetetty|outlook for)\s*\S.{0,80}$|^.{1,30}(?:에서|으로|로) (?:보냄|보낸 메일|보냈습니다|발송(?:됨|되었습니다)?|작성(?:됨|했습니다)?)\.?$|^(?:android|ios)용 outlook|^(?:outlook|gmail).{0,20} (?:받기|다운로드)$|^(?:iPhone|iPad)から送信`)

// deviceName is what such lines name. "Sent via UPS" and "편의점에서 보냄" are a customer's own words, where he goes on.
var deviceName = regexp.MustCompile(`(?i)\b(?:my|mon|meinem|meiner|mijn|mio|mia|mi|meu|min)\b|phone|ipad|android|galaxy|outlook|gmail|mail\b|blackberry|windows|samsung|나의|내 |갤럭시|안드로이드|아이폰|휴대폰|스마트폰|모바일|메일|앱`)

func namesDevice(line string) bool { return deviceName.MatchString(line) }

// deviceFirst are the first words of such lines, and deviceLast their ends: a
// cheap look before the pattern.
var (
	deviceFirst = map[string]bool{"sent": true, "get": true, "envoyé": true, "gesendet": true, "von": true, "enviado": true, "inviato": true, "verzonden": true,
		"sendt": true, "skickat": true, "отправлено": true, "wysłane": true, "lähetetty": true, "outlook": true, "gmail": true}
	deviceLast = []string{"보냄", "메일", "보냈습니다", "발송", "발송됨", "발송되었습니다", "작성", "작성됨", "작성했습니다", "받기", "다운로드", "送信"}
)

// deviceLastRunes are the last characters of deviceLast.
var deviceLastRunes = func() map[rune]bool {
	all := map[rune]bool{}
	for _, end := range deviceLast {
		r, _ := utf8.DecodeLastRuneInString(end)
		all[r] = true
	}
	return all
}()

func maybeDeviceLine(bare string) bool {
	first, _, _ := strings.Cut(bare, " ")
	if first != "" && first[0] < hangulLead && deviceFirst[strings.ToLower(first)] || strings.HasPrefix(first, "Android용") || strings.HasPrefix(first, "iOS용") {
		return true
	}
	bare = strings.TrimSuffix(bare, ".")
	if last, _ := utf8.DecodeLastRuneInString(bare); !deviceLastRunes[last] {
		return false
	}
	return slices.ContainsFunc(deviceLast, func(end string) bool { return strings.HasSuffix(bare, end) })
}

// hangulLead is the least byte that a Hangul syllable begins with; no word of deviceFirst begins with it or a higher one.
const hangulLead = 0xea

// isDeviceLine tells such a line from a sentence that begins alike: it is
// short, and has neither comma nor full stop.
func isDeviceLine(line string) bool {
	if line == "" || len(line) > 160 {
		return false
	}
	line = strings.ReplaceAll(line, "\u00a0", " ")
	bare, _, _ := strings.Cut(line, "<")
	bare = strings.TrimSpace(bare)
	if strings.HasSuffix(bare, ".") && !strings.HasSuffix(bare, "다.") || !maybeDeviceLine(bare) || strings.ContainsAny(bare, ",;!?") {
		return false
	}
	return deviceLine.MatchString(line) && len(strings.Fields(bare)) <= 9
}
