package lexis

import (
	"strings"
	"unicode/utf8"
)

// Limits on what one text or query may cost.
const (
	MaxTextTokens  = 20_000 // what follows the 20,000th distinct token of a text is not indexed
	MaxQueryTokens = 32     // over all terms of a query
	maxTermTokens  = 12     // more would not narrow the search, and Found looks at the whole word anyway
	maxTokenBytes  = 64     // longer tokens are cut, in texts and queries alike
)

// Tokens gives the distinct tokens of a text in the order in which they first occur, at most MaxTextTokens of them, each at
// most 64 bytes long.
func Tokens(text string) []string {
	// The longer a text, the more of it has been said before: its distinct tokens grow with the square root, about.
	few := min(len(text)/4+1, 256+len(text)/32, MaxTextTokens)
	seen := make(map[string]struct{}, few)
	tokens := make([]string, 0, few)
	size := 0
	all := fold(text, false, false)
	all.each(func(token string, _, _ int) bool {
		if seen[token] = struct{}{}; len(seen) > len(tokens) {
			tokens = append(tokens, token)
			size += len(token)
		}
		return len(tokens) < MaxTextTokens
	})
	if size < len(all.s)/2 {
		return compact(tokens, size)
	}
	return tokens
}

// compact copies tokens into one string of their own, so that the text that they are parts of need not stay in memory with them.
func compact(tokens []string, size int) []string {
	var b strings.Builder
	b.Grow(size)
	for _, token := range tokens {
		b.WriteString(token)
	}
	rest, out := b.String(), make([]string, len(tokens))
	for i, token := range tokens {
		out[i], rest = rest[:len(token)], rest[len(token):]
	}
	return out
}

// unit is a word or a run of CJK characters in a folded text.
type unit struct {
	from, to int
	mark     byte // before it; 0 is none
	cjk      bool
	digits   bool // nothing but digits
}

// next gives the unit that starts at or after pos; ok is false at the end.
func next(s string, pos int) (u unit, ok bool) {
	for pos < len(s) && isMark(s[pos]) {
		u.mark = s[pos]
		pos++
	}
	if pos == len(s) {
		return u, false
	}
	u.from, u.to, u.digits = pos, pos, true
	for u.to < len(s) && !isMark(s[u.to]) {
		r, size := runeAt(s, u.to)
		cjk := isCJK(r)
		if u.to == pos {
			u.cjk = cjk
		} else if cjk != u.cjk {
			break
		}
		u.digits = u.digits && r >= '0' && r <= '9'
		u.to += size
	}
	return u, true
}

// runeAt is utf8.DecodeRuneInString, the quicker for what is frequent.
func runeAt(s string, at int) (rune, int) {
	c := s[at]
	if c < utf8.RuneSelf {
		return rune(c), 1
	}
	if c&0xF0 == 0xE0 && at+3 <= len(s) { // folded text is valid UTF-8
		return rune(c&0x0F)<<12 | rune(s[at+1]&0x3F)<<6 | rune(s[at+2]&0x3F), 3
	}
	return utf8.DecodeRuneInString(s[at:])
}

func isMark(b byte) bool {
	switch b {
	case markSpace, markJoin, markPlus, markComma, markDialed, markBreak:
		return true
	}
	return false
}

// each calls emit for every token with its place in the folded text, until it returns false.
func (f folded) each(emit func(token string, from, to int) bool) {
	chained := 0 // up to here numbers have been joined
	for u, ok := next(f.s, 0); ok; u, ok = next(f.s, u.to) {
		var more bool
		switch {
		case u.cjk:
			more = f.eachBigram(u, emit)
		case u.digits && u.from >= chained:
			n := numberAt(f.s, u)
			chained = n.to
			more = emit(clip(f.s[u.from:u.to]), u.from, u.to) && n.each(emit)
		default:
			more = emit(clip(f.s[u.from:u.to]), u.from, u.to)
		}
		if !more {
			return
		}
	}
}

// eachBigram emits each character of a run with the one after it, and the last alone.
func (f folded) eachBigram(u unit, emit func(token string, from, to int) bool) bool {
	for i := u.from; i < u.to; {
		_, size := runeAt(f.s, i)
		end := i + size
		if end < u.to {
			_, second := runeAt(f.s, end)
			end += second
		}
		if !emit(f.s[i:end], i, end) {
			return false
		}
		i += size
	}
	return true
}

// clip shortens an overlong token on a character boundary.
func clip(token string) string {
	if len(token) <= maxTokenBytes {
		return token
	}
	end := maxTokenBytes
	for !utf8.RuneStart(token[end]) {
		end--
	}
	return token[:end]
}
