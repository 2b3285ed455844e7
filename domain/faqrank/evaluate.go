package faqrank

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// ErrFormat tells that lines or bytes are not in the form expected; the text names line and rule.
var ErrFormat = errors.New("faqrank: format")

const (
	maxLineBytes = 64 << 10
	maxWordings  = 200_000
)

// Wording is one way to say what an article answers.
type Wording struct {
	Article string
	Text    string
}

// ReadWordings reads lines "faqId TAB topic TAB act TAB text"; topic and act are not used. Empty lines are skipped. A line with
// fewer fields, an empty id or text, of more than 64 KiB or not in UTF-8 is ErrFormat with its number.
func ReadWordings(r io.Reader) ([]Wording, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLineBytes)
	var out []Wording
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimPrefix(strings.TrimRight(lines.Text(), "\r"), "\ufeff")
		if strings.TrimSpace(line) == "" {
			continue
		}
		fields := strings.SplitN(line, "\t", 4)
		if len(fields) < 4 || fields[0] == "" || strings.TrimSpace(fields[3]) == "" || !utf8.ValidString(line) {
			return nil, fmt.Errorf("%w: line %d: want faqId TAB topic TAB act TAB text in UTF-8", ErrFormat, n)
		}
		if len(out) == maxWordings {
			return nil, fmt.Errorf("%w: line %d: more than %d lines", ErrFormat, n, maxWordings)
		}
		out = append(out, Wording{fields[0], strings.TrimSpace(fields[3])})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: line %d: %w", ErrFormat, n+1, err)
	}
	return out, nil
}

// Evaluation holds the share of questions, 0 to 1, whose article was found first, among the first three and ten.
type Evaluation struct {
	Hit1  float64 `json:"hit1"`
	Hit3  float64 `json:"hit3"`
	Hit10 float64 `json:"hit10"`
}

// EvaluateFAQ takes the first wording of each article for its title and asks with the others. Past wordings of other
// articles, if given, teach the weights. Errors: ErrFormat without any question, ctx's.
func EvaluateFAQ(ctx context.Context, wordings, past []Wording, seed uint64) (*Evaluation, error) {
	weights, err := Learn(ctx, Rewordings(past), seed)
	if err != nil {
		return nil, err
	}
	index := NewIndex(weights)
	first := make(map[string]bool)
	var questions []Wording
	for _, w := range wordings {
		if first[w.Article] {
			questions = append(questions, w)
			continue
		}
		first[w.Article] = true
		index.Add(Article{ID: w.Article, Title: w.Text})
	}
	if len(questions) == 0 {
		return nil, fmt.Errorf("%w: no article has a second wording", ErrFormat)
	}
	var e Evaluation
	share := 1 / float64(len(questions))
	for _, q := range questions {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for place, hit := range index.Search(q.Text, 10) {
			if hit.ID == q.Article {
				e.count(place, share)
			}
		}
	}
	return &e, nil
}

func (e *Evaluation) count(place int, share float64) {
	if place < 1 {
		e.Hit1 += share
	}
	if place < 3 {
		e.Hit3 += share
	}
	e.Hit10 += share
}

// Rewordings pairs each wording but an article's first with that first one.
func Rewordings(wordings []Wording) []Rewording {
	first := make(map[string]string)
	var out []Rewording
	for _, w := range wordings {
		text, known := first[w.Article]
		if !known {
			first[w.Article] = w.Text
			continue
		}
		out = append(out, Rewording{Question: w.Text, Article: text})
	}
	return out
}
