package textclass

// A group is a kind of feature. Each group of a message is scaled to unit length apart, so that the many
// character n-grams do not drown the few words.
type group uint8

const (
	groupStems     group = iota // English stems, alone and in pairs of neighbours
	groupPairs                  // unordered pairs of English stems
	groupChars                  // character 2–5-grams inside English words, with word boundaries
	groupWords                  // Korean words without particles, alone and in pairs of neighbours
	groupSyllables              // syllable 1–4-grams, across spaces
	groupJamo                   // letter 3–6-grams of Hangul
	groupCount
)

// pairWindow is how far apart two stems of a pair may stand; it bounds the cost of long texts.
const pairWindow = 16

// A feature is named by a 64-bit hash of its group and characters: no text of a customer is kept in a model.
type feature uint64

// FNV-1a's constants, over runes instead of bytes, with a final mix since maps and models use all bits.
const (
	hashOffset = 14695981039346656037
	hashPrime  = 1099511628211
)

func (f feature) add(r rune) feature { return (f ^ feature(r)) * hashPrime }

func (f feature) addWord(word []rune) feature {
	for _, r := range word {
		f = f.add(r)
	}
	return f
}

func (f feature) mixed() feature {
	f ^= f >> 32
	f *= 0xd6e8feb86659fd93
	return f ^ f>>32
}

func groupSeed(g group) feature { return feature(hashOffset).add(rune(g) + 1) }

// featureList collects the features of one text, group by group; a feature occurs as often as it was seen.
type featureList [groupCount][]feature

func (l *featureList) reset() {
	for g := range l {
		l[g] = l[g][:0]
	}
}

// collect lists the features of a text.
func (l *featureList) collect(text reading) {
	l.reset()
	if text.cjk {
		l.collectCJK(text.words)
	} else {
		l.collectEnglish(text.words)
	}
}

func (l *featureList) collectEnglish(words []string) {
	stems := make([]feature, len(words))
	for i, word := range words {
		stems[i] = groupSeed(groupStems).addWord([]rune(stem(word)))
	}
	l.addSequence(groupStems, stems)
	for i, a := range stems {
		for j := i + 1; j < len(stems) && j <= i+pairWindow; j++ {
			low, high := min(a, stems[j]), max(a, stems[j])
			l[groupPairs] = append(l[groupPairs], (low*31 + high ^ high>>7).mixed())
		}
	}
	var bounded []rune
	for _, word := range words {
		bounded = append(append(append(bounded[:0], ' '), []rune(word)...), ' ')
		l.addGrams(groupChars, bounded, 2, 5)
	}
}

func (l *featureList) collectCJK(words []string) {
	stems := make([]feature, len(words))
	syllables := []rune{' '}
	for i, word := range words {
		from := len(syllables)
		syllables = append(syllables, []rune(word)...)
		stems[i] = groupSeed(groupWords).addWord(stripJosa(syllables[from:]))
		syllables = append(syllables, ' ')
	}
	l.addSequence(groupWords, stems)
	l.addGrams(groupSyllables, syllables, 1, 4)
	l.addGrams(groupJamo, appendJamo(nil, syllables), 3, 6)
}

// addSequence adds each word and each pair of neighbours.
func (l *featureList) addSequence(g group, words []feature) {
	for i, word := range words {
		l[g] = append(l[g], word.mixed())
		if i > 0 {
			l[g] = append(l[g], (words[i-1]*hashPrime ^ word ^ 0x9e3779b97f4a7c15).mixed())
		}
	}
}

// addGrams adds all runs of from to to characters, each start's runs hashed on from one another.
func (l *featureList) addGrams(g group, text []rune, from, to int) {
	for start := range text {
		h := groupSeed(g)
		for n := 1; n <= to && start+n <= len(text); n++ {
			h = h.add(text[start+n-1])
			if n >= from {
				l[g] = append(l[g], h.mixed())
			}
		}
	}
}
