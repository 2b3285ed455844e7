package faqrank

import (
	"math"
	"slices"
	"unicode"
)

// A gram is a hash of one to three characters (or of a whole Latin word) and of what kind it is; no text is kept.
type gram uint64

// kind tells grams of different make apart; each has its own weight.
type kind uint8

const (
	syllable  kind = iota // one CJK character
	syllables             // two CJK characters of a word, its borders counting as characters
	word                  // a word of Latin letters or digits, without a plural or verb ending
	letters               // three characters inside such a word, with its borders
	kinds
)

// startWeight is what each kind counts for before anything is learnt.
var startWeight = [kinds]float64{1, 0.8, 1, 0.6}

// gramFor hashes by FNV-1a over whole characters.
func gramFor(k kind, runes ...rune) gram {
	const offset, prime = 14695981039346656037, 1099511628211
	g := (gram(offset) ^ gram(k)) * prime
	for _, r := range runes {
		g = (g ^ gram(r)) * prime
	}
	return g ^ g>>31
}

// counted is a gram with the weight of its kind and frequency.
type counted struct {
	gram   gram
	weight float64 // startWeight·√frequency
}

// maxRunes is how much of a text is read.
const maxRunes = 4000

// gramsOf lists the distinct grams of a text in order of their hash.
func gramsOf(text string) []counted {
	c := collector{last: ' '}
	n := 0
	for _, r := range text {
		if n++; n > maxRunes {
			break
		}
		c.take(unicode.ToLower(narrow(r)))
	}
	c.border()
	slices.SortFunc(c.found, func(a, b counted) int {
		switch {
		case a.gram < b.gram:
			return -1
		case a.gram > b.gram:
			return 1
		}
		return 0
	})
	return merged(c.found)
}

// merged turns repeated grams into one with a damped weight.
func merged(found []counted) []counted {
	out := found[:0]
	for i := 0; i < len(found); {
		j := i
		for j < len(found) && found[j].gram == found[i].gram {
			j++
		}
		weight := found[i].weight * (math.Sqrt(float64(j - i)))
		out = append(out, counted{found[i].gram, weight})
		i = j
	}
	return out
}

// narrow turns full-width letters and digits into plain ones.
func narrow(r rune) rune {
	if r >= '！' && r <= '～' {
		return r - '！' + '!'
	}
	return r
}

type collector struct {
	found []counted
	last  rune // what stands before: a CJK character, ' ' for a word's border, 0 within a Latin word
	latin []rune
}

func (c *collector) take(r rune) {
	switch {
	case unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana):
		c.endWord()
		c.emit(syllable, r)
		if c.last != 0 {
			c.emit(syllables, c.last, r)
		}
		c.last = r
	case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
		c.last = 0
		c.latin = append(c.latin, r)
	case r == '\'' || r == '\u2019':
	default:
		c.border()
	}
}

// border ends a word of either script.
func (c *collector) border() {
	c.endWord()
	if c.last != 0 && c.last != ' ' {
		c.emit(syllables, c.last, ' ')
	}
	c.last = ' '
}

func (c *collector) endWord() {
	if len(c.latin) == 0 {
		return
	}
	c.emit(word, trimEnding(c.latin)...)
	bounded := append(append([]rune{' '}, c.latin...), ' ')
	for i := 0; i+3 <= len(bounded); i++ {
		c.emit(letters, bounded[i:i+3]...)
	}
	c.latin = c.latin[:0]
}

func (c *collector) emit(k kind, runes ...rune) {
	c.found = append(c.found, counted{gramFor(k, runes...), startWeight[k]})
}

// trimEnding takes the commonest English endings off a word of five letters or more.
func trimEnding(word []rune) []rune {
	for _, ending := range []string{"ing", "ed", "es", "s"} {
		rest := len(word) - len(ending)
		if rest >= 4-len(ending)/3 && rest >= 3 && string(word[rest:]) == ending {
			return word[:rest]
		}
	}
	return word
}
