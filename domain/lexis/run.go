package lexis

// Most of a text are rows of ASCII letters and digits, rows of Hangul syllables, and single spaces. They are folded whole, many times as fast as
// character by character, and to the same.

// addRun folds the row that starts at text[i] and gives its length; 0 where there is none.
func (o *folder) addRun(text string, i int) int {
	c := text[i]
	switch {
	case c == ' ':
		o.gap.n++
		o.gap.plus, o.gap.space = false, true
		return 1
	case asciiFold[c] != 0:
		return o.addASCII(text, i)
	case c >= 0xEA && c <= 0xED:
		return o.addSyllables(text, i)
	}
	return 0
}

// asciiFold gives the folded form of the ASCII letters and digits, 0 for any other byte.
var asciiFold = func() (fold [256]byte) {
	for c := range byte(0x80) {
		if r, class := foldASCII(rune(c)); class != gapClass {
			fold[c] = byte(r)
		}
	}
	return fold
}()

func classOfASCII(c byte) class {
	if c <= '9' {
		return digitClass
	}
	return wordClass
}

func (o *folder) addASCII(text string, from int) int {
	o.closeGap(classOfASCII(text[from]), from)
	i := from
	for ; i < len(text); i++ {
		c := asciiFold[text[i]]
		if c == 0 {
			break
		}
		o.out = append(o.out, c)
	}
	if o.places {
		o.placeRun(from, i, 1)
	}
	last := o.out[len(o.out)-1]
	o.last, o.lastClass, o.lastAt = rune(last), classOfASCII(last), len(o.out)-1
	return i - from
}

// addSyllables copies Hangul syllables (U+AC00 to U+D7A3), which are their own folded form.
func (o *folder) addSyllables(text string, from int) int {
	to := from
	for to+3 <= len(text) && isSyllable(text[to], text[to+1], text[to+2]) {
		to += 3
	}
	if to == from {
		return 0
	}
	o.closeGap(cjkClass, from)
	o.out = append(o.out, text[from:to]...)
	if o.places {
		o.placeRun(from, to, 3)
	}
	last := text[to-3 : to]
	o.last, o.lastClass, o.lastAt = rune(last[0]&0x0F)<<12|rune(last[1]&0x3F)<<6|rune(last[2]&0x3F), cjkClass, len(o.out)-3
	return to - from
}

// isSyllable tells whether three bytes are the UTF-8 of a Hangul syllable: EA B0 80 to ED 9E A3.
func isSyllable(a, b, c byte) bool {
	if b&0xC0 != 0x80 || c&0xC0 != 0x80 {
		return false
	}
	switch a {
	case 0xEA:
		return b >= 0xB0
	case 0xEB, 0xEC:
		return true
	case 0xED:
		return b < 0x9E || b == 0x9E && c <= 0xA3
	}
	return false
}

// placeRun notes the places of characters that are so many bytes wide, before and after folding.
func (o *folder) placeRun(from, to, width int) {
	for at := from; at < to; at += width {
		for range width {
			o.at = append(o.at, int32(at))
			o.end = append(o.end, int32(at+width))
		}
	}
}
