package lexis

import "strings"

// maxDigits is what ITU-T E.164 allows a telephone number.
const maxDigits = 15

// number is a row of groups of digits written as one: 010-1234-5678, +82 10 1234 5678, 20241122-000123, 50,000.
type number struct {
	groups   []unit
	digits   string // of all groups
	from, to int    // its place
	plus     bool
	comma    bool // groups of thousands
}

// numberAt reads the number that starts with u. It always has u itself as first group.
func numberAt(s string, u unit) number {
	n := number{groups: []unit{u}, digits: s[u.from:u.to], from: u.from, to: u.to, plus: u.mark == markPlus}
	for n.to < len(s) && isMark(s[n.to]) {
		g, ok := next(s, n.to)
		if !ok || !n.takes(g) {
			break
		}
		n.comma = g.mark == markComma
		n.groups = append(n.groups, g)
		n.digits += s[g.from:g.to]
		n.to = g.to
	}
	return n
}

// takes tells whether g goes on with the number. Groups may stand apart only where the beginning shows a telephone number.
func (n *number) takes(g unit) bool {
	size := g.to - g.from
	if !g.digits || len(n.digits)+size > maxDigits {
		return false
	}
	first := n.groups[0].to - n.groups[0].from
	switch g.mark {
	case markJoin:
		return !n.comma
	case markSpace, markDialed:
		return !n.comma && (n.plus || n.digits[0] == '0' && first >= 2)
	case markComma:
		return size == 3 && first <= 3 && (n.comma || len(n.groups) == 1)
	}
	return false
}

// joined tells whether the groups mean one number together, and not "3-4".
func (n *number) joined() bool {
	if len(n.groups) == 1 {
		return n.plus
	}
	return n.comma || n.plus || n.digits[0] == '0' || len(n.digits) >= 7
}

// canonical gives the digits as they are compared: without the country code, when it is Korea's and written as such.
func (n *number) canonical() string {
	rest, ok := strings.CutPrefix(n.digits, "0082")
	if !ok && n.plus {
		rest, ok = strings.CutPrefix(n.digits, "82")
	}
	if !ok {
		return n.digits
	}
	rest = strings.TrimPrefix(rest, "0")
	if len(rest) == 8 && rest[0] == '1' { // nationwide numbers (1588-1234) have no area code
		return rest
	}
	return "0" + rest
}

// each emits what a number is found by besides its single groups, until emit returns false.
func (n *number) each(emit func(token string, from, to int) bool) bool {
	if n.joined() {
		if !emit(clip(n.digits), n.from, n.to) {
			return false
		}
		if c := n.canonical(); c != n.digits && !emit(clip(c), n.from, n.to) {
			return false
		}
	}
	if n.comma {
		return true
	}
	return n.eachEnding(emit)
}

// eachEnding emits the digits from each further group on, and the last four, seven and eight of a long number.
func (n *number) eachEnding(emit func(token string, from, to int) bool) bool {
	if n.joined() {
		tail := n.digits
		for i, g := range n.groups[:len(n.groups)-1] {
			tail = tail[g.to-g.from:]
			if !emit(tail, n.groups[i+1].from, n.to) {
				return false
			}
		}
	}
	for _, size := range [...]int{4, 7, 8} {
		if len(n.digits) < 7 || size > 4 && len(n.digits) < 9 {
			break
		}
		if !emit(n.digits[len(n.digits)-size:], n.from, n.to) {
			return false
		}
	}
	return true
}
