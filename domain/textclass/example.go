package textclass

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Example is a message and the type people gave it.
type Example struct {
	// Label is the type; not empty, at most MaxLabelBytes.
	Label string
	// Text is the message; only its first MaxTextRunes characters are read.
	Text string
	// Language is a BCP 47 tag or empty. It is a hint: the script of the text decides where it is plain.
	Language string
}

// Limits of what is read from outside.
const (
	// MaxTextRunes is how many characters of a message are looked at; the rest is ignored.
	MaxTextRunes = 4000
	// MaxLabelBytes is the longest label accepted.
	MaxLabelBytes = 200
	// MaxLabels is the largest number of types one model can tell apart.
	MaxLabels = 2000
	// MaxExamples is the largest number of examples one training takes.
	MaxExamples = 500_000

	maxLineBytes = 64 << 10
)

var (
	// ErrExamples tells that the examples cannot be trained on (too few, too many, a bad label); the text names the rule.
	ErrExamples = errors.New("textclass: examples")
	// ErrFormat tells that bytes or lines are not in the form expected; the text names place and rule.
	ErrFormat = errors.New("textclass: format")
)

// ReadExamples reads lines "label TAB text" in UTF-8. Empty lines are skipped. A line without a tab, with an
// empty label or text, of more than 64 KiB or not in UTF-8 is ErrFormat with its number.
func ReadExamples(r io.Reader) ([]Example, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLineBytes)
	var examples []Example
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimRight(lines.Text(), "\r")
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		label, text, ok := strings.Cut(line, "\t")
		label, text = strings.TrimSpace(label), strings.TrimSpace(text)
		switch {
		case !utf8.ValidString(line):
			return nil, fmt.Errorf("%w: line %d: not UTF-8", ErrFormat, n)
		case !ok || label == "" || text == "":
			return nil, fmt.Errorf("%w: line %d: want label TAB text", ErrFormat, n)
		case len(examples) == MaxExamples:
			return nil, fmt.Errorf("%w: line %d: more than %d examples", ErrFormat, n, MaxExamples)
		}
		examples = append(examples, Example{Label: label, Text: text})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: line %d: %w", ErrFormat, n+1, err)
	}
	return examples, nil
}
