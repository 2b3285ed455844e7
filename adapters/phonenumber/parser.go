// Package phonenumber reads telephone numbers by the rules of libphonenumber, and as Koreans write them.
package phonenumber

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/nyaruka/phonenumbers"

	"sori/domain"
)

// maxRunes is more than any number with its extension and a note needs.
const maxRunes = 64

const homeRegion = "KR"

// Parser is a domain.PhoneParser over the numbering plans of libphonenumber. Its zero value is ready; one
// made by New also remembers what it read last, since the same people call again and reading a number takes 50 µs. It is safe for concurrent use.
//
// On top of libphonenumber it reads what is common in Korea: "(내선 12)" and "교환 12" as extension, 0082 and a bare 00
// as the way abroad, "02-123-4567~9" as the first of a row of lines, and a name in brackets after the number.
type Parser struct {
	known *lru.Cache[spelling, domain.PhoneNumber]
}

// spelling is a number as it is written, and where.
type spelling struct{ raw, region string }

// remembered is how many numbers are kept, some 200 bytes each.
const remembered = 8192

// New makes a parser.
func New() Parser {
	known, err := lru.New[spelling, domain.PhoneNumber](remembered)
	if err != nil {
		panic(err) // only a size below one is refused
	}
	return Parser{known}
}

var _ domain.PhoneParser = Parser{}

var (
	// insideLine is an extension in Korean words; libphonenumber knows the English ones, # and RFC 3966's ;ext=.
	insideLine = regexp.MustCompile(`[\s,;/(\[]*(?:내선(?:번호)?|교환|구내)\s*[:.]?\s*(\d{1,7})\s*번?\s*[)\]]*\s*$`)
	// rowOfLines is the end of "02-123-4567~9". libphonenumber would take the 9 for an extension.
	rowOfLines = regexp.MustCompile(`\s*[~∼〜]\s*\d{1,4}\s*$`)
	// note is a remark in brackets without a digit: "010-1234-5678 (홍길동)".
	note = regexp.MustCompile(`\s*[(\[][^\d()\[\]]*[)\]]\s*$`)
	// abroad is the prefix for a call abroad as most of the world dials it.
	abroad = regexp.MustCompile(`^[(\s]*00[\s.\-)]*([1-9].*)$`)
	korea  = regexp.MustCompile(`^8[\s.\-]*2`)
)

// Parse implements domain.PhoneParser. The rules it names are required, max, region, digits (there is no number in it),
// country (no country has this code) and length.
func (p Parser) Parse(raw, defaultRegion string) (domain.PhoneNumber, error) {
	if p.known == nil || len(raw) > maxRunes { // long keys would let a caller fill the memory
		return parse(raw, defaultRegion)
	}
	key := spelling{raw, defaultRegion}
	if n, ok := p.known.Get(key); ok {
		return n, nil
	}
	n, err := parse(raw, defaultRegion)
	if err == nil {
		p.known.Add(spelling{strings.Clone(raw), strings.Clone(defaultRegion)}, n)
	}
	return n, err
}

func parse(raw, defaultRegion string) (domain.PhoneNumber, error) {
	region := strings.ToUpper(strings.TrimSpace(defaultRegion))
	if region == "" {
		region = homeRegion
	}
	if phonenumbers.GetCountryCodeForRegion(region) == 0 {
		return broken("region", "no country has the code %q", domain.Clip(region, 8))
	}
	if utf8.RuneCountInString(raw) > maxRunes {
		return broken("max", "a phone number has at most %d characters", maxRunes)
	}
	text, extension := readHabits(raw)
	if text == "" {
		return broken("required", "the phone number is empty")
	}
	n, err := read(text, region)
	if err != nil {
		return refuse(err)
	}
	if !phonenumbers.IsPossibleNumber(n) {
		return broken("length", "no phone number has this many digits")
	}
	if extension == "" {
		extension = n.GetExtension()
	}
	n.Extension = nil // it is a field of its own, not part of the display
	return domain.PhoneNumber{
		E164:      phonenumbers.Format(n, phonenumbers.E164),
		Display:   display(n, region),
		Extension: extension,
		Valid:     phonenumbers.IsValidNumber(n),
	}, nil
}

// readHabits brings full-width characters to ASCII and takes off what stands around the number.
func readHabits(raw string) (text, extension string) {
	text = strings.TrimSpace(strings.Map(narrow, raw))
	if digits, ok := bare(text); ok {
		return digits, ""
	}
	if m := insideLine.FindStringSubmatchIndex(text); m != nil {
		extension, text = text[m[2]:m[3]], text[:m[0]]
	}
	text = note.ReplaceAllString(text, "")
	text = rowOfLines.ReplaceAllString(text, "")
	return strings.TrimSpace(text), extension
}

// bare gives the digits, with a leading plus, of a number that is written with nothing but them and the usual separators. Most are, and
// need none of the patterns.
func bare(text string) (string, bool) {
	digits := make([]byte, 0, maxRunes)
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c == '+' && i == 0:
			digits = append(digits, c)
		case c != ' ' && c != '-' && c != '.' && c != '(' && c != ')':
			return "", false
		}
	}
	return string(digits), len(digits) > 0
}

func narrow(r rune) rune {
	switch {
	case r >= '！' && r <= '～': // U+FF01 to U+FF5E mirror ASCII
		return r - '！' + '!'
	case r == '\u3000':
		return ' '
	}
	return r
}

// read parses text; where it starts with 00 and makes a valid number abroad only when the 00 stands for the plus, that is
// what was meant. Korea's own 00 numbers (00308, 00798) and carrier prefixes (001, 00700) come first,
// but for 0082: the carrier prefix 008 followed by a country code in 2 is never what a Korean writes.
func read(text, region string) (*phonenumbers.PhoneNumber, error) {
	n, err := phonenumbers.Parse(text, region)
	m := abroad.FindStringSubmatch(text)
	if m == nil || (err == nil && phonenumbers.IsValidNumber(n) && !korea.MatchString(m[1])) {
		return n, err
	}
	if plus, plusErr := phonenumbers.Parse("+"+m[1], region); plusErr == nil && phonenumbers.IsValidNumber(plus) {
		return plus, nil
	}
	return n, err
}

// display writes a number as its own country does, for readers in region.
func display(n *phonenumbers.PhoneNumber, region string) string {
	if phonenumbers.GetCountryCodeForRegion(region) != int(n.GetCountryCode()) {
		return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
	}
	if n.GetCountryCode() == 82 {
		if s := personal(phonenumbers.GetNationalSignificantNumber(n)); s != "" {
			return s
		}
	}
	return phonenumbers.Format(n, phonenumbers.NATIONAL)
}

// personal writes a Korean personal number as its holders do: 0505-123-4567, where libphonenumber writes 050-5123-4567.
func personal(significant string) string {
	if !strings.HasPrefix(significant, "50") || len(significant) < 10 {
		return ""
	}
	tail := len(significant) - 4
	return "0" + significant[:3] + "-" + significant[3:tail] + "-" + significant[tail:]
}

func refuse(err error) (domain.PhoneNumber, error) {
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return broken("country", "no country has this calling code")
	case errors.Is(err, phonenumbers.ErrNotANumber):
		return broken("digits", "this is not a phone number")
	}
	return broken("length", "no phone number has this many digits")
}

// broken makes the error without a field: the caller knows under which name the number came.
func broken(rule, format string, args ...any) (domain.PhoneNumber, error) {
	var f domain.Faults
	f.Add("", rule, format, args...)
	return domain.PhoneNumber{}, f.Err()
}
