package lexis

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Marks that stand between the words of a folded text. They are ASCII and of no word, so they cannot be mistaken.
const (
	markSpace  = ' '  // white space
	markJoin   = '-'  // one or more of @ . _ - + ' & without space
	markPlus   = '+'  // anything that ends in a plus right before a digit
	markComma  = ','  // one comma between digits
	markDialed = ')'  // space, brackets, hyphens and dots as in (02) 1234 - 5678
	markBreak  = '\n' // everything else
)

// folded is a text brought to the form in which it is compared: words and CJK runs with marks between them.
type folded struct {
	s string
	// at and end give, for each byte of s, where its character starts and ends in the original; only with places.
	at, end []int32
}

// span gives the place in the original of s[from:to].
func (f folded) span(from, to int) (start, end int) {
	return int(f.at[from]), int(f.end[to-1])
}

// folder builds a folded text.
type folder struct {
	out       []byte
	at, end   []int32
	gap       gap
	last      rune // the last character put out, and its class and place
	lastClass class
	lastAt    int
	keepSpace bool
	places    bool
}

// fold brings text to its folded form. keepSpace leaves the white space between Korean words, as a query needs it.
func fold(text string, keepSpace, places bool) folded {
	o := folder{keepSpace: keepSpace, places: places, out: make([]byte, 0, len(text)+len(text)/8), lastClass: noClass}
	if places {
		o.at, o.end = make([]int32, 0, cap(o.out)), make([]int32, 0, cap(o.out))
	}
	for i := 0; i < len(text); {
		if n := o.addRun(text, i); n > 0 {
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		o.add(r, i, i+size)
		i += size
	}
	return folded{s: string(o.out), at: o.at, end: o.end}
}

func (o *folder) add(r rune, at, end int) {
	r, c := fold1(r)
	switch c {
	case noClass:
		return
	case gapClass:
		o.gap.add(r)
		return
	}
	if c == cjkClass && o.gap.n == 0 && o.compose(r, end) {
		return
	}
	o.closeGap(c, at)
	o.last, o.lastClass, o.lastAt = r, c, len(o.out)
	o.put(r, at, end)
}

// closeGap puts the mark of what stood between the last character and one of class c.
func (o *folder) closeGap(c class, at int) {
	if o.gap.n == 0 {
		return
	}
	if mark := o.gap.mark(o.lastClass, c, o.keepSpace); mark != 0 {
		o.put(mark, at, at)
	}
	o.gap = gap{}
}

func (o *folder) put(r rune, at, end int) {
	n := len(o.out)
	o.out = utf8.AppendRune(o.out, r)
	if !o.places {
		return
	}
	for range len(o.out) - n {
		o.at = append(o.at, int32(at))
		o.end = append(o.end, int32(end))
	}
}

// compose joins a conjoining jamo to the character before it. Jamo and syllables take three bytes alike.
func (o *folder) compose(r rune, end int) bool {
	whole, ok := syllable(o.last, r)
	if !ok {
		return false
	}
	utf8.EncodeRune(o.out[o.lastAt:o.lastAt+3], whole)
	for i := range o.end[min(o.lastAt, len(o.end)):] {
		o.end[o.lastAt+i] = int32(end)
	}
	o.last = whole
	return true
}

// gap is what has been seen since the last letter or digit.
type gap struct {
	n                             int
	space, line, plus, comma      bool
	join, dialed, bracket, others bool
}

func (g *gap) add(r rune) {
	g.n++
	g.plus = false
	switch r {
	case '+':
		g.plus, g.join = true, true
	case '-', '.', '‐', '‑', '–':
		g.join, g.dialed = true, true
	case '@', '_', '\'', '’', '&':
		g.join = true
	case '(', ')':
		g.bracket = true
	case ',':
		g.comma = true
	default:
		g.addOther(r)
	}
}

func (g *gap) addOther(r rune) {
	switch {
	case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
		g.line = true
	case unicode.IsSpace(r):
		g.space = true
	default:
		g.others = true
	}
}

// mark tells what the gap between characters of two classes becomes; 0 is nothing.
func (g *gap) mark(before, after class, keepSpace bool) rune {
	blank := g.space || g.line
	marked := g.join || g.bracket || g.comma || g.others
	switch {
	case g.n == 0:
		return 0
	case g.plus && after == digitClass:
		return markPlus
	case before == noClass: // nothing came before
		return 0
	case !marked && (before == cjkClass || after == cjkClass) && !keepSpace:
		return 0
	case !marked && !g.line:
		return markSpace
	case g.others || g.line:
		return markBreak
	case g.comma:
		if g.n == 1 && before == digitClass && after == digitClass {
			return markComma
		}
		return markBreak
	case !blank && !g.bracket:
		return markJoin
	case before == digitClass && after == digitClass && (g.dialed || g.bracket):
		return markDialed
	}
	return markBreak
}

// Break is what to put between texts that are indexed as one, so that words do not run together over the seam.
const Break = "\n|\n"

// Join puts texts together for indexing and matching as one.
func Join(texts ...string) string { return strings.Join(texts, Break) }
