package sqlitestore

import (
	"slices"
	"strings"
	"unicode/utf8"

	"sori/domain"
)

// A word that is searched for by its beginning must not cost what all words with that beginning would, so FTS5's own prefix search, which
// reads all their entries first, is the last resort. Instead
//   - the beginnings of a token, up to maxBeginning characters, are indexed as tokens of their own;
//   - a longer beginning is looked up among the words that were ever indexed, and these are searched for, if they are few.
const (
	maxBeginning       = 4
	maxNumberBeginning = 8 // of a token that starts with a digit: numbers are many and alike
	maxWords           = 300
	maxToken           = 512 // bytes of a token that count; the rest of a longer one is not looked at
)

// beginnings is how many characters of a token are indexed as beginnings.
func beginnings(token string) int {
	if token[0] >= '0' && token[0] <= '9' {
		return maxNumberBeginning
	}
	return maxBeginning
}

// indexText is what FTS5 is given for a document: its kind, its tokens and their beginnings, each once. words are the tokens, spelled, that are longer than the beginnings
// that are indexed.
func indexText(d domain.SearchDocument) (text string, words []string) {
	b := make([]byte, 0, 32*len(d.Tokens))
	if kind, _, ok := strings.Cut(d.ID, "_"); ok {
		b = append(appendSpelled(b, markKind, kind), ' ')
	}
	tokens := slices.Clone(d.Tokens)
	slices.Sort(tokens) // what begins alike stands together
	last := ""
	for _, token := range tokens {
		if token = token[:min(len(token), maxToken)]; token == last {
			continue
		}
		from := len(b)
		b = appendSpelled(b, "", token)
		to := len(b)
		b = append(b, ' ')
		most, n := beginnings(token), 0
		for end := range token {
			if end == 0 {
				continue
			}
			if n++; n > most {
				words = append(words, string(b[from:to]))
				break
			}
			if len(last) <= end || last[:end] != token[:end] {
				b = append(appendSpelled(b, markBeginning, token[:end]), ' ')
			}
		}
		last = token
	}
	return string(b), words
}

// matchExpression is the query in FTS5's language: ("kind" OR "kind") AND "token" AND ("word" OR "word"). Nothing of a token is read
// as that language, since all are quoted and none holds a quote. words gives those that begin so.
func matchExpression(terms []domain.SearchTerm, kinds []string, words func(prefix string) ([]string, error)) (string, error) {
	var all []string
	if len(kinds) > 0 {
		var wanted []string
		for _, kind := range kinds {
			wanted = append(wanted, spell(markKind, kind))
		}
		all = append(all, anyOf(wanted))
	}
	for _, term := range terms {
		for i, token := range term.Tokens {
			if token == "" {
				continue
			}
			token = token[:min(len(token), maxToken)]
			if !term.Prefix || i < len(term.Tokens)-1 {
				all = append(all, anyOf([]string{spell("", token)}))
				continue
			}
			match, err := matchBeginning(token, words)
			if err != nil {
				return "", err
			}
			all = append(all, match)
		}
	}
	return strings.Join(all, " AND "), nil
}

func matchBeginning(token string, words func(prefix string) ([]string, error)) (string, error) {
	word := spell("", token)
	if utf8.RuneCountInString(token) <= beginnings(token) {
		return anyOf([]string{word, spell(markBeginning, token)}), nil
	}
	known, err := words(word)
	if err != nil {
		return "", err
	}
	if len(known) > maxWords {
		return `"` + word + `"*`, nil
	}
	return anyOf(append(known, word)), nil
}

// anyOf matches documents with one of the words.
func anyOf(words []string) string { return `("` + strings.Join(words, `" OR "`) + `")` }

// Marks tell from tokens what else is indexed. In a spelled token, _ stands only before a hexadecimal digit.
const (
	markKind      = "_k"
	markBeginning = "_p"
)

// spell writes a token so that FTS5's ascii tokenizer takes it for one, and changes nothing: small letters, digits and all beyond ASCII
// stand for themselves, any other byte is _ and its two hexadecimal digits. A beginning of a token is spelled as the beginning of its
// spelling, so that prefixes stay prefixes.
func spell(mark, token string) string {
	return string(appendSpelled(make([]byte, 0, len(mark)+len(token)), mark, token))
}

func appendSpelled(b []byte, mark, token string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, mark...)
	for i := range len(token) {
		c := token[i]
		if c >= 0x80 || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b = append(b, c)
		} else {
			b = append(b, '_', hex[c>>4], hex[c&15])
		}
	}
	return b
}
