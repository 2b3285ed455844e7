package textclass

import (
	"strings"
	"unicode"
)

// normalise lower-cases text, narrows full-width letters, composes decomposed Hangul (as macOS writes it), straightens
// apostrophes and turns all that is neither letter, mark nor digit into single spaces. Apostrophes inside words stay.
func normalise(text string) []rune {
	out := make([]rune, 0, min(len(text), MaxTextRunes))
	seen := 0
	for _, r := range text {
		if seen++; seen > MaxTextRunes {
			break
		}
		r = plainRune(r)
		switch {
		case isJamoPart(r) && len(out) > 0 && composeHangul(&out[len(out)-1], r):
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '\'':
			out = append(out, unicode.ToLower(r))
		case len(out) > 0 && out[len(out)-1] != ' ':
			out = append(out, ' ')
		}
	}
	if n := len(out); n > 0 && out[n-1] == ' ' {
		out = out[:n-1]
	}
	return out
}

// plainRune narrows full-width ASCII and straightens apostrophes.
func plainRune(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r == '\u2019' || r == '\u2018' || r == '\u02bc' || r == '`' || r == '\u00b4':
		return '\''
	}
	return r
}

// reading is a text taken apart.
type reading struct {
	cjk   bool // its words are cut into syllables rather than stemmed
	words []string
}

func read(text, language string) reading {
	runes := normalise(text)
	if !readsAsCJK(runes, language) {
		return reading{words: englishWords(runes)}
	}
	r := reading{cjk: true}
	for _, word := range splitWords(runes) {
		r.words = append(r.words, string(word))
	}
	return r
}

// splitWords cuts normalised text at spaces.
func splitWords(text []rune) [][]rune {
	var words [][]rune
	start := 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && text[i] != ' ' {
			continue
		}
		if i > start {
			words = append(words, text[start:i])
		}
		start = i + 1
	}
	return words
}

// contractions are those the rules of expand cannot take apart.
var contractions = map[string]string{
	"can't": "can not", "won't": "will not", "shan't": "shall not", "ain't": "is not", "let's": "let us", "y'all": "you all",
	"cannot": "can not", "gonna": "going to", "wanna": "want to", "gotta": "got to", "gimme": "give me", "lemme": "let me",
	"dont": "do not", "doesnt": "does not", "didnt": "did not", "cant": "can not", "wont": "will not", "isnt": "is not",
	"wasnt": "was not", "havent": "have not", "hasnt": "has not", "couldnt": "could not", "wouldnt": "would not",
	"shouldnt": "should not", "arent": "are not", "im": "i am", "ive": "i have", "whats": "what is", "wheres": "where is",
	"hows": "how is", "thats": "that is", "theres": "there is", "whos": "who is", "pls": "please", "plz": "please",
}

// contractionEndings are taken off the end of a word and written out.
var contractionEndings = []struct{ ending, full string }{
	{"n't", " not"}, {"'re", " are"}, {"'ve", " have"}, {"'ll", " will"}, {"'m", " am"}, {"'d", " would"}, {"'s", " is"},
}

// englishWords cuts normalised text into words with contractions written out ("i'm" → "i", "am").
func englishWords(text []rune) []string {
	var words []string
	for _, runes := range splitWords(text) {
		word := strings.Trim(string(runes), "'")
		if word == "" {
			continue
		}
		words = append(words, expand(word)...)
	}
	return words
}

func expand(word string) []string {
	if full, ok := contractions[word]; ok {
		return strings.Fields(full)
	}
	if strings.Contains(word, "'") {
		for _, c := range contractionEndings {
			if stem, ok := strings.CutSuffix(word, c.ending); ok && stem != "" {
				return strings.Fields(stem + c.full)
			}
		}
		word = strings.ReplaceAll(word, "'", "")
	}
	return []string{word}
}

// readsAsCJK tells whether a text is to be cut into syllables rather than stems: a fifth of its letters
// are Hangul, Han or kana, or the hint says so and the text does not gainsay it with Latin letters.
func readsAsCJK(text []rune, language string) bool {
	letters, cjk := 0, 0
	for _, r := range text {
		switch {
		case r == ' ':
		case unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana):
			cjk++
			letters++
		case unicode.IsLetter(r):
			letters++
		}
	}
	if letters == 0 {
		return strings.HasPrefix(language, "ko")
	}
	return cjk*5 >= letters
}
