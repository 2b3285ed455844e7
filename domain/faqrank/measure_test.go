package faqrank

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// wordings reads the rewordings of a thousand questions, found by SORI_DATA or in a folder "shared" above.
func wordings(t testing.TB) []Wording {
	t.Helper()
	dir := os.Getenv("SORI_DATA")
	for up, _ := os.Getwd(); dir == "" && up != filepath.Dir(up); up = filepath.Dir(up) {
		if _, err := os.Stat(filepath.Join(up, "shared", "data")); err == nil {
			dir = filepath.Join(up, "shared", "data")
		}
	}
	f, err := os.Open(filepath.Join(dir, "intent", "parakqc", "faq.tsv"))
	if err != nil {
		t.Skip("no data sets: set SORI_DATA")
	}
	defer f.Close()
	out, err := ReadWordings(f)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// quarters deals the articles into four parts.
func quarters(all []Wording) [4][]Wording {
	var parts [4][]Wording
	number := make(map[string]int)
	for _, w := range all {
		n, known := number[w.Article]
		if !known {
			n = len(number)
			number[w.Article] = n
		}
		parts[n%4] = append(parts[n%4], w)
	}
	return parts
}

// A quarter of the Korean rewordings has 200 articles, each asked for nine times.
func TestKoreanRewordingsAreFound(t *testing.T) {
	t.Parallel()
	var mean Evaluation
	for _, part := range quarters(wordings(t)) {
		e, err := EvaluateFAQ(context.Background(), part, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		mean.Hit1 += e.Hit1 / 4
		mean.Hit3 += e.Hit3 / 4
	}
	t.Logf("first %.4f, in three %.4f", mean.Hit1, mean.Hit3)
	if mean.Hit1 < .935 || mean.Hit3 < .985 {
		t.Errorf("found first %.4f, in three %.4f; want .935 and .985", mean.Hit1, mean.Hit3)
	}
}

// Learning from three quarters takes seconds, so only on demand.
func TestLearningFromRewordingsElsewhere(t *testing.T) {
	if os.Getenv("SORI_MEASURE") == "" {
		t.Skip("set SORI_MEASURE to learn from the Korean rewordings")
	}
	parts := quarters(wordings(t))
	var past []Wording
	for _, part := range parts[1:] {
		past = append(past, part...)
	}
	e, err := EvaluateFAQ(context.Background(), parts[0], past, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", *e)
	if e.Hit1 < .955 || e.Hit3 < .99 {
		t.Errorf("found first %.4f, in three %.4f; want .955 and .99", e.Hit1, e.Hit3)
	}
}
