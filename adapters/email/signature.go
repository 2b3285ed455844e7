package email

import (
	"regexp"
	"strings"
)

// maxSignature is how many lines a signature may have that begins with
// anything but the usual "-- ".
const maxSignature = 12

// maxDelimited is how many it may have after "-- " (RFC 3676 §4.3).
const maxDelimited = 30

// signatureStart gives the length of a text without its signature.
func signatureStart(lines []string, kinds []lineKind) int {
	from := max(0, len(lines)-maxDelimited-1)
	for i := from; i < len(lines); i++ {
		if kinds[i] == lineOwn && beginsSignature(lines, kinds, i) {
			return i
		}
	}
	return len(lines)
}

func beginsSignature(lines []string, kinds []lineKind, i int) bool {
	line := strings.TrimRight(lines[i], " \t\u00a0")
	tail := lines[i+1:]
	switch {
	case line == "--" || line == "—" || line == "–":
		return !hasQuote(kinds[i+1:])
	case len(tail) > maxSignature || hasQuote(kinds[i+1:]):
		return false
	case isRule(line):
		return looksSigned(tail) && (i == 0 || kinds[i-1] == lineBlank || len(tail) <= 6)
	case isClosing(line):
		return looksSigned(tail)
	case isDeviceLine(strings.TrimSpace(line)):
		return namesDevice(line) || onlyDevices(tail)
	case i > 0 && blank(tail):
		return isKoreanName(strings.TrimSpace(line)) || kinds[i-1] == lineBlank && (line[0] == '-' || line[0] == 0xe2) && dashName.MatchString(line)
	}
	return false
}

// dashName is "-Abhishek Kona" alone at the end: no blank after the dash, or
// it is the point of a list.
var dashName = regexp.MustCompile(`^[-–—]\p{Lu}\p{L}*(?: \p{Lu}[\p{L}.]*){0,3}$`)

// koreanName is "홍길동 드림" alone at the end.
var koreanName = regexp.MustCompile(`^(?:\S{1,20} ){0,3}\p{Hangul}{2,5}\s?(?:드림|올림|배상|拜上)[.]?$`)

func isKoreanName(line string) bool {
	bare := strings.TrimSuffix(line, ".")
	for _, end := range []string{"드림", "올림", "배상", "拜上"} {
		if strings.HasSuffix(bare, end) {
			return koreanName.MatchString(line)
		}
	}
	return false
}

// closing is the formula above a name. It stands alone on its line; "with
// regards to the payment" is no closing.
var closing = regexp.MustCompile(`(?i)^(?:(?:\p{L}{1,12} ){0,3}(?:regards|wishes)|regards|cheers|cordialement|bien à vous|mit freundlichen grüßen|viele grüße|(?:un )?cordiali? saluti|saludos|met vriendelijke groet(?:en)?|med venlig hilsen|atenciosamente|pozdrawiam)\s*[,!.]*$`)

func isClosing(line string) bool {
	line = strings.TrimSpace(line)
	return len(line) < 60 && closingWord(line) && closing.MatchString(line)
}

// closingWord is a cheap look before the pattern: the last word.
func closingWord(line string) bool {
	words := strings.Fields(strings.ToLower(strings.TrimRight(line, " \t,!.")))
	if len(words) == 0 || len(words) > 4 {
		return false
	}
	switch words[len(words)-1] {
	case "regards", "wishes", "cheers", "cordialement", "vous", "grüßen", "grüße", "saluti", "saludos", "groet", "groeten", "hilsen", "atenciosamente", "pozdrawiam":
		return true
	}
	return false
}

// looksSigned tells whether lines can be what stands in a signature: short,
// and neither sentences nor another rule. The long lines of a disclaimer are
// let pass where a rule encloses them.
func looksSigned(tail []string) bool {
	for i, l := range tail {
		t := strings.TrimSpace(l)
		switch {
		case isRule(t) && i < len(tail)-1:
			return false
		case len([]rune(t)) > 90:
			return false
		case len([]rune(t)) > 30 && strings.ContainsAny(t[len(t)-1:], ".?!") && !strings.Contains(t, "@"):
			return false
		case strings.HasPrefix(t, "- ") || strings.HasPrefix(t, "* "):
			return false
		}
	}
	return true
}

// onlyDevices tells whether lines hold nothing but what phones and programs write.
func onlyDevices(lines []string) bool {
	for _, l := range lines {
		if line := strings.TrimSpace(l); line != "" && !isDeviceLine(line) {
			return false
		}
	}
	return true
}

func hasQuote(kinds []lineKind) bool {
	for _, k := range kinds {
		if k == lineQuoted || k == lineHead {
			return true
		}
	}
	return false
}

func blank(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			return false
		}
	}
	return true
}
