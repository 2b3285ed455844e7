package textclass

// Hangul syllables are composed by arithmetic (Unicode Standard, section 3.12).
const (
	syllableBase, syllableEnd = 0xAC00, 0xD7A3
	leadBase, vowelBase       = 0x1100, 0x1161
	tailBase                  = 0x11A7
	vowelCount, tailCount     = 21, 28
	leadCount                 = 19
)

func isSyllable(r rune) bool { return r >= syllableBase && r <= syllableEnd }

// isJamoPart: a conjoining vowel or final consonant, which joins what stands before it.
func isJamoPart(r rune) bool {
	return r >= vowelBase && r < vowelBase+vowelCount || r > tailBase && r < tailBase+tailCount
}

// composeHangul joins r to the syllable (or leading consonant) *last if it can.
func composeHangul(last *rune, r rune) bool {
	lead := *last - leadBase
	if vowel := r - vowelBase; vowel >= 0 && vowel < vowelCount {
		if lead < 0 || lead >= leadCount {
			return false
		}
		*last = syllableBase + (lead*vowelCount+vowel)*tailCount
		return true
	}
	if !isSyllable(*last) || (*last-syllableBase)%tailCount != 0 {
		return false
	}
	*last += r - tailBase
	return true
}

// appendJamo writes text letter by letter: syllables as lead, vowel and tail (if any), all else unchanged.
func appendJamo(out, text []rune) []rune {
	for _, r := range text {
		if !isSyllable(r) {
			out = append(out, r)
			continue
		}
		s := r - syllableBase
		out = append(out, leadBase+s/(vowelCount*tailCount), vowelBase+s/tailCount%vowelCount)
		if tail := s % tailCount; tail != 0 {
			out = append(out, tailBase+tail)
		}
	}
	return out
}

// tailOf gives the final consonant's number of a syllable: 0 none, 8 is ㄹ.
func tailOf(r rune) int {
	if !isSyllable(r) {
		return 0
	}
	return int(r-syllableBase) % tailCount
}

// A josa is a particle glued to a noun. after says what the noun must end in.
type josa struct {
	form  []rune
	after int
}

const (
	afterAny = iota
	afterConsonant
	afterVowel
	afterVowelOrL
)

// josas, longest first so that 에서는 goes whole.
var josas = []josa{
	{[]rune("으로부터"), afterConsonant}, {[]rune("에서부터"), afterAny},
	{[]rune("에서는"), afterAny}, {[]rune("에서도"), afterAny}, {[]rune("에게서"), afterAny}, {[]rune("한테서"), afterAny},
	{[]rune("으로는"), afterConsonant}, {[]rune("으로도"), afterConsonant}, {[]rune("까지는"), afterAny}, {[]rune("까지도"), afterAny},
	{[]rune("이라도"), afterConsonant}, {[]rune("이라는"), afterConsonant}, {[]rune("이라고"), afterConsonant},
	{[]rune("에서"), afterAny}, {[]rune("에게"), afterAny}, {[]rune("한테"), afterAny}, {[]rune("까지"), afterAny},
	{[]rune("부터"), afterAny}, {[]rune("으로"), afterConsonant}, {[]rune("처럼"), afterAny}, {[]rune("보다"), afterAny},
	{[]rune("이랑"), afterConsonant}, {[]rune("하고"), afterAny}, {[]rune("이나"), afterConsonant}, {[]rune("라도"), afterVowel},
	{[]rune("라는"), afterVowel}, {[]rune("라고"), afterVowel}, {[]rune("밖에"), afterAny}, {[]rune("마다"), afterAny},
	{[]rune("조차"), afterAny}, {[]rune("마저"), afterAny}, {[]rune("에는"), afterAny}, {[]rune("에도"), afterAny}, {[]rune("로는"), afterVowelOrL},
	{[]rune("와의"), afterVowel}, {[]rune("과의"), afterConsonant}, {[]rune("께서"), afterAny},
	{[]rune("은"), afterConsonant}, {[]rune("는"), afterVowel}, {[]rune("이"), afterConsonant}, {[]rune("가"), afterVowel},
	{[]rune("을"), afterConsonant}, {[]rune("를"), afterVowel}, {[]rune("에"), afterAny}, {[]rune("의"), afterAny}, {[]rune("로"), afterVowelOrL},
	{[]rune("와"), afterVowel}, {[]rune("과"), afterConsonant}, {[]rune("랑"), afterVowel}, {[]rune("도"), afterAny}, {[]rune("만"), afterAny},
	{[]rune("께"), afterAny},
}

// stripJosa takes one particle off a word, if something is left and the particle agrees with its ending.
func stripJosa(word []rune) []rune {
	for _, j := range josas {
		rest := len(word) - len(j.form)
		if rest >= 1 && endsWith(word, j.form) && j.follows(word[rest-1]) {
			return word[:rest]
		}
	}
	return word
}

// follows tells whether the particle agrees with the character before it; how a Latin letter or digit sounds is not known,
// so after those any does.
func (j josa) follows(last rune) bool {
	if !isSyllable(last) {
		return true
	}
	tail := tailOf(last)
	switch j.after {
	case afterConsonant:
		return tail != 0
	case afterVowel:
		return tail == 0
	case afterVowelOrL:
		return tail == 0 || tail == 8
	}
	return true
}

func endsWith(word, ending []rune) bool {
	rest := len(word) - len(ending)
	for i, r := range ending {
		if word[rest+i] != r {
			return false
		}
	}
	return true
}
