package rrn

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want []string // as written
	}{
		{"", nil},
		{"주민번호는 900101-1234567입니다", []string{"900101-1234567"}},
		{"900101-1234567.", []string{"900101-1234567"}},
		{"주민번호9001011234567입니다", []string{"9001011234567"}},
		{"900101 1234567", []string{"900101 1234567"}},
		{"900101.1234567", []string{"900101.1234567"}},
		{"900101–1234567", []string{"900101–1234567"}},
		{"900101 - 1234567", []string{"900101 - 1234567"}},
		{"９００１０１－１２３４５６７", []string{"９００１０１－１２３４５６７"}},
		{"900101\u00a0-\u200b1234567", []string{"900101\u00a0-\u200b1234567"}},
		{"RRN900101-1234567", []string{"RRN900101-1234567"[3:]}},
		{"홍길동,900101-1234567,010-1234-5678", []string{"900101-1234567"}},
		{"900101-1234567 010-1234-5678", []string{"900101-1234567"}},
		{"1.900101-1234567 2.850505-2345678", []string{"900101-1234567", "850505-2345678"}},
		{"900101-1234567/850505-2345678", []string{"900101-1234567", "850505-2345678"}},
		{"240229-3234567 850505-5345678 010101-7000000", []string{"240229-3234567", "850505-5345678", "010101-7000000"}},
		{"991231-9123456", []string{"991231-9123456"}},

		{"9912319123456", nil},            // the 1800s only with a hyphen
		{"230229-3234567", nil},           // no leap year
		{"901301-1234567", nil},           // no month
		{"900132-1234567", nil},           // no day
		{"600101-3234567", nil},           // 2060
		{"900101-1******", nil},           // masked already
		{"19900101-1234567", nil},         // eight digits
		{"900101-12345678", nil},          // 8 digits behind
		{"900101-123456", nil},            // 6 digits behind
		{"12349001011234567890", nil},     // inside a run
		{"110-900101-1234567", nil},       // an account number
		{"900101-1234567-89", nil},        // another
		{"110 - 900101 - 1234567", nil},   // another, spaced
		{"900101-1234567–8", nil},         // en dash
		{"1.9001011234567", nil},          // a decimal
		{"ab9001011234567cd", nil},        // part of an id
		{"900101--1234567", nil},          // two hyphens
		{"900101\n1234567", nil},          // two lines
		{"900101     1234567", nil},       // too far apart
		{"2026-11-22 1732233600000", nil}, // milliseconds since 1970
		{"8801043014809", nil},            // EAN-13 of a Korean product
		{"010-1234-5678", nil},            // a phone number
		{"\xff900101-\xff1234567", nil},   // broken UTF-8
	} {
		var got []string
		for _, s := range Find(c.text) {
			got = append(got, c.text[s.Start:s.End])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("Find(%q) = %q; want %q", c.text, got, c.want)
		}
	}
}

func TestFindVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(dataDir(t), "phone", "rrn_vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]json.RawMessage
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	for key, found := range map[string]bool{
		"valid_checksum_hibernate": true, "invalid_checksum_hibernate": true,
		"invalid_date_hibernate": false, "invalid_length_hibernate": false, "invalid_text_hibernate": false,
	} {
		var numbers []string
		if err := json.Unmarshal(v[key], &numbers); err != nil || len(numbers) == 0 {
			t.Fatal(key, err)
		}
		for _, n := range numbers {
			if got := Find("저는 " + n + " 입니다"); (len(got) == 1) != found {
				t.Errorf("%s: Find(%q) = %v", key, n, got)
			}
		}
	}
}

func TestMaskAndCanonical(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ number, canonical, mask string }{
		{"900101-1234567", "9001011234567", "900101-1******"},
		{" ９００１０１　１２３４５６７ ", "9001011234567", "900101-1******"},
		{"9001011234567", "9001011234567", "900101-1******"},
		{"900101-1234567 850505-2345678", "", "**************"},
		{"901301-1234567", "", "**************"},
		{"secret", "", "**************"},
		{"", "", "**************"},
	} {
		canonical, ok := Canonical(c.number)
		if canonical != c.canonical || ok != (c.canonical != "") || Mask(c.number) != c.mask {
			t.Errorf("%q: %q, %v, %q", c.number, canonical, ok, Mask(c.number))
		}
	}
}

