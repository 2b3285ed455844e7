package email

import (
	"bytes"
	"regexp"
	"strings"

	"sori/domain"
)

// maxAddresses is how many mailboxes of one header are read.
const maxAddresses = 1000

// parseAddresses reads an address list as mailers write it (RFC 5322 §3.4 and
// below): names unquoted with commas and parentheses, groups, raw 8-bit, empty
// brackets. It takes mailboxes that have an address, and drops the rest.
func parseAddresses(raw []byte) []domain.MailAddress {
	var out []domain.MailAddress
	for _, item := range splitAddresses(raw) {
		if len(out) >= maxAddresses {
			break
		}
		if a := parseMailbox(item); a.Address != "" {
			out = append(out, a)
		}
	}
	return out
}

// splitAddresses cuts a list at its commas (some write semicolons). A comma
// inside quotes, brackets or a comment cuts nothing, and neither does one that
// leaves no address behind it: it belongs to an unquoted name.
func splitAddresses(raw []byte) [][]byte {
	var out [][]byte
	start, quoted, depth, angle := 0, false, 0, false
	cut := func(end int) {
		piece := bytes.TrimSpace(raw[start:end])
		if len(piece) == 0 {
			start = end + 1
		} else if bytes.IndexByte(piece, '@') >= 0 || bytes.IndexByte(piece, '<') >= 0 {
			out = append(out, piece)
			start = end + 1
		}
	}
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth > 0:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == ':' && !angle && bytes.IndexByte(raw[start:i], '@') < 0: // name of a group
			start = i + 1
		case (c == ',' || c == ';') && !angle:
			cut(i)
		}
	}
	if start < len(raw) {
		out = append(out, raw[start:])
	}
	return out
}

// parseMailbox reads one mailbox: "name" <address>, address (name), address.
func parseMailbox(item []byte) domain.MailAddress {
	item = bytes.TrimSpace(item)
	open := bytes.LastIndexByte(item, '<')
	if open >= 0 {
		end := bytes.IndexByte(item[open:], '>')
		if end < 0 {
			end = len(item) - open
		}
		address := cleanAddress(decodeHeader(item[open+1 : open+end]))
		name := unquoteName(item[:open])
		if address == "" && strings.Contains(name, "@") { // <> after a bare address
			address, name = cleanAddress(name), ""
		}
		return domain.MailAddress{Name: name, Address: address}
	}
	return bareMailbox(item)
}

// commentPattern matches a trailing comment, where old mailers put the name.
var commentPattern = regexp.MustCompile(`^([^()\s]+)\s*\((.*)\)\s*$`)

func bareMailbox(item []byte) domain.MailAddress {
	if m := commentPattern.FindSubmatch(item); m != nil {
		return domain.MailAddress{Name: unquoteName(m[2]), Address: cleanAddress(decodeHeader(m[1]))}
	}
	text := decodeHeader(item)
	if m := addressPattern.FindString(text); m != "" && strings.ContainsAny(text, " \t") {
		name := strings.TrimSpace(strings.Replace(text, m, "", 1))
		return domain.MailAddress{Name: strings.Trim(name, `"'()[] `), Address: cleanAddress(m)}
	}
	return domain.MailAddress{Address: cleanAddress(text)}
}

// addressPattern finds an address in running text.
var addressPattern = regexp.MustCompile("[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+@[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9.\u0080-\U0010ffff-]*[A-Za-z0-9\u0080-\U0010ffff])?")

var backslashes = strings.NewReplacer(`\"`, `"`, `\\`, `\`)

// unquoteName takes quotes and backslashes off a display name.
func unquoteName(raw []byte) string {
	name := decodeHeader(raw)
	if len(name) >= 2 && name[0] == '"' && strings.HasSuffix(name, `"`) {
		name = name[1 : len(name)-1]
	}
	name = backslashes.Replace(name)
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(name), `"`))
}

// cleanAddress brings an address to local@domain with the domain in lower case.
// Empty for what holds no address.
func cleanAddress(s string) string {
	s = strings.Trim(strings.TrimSpace(s), `<>"'`)
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if strings.HasPrefix(s, "@") { // a source route (RFC 5321 appendix C)
		if _, after, ok := strings.Cut(s, ":"); ok {
			s = after
		}
	}
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || len(s) > 320 || strings.ContainsAny(s, " \t<>,;") && s[0] != '"' {
		return ""
	}
	return s[:at] + "@" + strings.ToLower(strings.TrimSuffix(s[at+1:], "."))
}
