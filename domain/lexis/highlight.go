package lexis

import (
	"cmp"
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	snippetRunes = 80
	contextRunes = 24 // before the first hit of a snippet
	longestRunes = 160
	hitsPerTerm  = 64
)

type hit struct{ from, to, term int }

// Highlights gives at most so many pieces of the text around the terms, some 80 characters each, HTML-escaped with each hit in
// <em>…</em>; "…" where a piece is cut out. Pieces with most different terms come first. Nothing found is nil. A long text is looked through no farther
// than its beginning if all terms are there.
func Highlights(text string, terms []Term, most int) []string {
	if most <= 0 {
		return nil
	}
	hits := findHits(text[:head(text)], terms)
	if head(text) < len(text) && !holdsAll(hits, terms) {
		hits = findHits(text, terms)
	}
	snippets := cut(text, hits)
	slices.SortStableFunc(snippets, func(a, b snippet) int { return cmp.Compare(b.terms, a.terms) })
	var out []string
	for _, s := range snippets[:min(most, len(snippets))] {
		out = append(out, s.render(text))
	}
	return out
}

func holdsAll(hits []hit, terms []Term) bool {
	found := make([]bool, len(terms))
	for _, h := range hits {
		found[h.term] = true
	}
	return !slices.Contains(found, false)
}

// findHits gives the places of all terms in the original text, in order and without overlap.
func findHits(text string, terms []Term) []hit {
	f := fold(text, false, true)
	var hits []hit
	for i, t := range terms {
		left := hitsPerTerm
		f.hits(t, func(from, to int) bool {
			from, to = f.span(from, to)
			hits = append(hits, hit{from, to, i})
			left--
			return left > 0
		})
	}
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	return slices.CompactFunc(hits, func(a, b hit) bool { return a.from == b.from && a.term == b.term })
}

type snippet struct {
	from, to int
	hits     []hit
	terms    int // different ones among the hits
}

func cut(text string, hits []hit) []snippet {
	var out []snippet
	for len(hits) > 0 {
		s := snippet{from: back(text, hits[0].from, contextRunes)}
		s.to = forward(text, s.from, snippetRunes)
		s.to = max(s.to, min(hits[0].to, forward(text, s.from, longestRunes)))
		terms := map[int]bool{}
		n := 0
		for ; n < len(hits) && hits[n].from < s.to; n++ {
			terms[hits[n].term] = true
		}
		s.hits, s.terms = hits[:n], len(terms)
		hits = hits[n:]
		out = append(out, s)
	}
	return out
}

// back goes n characters back from at, but starts with a whole word where there is one.
func back(text string, at, n int) int {
	from := at
	for ; n > 0 && from > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(text[:from])
		from -= size
	}
	if from == 0 {
		return 0
	}
	if i := strings.IndexFunc(text[from:at], unicode.IsSpace); i >= 0 {
		_, size := utf8.DecodeRuneInString(text[from+i:])
		return from + i + size
	}
	return from
}

func forward(text string, at, n int) int {
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}

func (s snippet) render(text string) string {
	var b strings.Builder
	if s.from > 0 {
		b.WriteString("…")
	}
	pos := s.from
	for _, h := range s.hits {
		from, to := max(h.from, pos), min(h.to, s.to)
		if from >= to {
			continue
		}
		b.WriteString(clean(text[pos:from]))
		b.WriteString("<em>" + clean(text[from:to]) + "</em>")
		pos = to
	}
	b.WriteString(clean(text[pos:s.to]))
	if s.to < len(text) {
		b.WriteString("…")
	}
	return b.String()
}

// clean escapes a piece of text and makes each row of white space and control characters one space.
func clean(s string) string {
	blank := false
	s = strings.Map(func(r rune) rune {
		was := blank
		blank = unicode.IsSpace(r) || unicode.IsControl(r)
		switch {
		case !blank:
			return r
		case was:
			return -1
		}
		return ' '
	}, s)
	return html.EscapeString(strings.ToValidUTF8(s, "\uFFFD"))
}
