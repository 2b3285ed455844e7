package textclass

import "strings"

// stem takes the endings off a lower-case English word (M. F. Porter, "An algorithm for suffix stripping",
// Program 14(3), 1980, with its later departures logi→log and abli→able→abl). Words with other than a–z
// stay as they are.
func stem(word string) string {
	if len(word) < 3 {
		return word
	}
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return word
		}
	}
	word = stepPlural(word)
	word = stepPast(word)
	if rest, ok := strings.CutSuffix(word, "y"); ok && hasVowel(rest) {
		word = rest + "i"
	}
	word = replaceEnding(word, doubleEndings, 0)
	word = replaceEnding(word, singleEndings, 0)
	word = dropEnding(word)
	return tidyEnd(word)
}

type ending struct{ from, to string }

// Within a table no earlier ending may be a suffix of a later one's match: longer ones come first.
var (
	doubleEndings = []ending{
		{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"}, {"abli", "able"},
		{"alli", "al"}, {"entli", "ent"}, {"eli", "e"}, {"ousli", "ous"}, {"ization", "ize"}, {"ation", "ate"}, {"ator", "ate"},
		{"alism", "al"}, {"iveness", "ive"}, {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"}, {"iviti", "ive"},
		{"biliti", "ble"}, {"logi", "log"},
	}
	singleEndings = []ending{
		{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""},
	}
	droppedEndings = []string{
		"al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti",
		"ous", "ive", "ize",
	}
)

func stepPlural(w string) string {
	switch {
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "ies"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "ss"):
		return w
	}
	return strings.TrimSuffix(w, "s")
}

func stepPast(w string) string {
	if rest, ok := strings.CutSuffix(w, "eed"); ok {
		if measure(rest) > 0 {
			return rest + "ee"
		}
		return w
	}
	rest, ok := strings.CutSuffix(w, "ed")
	if !ok {
		rest, ok = strings.CutSuffix(w, "ing")
	}
	if !ok || !hasVowel(rest) {
		return w
	}
	switch {
	case strings.HasSuffix(rest, "at"), strings.HasSuffix(rest, "bl"), strings.HasSuffix(rest, "iz"):
		return rest + "e"
	case endsDouble(rest) && !strings.ContainsAny(rest[len(rest)-1:], "lsz"):
		return rest[:len(rest)-1]
	case measure(rest) == 1 && endsShort(rest):
		return rest + "e"
	}
	return rest
}

func replaceEnding(w string, table []ending, above int) string {
	for _, e := range table {
		if rest, ok := strings.CutSuffix(w, e.from); ok {
			if measure(rest) > above {
				return rest + e.to
			}
			return w
		}
	}
	return w
}

func dropEnding(w string) string {
	for _, e := range droppedEndings {
		rest, ok := strings.CutSuffix(w, e)
		if !ok {
			continue
		}
		if measure(rest) <= 1 || e == "ion" && !strings.HasSuffix(rest, "s") && !strings.HasSuffix(rest, "t") {
			return w
		}
		return rest
	}
	return w
}

func tidyEnd(w string) string {
	if rest, ok := strings.CutSuffix(w, "e"); ok {
		if m := measure(rest); m > 1 || m == 1 && !endsShort(rest) {
			w = rest
		}
	}
	if strings.HasSuffix(w, "ll") && measure(w) > 1 {
		w = w[:len(w)-1]
	}
	return w
}

func isVowelAt(w string, i int) bool {
	switch w[i] {
	case 'a', 'e', 'i', 'o', 'u':
		return true
	case 'y':
		return i > 0 && !isVowelAt(w, i-1)
	}
	return false
}

func hasVowel(w string) bool {
	for i := range len(w) {
		if isVowelAt(w, i) {
			return true
		}
	}
	return false
}

// measure counts the vowel-consonant sequences of w, Porter's m.
func measure(w string) int {
	m, wasVowel := 0, false
	for i := range len(w) {
		vowel := isVowelAt(w, i)
		if wasVowel && !vowel {
			m++
		}
		wasVowel = vowel
	}
	return m
}

func endsDouble(w string) bool {
	n := len(w)
	return n > 1 && w[n-1] == w[n-2] && !isVowelAt(w, n-1)
}

// endsShort: consonant, vowel, consonant other than w, x, y (Porter's *o).
func endsShort(w string) bool {
	n := len(w)
	return n > 2 && !isVowelAt(w, n-3) && isVowelAt(w, n-2) && !isVowelAt(w, n-1) && !strings.ContainsAny(w[n-1:], "wxy")
}
