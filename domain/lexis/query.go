package lexis

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxQueryBytes of a query are read.
const maxQueryBytes = 4096

// Term is one word of a query. All Tokens must be among those of a document; with Prefix the last may be the
// beginning of one that is. That is what an index can tell; Found tells the rest.
type Term struct {
	Tokens []string
	Prefix bool

	phrase string // folded, to be found as it stands; "" for a number, whose tokens tell all
}

// Query gives the terms of a query, none if there is no word in it. It has at most MaxQueryTokens tokens: words
// beyond are left out.
func Query(q string) []Term {
	if len(q) > maxQueryBytes {
		q = q[:maxQueryBytes]
		for len(q) > 0 && !utf8.RuneStart(q[len(q)-1]) {
			q = q[:len(q)-1]
		}
	}
	r := reader{s: fold(q, true, false).s}
	r.read()
	return r.terms
}

// reader cuts a folded query into terms.
type reader struct {
	s     string
	word  []unit // what belongs to the word being read
	count int    // tokens so far
	terms []Term
}

func (r *reader) read() {
	for u, ok := next(r.s, 0); ok; {
		if u.digits {
			if n := numberAt(r.s, u); n.joined() {
				r.flush()
				r.take(Term{Tokens: []string{clip(n.canonical())}, Prefix: true})
				u, ok = next(r.s, n.to)
				continue
			}
		}
		if !r.continues(u) {
			r.flush()
		}
		r.word = append(r.word, u)
		u, ok = next(r.s, u.to)
	}
	r.flush()
}

// continues tells whether u goes on with the word being read: it follows at once, or over a hyphen, dot or the like that does not
// merely stand between two Korean words.
func (r *reader) continues(u unit) bool {
	if len(r.word) == 0 {
		return true
	}
	before := r.word[len(r.word)-1]
	switch {
	case before.to == u.from:
		return true
	case u.mark == markJoin:
		return !before.cjk || !u.cjk
	}
	return false
}

// flush ends the word being read.
func (r *reader) flush() {
	if len(r.word) == 0 {
		return
	}
	first, last := r.word[0], r.word[len(r.word)-1]
	t := Term{phrase: r.s[first.from:last.to]}
	if len(r.word) == 1 && first.digits {
		t.phrase = "" // found by its endings too
	}
	for i, u := range r.word {
		t.addUnit(r.s[u.from:u.to], u.cjk, i == len(r.word)-1)
	}
	r.word = r.word[:0]
	r.take(t)
}

func (t *Term) addUnit(s string, cjk, last bool) {
	single := cjk && utf8.RuneCountInString(s) == 1
	if single && !last || len(t.Tokens) >= maxTermTokens {
		return // one character followed by something else is no token that could be named
	}
	if !cjk || single {
		t.Tokens = append(t.Tokens, clip(s))
		t.Prefix = last
		return
	}
	f := folded{s: s}
	f.eachBigram(unit{to: len(s)}, func(token string, _, _ int) bool {
		if utf8.RuneCountInString(token) == 2 { // the last character alone says nothing new
			t.Tokens = append(t.Tokens, token)
		}
		return len(t.Tokens) < maxTermTokens
	})
}

func (r *reader) take(t Term) {
	same := func(o Term) bool {
		return o.phrase == t.phrase && o.Prefix == t.Prefix && slices.Equal(o.Tokens, t.Tokens)
	}
	if len(t.Tokens) == 0 || r.count+len(t.Tokens) > MaxQueryTokens || slices.ContainsFunc(r.terms, same) {
		return
	}
	r.count += len(t.Tokens)
	r.terms = append(r.terms, t)
}

// Found tells for each term whether it is really in the text, as a whole and not only by its tokens: a Korean word
// anywhere, whatever the spacing of either side; other words from their beginning.
func Found(text string, terms []Term) []bool {
	out := make([]bool, len(terms))
	if head := head(text); head < len(text) && foundIn(fold(text[:head], false, false), terms, out) {
		return out
	}
	foundIn(fold(text, false, false), terms, out)
	return out
}

// foundIn notes which terms are found, and tells whether all are.
func foundIn(f folded, terms []Term, out []bool) bool {
	all := true
	for i, t := range terms {
		if !out[i] {
			f.hits(t, func(_, _ int) bool { out[i] = true; return false })
		}
		all = all && out[i]
	}
	return all
}

// headBytes is how much of a long text is looked at first: most have there what they are found for.
const headBytes = 2048

// head gives where the beginning of a long text ends: at a space where nothing goes on that began before it, so that what is found in the
// beginning is in the whole. It is the whole length if there is no such place.
func head(text string) int {
	if len(text) < 2*headBytes {
		return len(text)
	}
	for at := headBytes; at > headBytes/2; at-- {
		before := text[at-1]
		if (text[at] == ' ' || text[at] == '\n' || text[at] == '\r') && (before >= utf8.RuneSelf || asciiFold[before] != 0 && classOfASCII(before) == wordClass) {
			return at
		}
	}
	return len(text)
}

// hits calls found with each place of a term in the folded text, until it returns false.
func (f folded) hits(t Term, found func(from, to int) bool) {
	if t.phrase == "" {
		if len(t.Tokens) == 0 {
			return // not a term of Query
		}
		f.eachNumber(func(token string, from, to int) bool {
			return !strings.HasPrefix(token, t.Tokens[0]) || found(from, to)
		})
		return
	}
	for pos := 0; ; {
		i := strings.Index(f.s[pos:], t.phrase)
		if i < 0 {
			return
		}
		from := pos + i
		to := from + len(t.phrase)
		if f.wordStart(from) && !found(from, f.wordEnd(to)) {
			return
		}
		_, size := utf8.DecodeRuneInString(f.s[from:])
		pos = from + size
	}
}

// eachNumber emits the tokens that begin with a digit.
func (f folded) eachNumber(emit func(token string, from, to int) bool) {
	f.each(func(token string, from, to int) bool {
		return token[0] < '0' || token[0] > '9' || emit(token, from, to)
	})
}

// wordStart tells whether no word goes on over the place at; CJK characters are words each.
func (f folded) wordStart(at int) bool {
	if at == 0 || isMark(f.s[at-1]) {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(f.s[:at])
	after, _ := utf8.DecodeRuneInString(f.s[at:])
	return isCJK(before) || isCJK(after)
}

// wordEnd gives the end of the word of which the character before to is a part.
func (f folded) wordEnd(to int) int {
	if before, _ := utf8.DecodeLastRuneInString(f.s[:to]); isCJK(before) {
		return to
	}
	for to < len(f.s) && !isMark(f.s[to]) {
		r, size := utf8.DecodeRuneInString(f.s[to:])
		if isCJK(r) {
			break
		}
		to += size
	}
	return to
}