// shift is no seal, but it can be undone, and seen to have been applied.
func shift(written, canonical string) (string, string, error) {
	return "<" + written, "#" + canonical, nil
}

func unshift(c string) (string, error) {
	written, ok := strings.CutPrefix(c, "<")
	if !ok {
		return "", errors.New("not sealed")
	}
	return written, nil
}

func TestRedactAndReveal(t *testing.T) {
	t.Parallel()
	text := "가) ９００１０１－１２３４５６７, 나) 900101-1******, 다) 8505052345678 끝"
	masked, sealed, err := Redact(text, shift)
	if err != nil {
		t.Fatal(err)
	}
	if want := "가) 900101-1******, 나) 900101-1******, 다) 850505-2****** 끝"; masked != want {
		t.Errorf("masked %q; want %q", masked, want)
	}
	want := []Sealed{
		{Offset: strings.Index(masked, "9"), Ciphertext: "<９００１０１－１２３４５６７", BlindIndex: "#9001011234567"},
		{Offset: strings.Index(masked, "8505"), Ciphertext: "<8505052345678", BlindIndex: "#8505052345678"},
	}
	if !slices.Equal(sealed, want) {
		t.Errorf("sealed %+v; want %+v", sealed, want)
	}
	if got, err := Reveal(masked, sealed, unshift); err != nil || got != text {
		t.Errorf("revealed %q, %v", got, err)
	}
	failed := errors.New("no key")
	if got, _, err := Redact(text, func(_, _ string) (string, string, error) { return "", "", failed }); !errors.Is(err, failed) || got != "" {
		t.Errorf("a seal that fails: %q, %v", got, err)
	}
}

func TestRevealRefuses(t *testing.T) {
	t.Parallel()
	const masked = "a 900101-1****** b 850505-2******"
	one, two := Sealed{Offset: 2, Ciphertext: "<900101-1234567"}, Sealed{Offset: 19, Ciphertext: "<850505-2345678"}
	if _, err := Reveal(masked, []Sealed{one, two}, unshift); err != nil {
		t.Fatal(err)
	}
	for name, sealed := range map[string][]Sealed{
		"out of order":    {two, one},
		"twice":           {one, one},
		"another number":  {{Offset: 2, Ciphertext: "<850505-2345678"}},
		"no number":       {{Offset: 2, Ciphertext: "<x"}},
		"another place":   {{Offset: 3, Ciphertext: "<900101-1234567"}},
		"before the text": {{Offset: -1, Ciphertext: "<900101-1234567"}},
		"past the text":   {{Offset: 20, Ciphertext: "<850505-2345678"}},
		"far past it":     {{Offset: 1 << 62, Ciphertext: "<850505-2345678"}},
	} {
		if got, err := Reveal(masked, sealed, unshift); !errors.Is(err, ErrMismatch) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := Reveal(masked, []Sealed{{Offset: 2, Ciphertext: "forged"}}, unshift); err == nil || errors.Is(err, ErrMismatch) {
		t.Errorf("a forged seal: %v", err)
	}
}

func FuzzRedact(f *testing.F) {
	for _, s := range []string{"900101-1234567", "９００１０１ - １２３４５６７.1", "1-900101-1234567", "900101-1******9001011234567", "\xff9001011234567"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		masked, sealed, err := Redact(text, shift)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Reveal(masked, sealed, unshift); err != nil || got != text {
			t.Fatalf("%q came back as %q, %v", text, got, err)
		}
		for _, s := range Find(masked) {
			t.Fatalf("%q still holds %+v of %q", masked, s, text)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	text := strings.Repeat("지난주 주문 20241122-000123 환불 바랍니다. 연락처 010-1234-5678, ", 20) + "900101-1234567"
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if len(Find(text)) != 1 {
			b.Fatal("not found")
		}
	}
}

// dataDir finds the shared data: by SORI_DATA, or beside the project.
func dataDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("SORI_DATA"); dir != "" {
		return dir
	}
	for dir := ".."; len(dir) < 40; dir = filepath.Join("..", dir) {
		data := filepath.Join(dir, "shared", "data")
		if _, err := os.Stat(data); err == nil {
			return data
		}
	}
	t.Skip("no shared/data here; set SORI_DATA to compare with the test values")
	return ""
}
