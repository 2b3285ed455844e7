package api

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"sori/domain"
)

func TestDecodeJSON(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	cases := map[string]struct {
		in string
		ok bool
	}{
		"object":                 {`{"a":1}`, true},
		"space around":           {" \n{}\t", true},
		"Korean":                 {`{"a":"환불"}`, true},
		"same key twice":         {`{"a":1,"a":2}`, true},
		"escaped NUL":            {`{"a":"\u0000"}`, true}, // the use case names the field
		"a surrogate pair":       {`"\ud83d\ude00"`, true},
		"an escaped backslash u": {`"\\ud83d"`, true},
		"as deep as may be":      {deep(maxDepth), true},
		"brackets in a text":     {`"` + strings.Repeat("[", 1000) + `"`, true},
		"empty":                  {"", false},
		"half":                   {`{"a":`, false},
		"trailing text":          {`{} x`, false},
		"two documents":          {`{}{}`, false},
		"a comma too many":       {`{"a":1,}`, false},
		"a comment":              {"{} // x", false},
		"single quotes":          {`{'a':1}`, false},
		"NaN":                    {`{"a":NaN}`, false},
		"a number out of range":  {`{"a":1e999}`, false},
		"a raw NUL":              {"{\"a\":\"\x00\"}", false},
		"a raw line feed":        {"{\"a\":\"\n\"}", false},
		"invalid UTF-8":          {"{\"a\":\"\xff\"}", false},
		"a surrogate in UTF-8":   {"\"\xed\xa0\x80\"", false},
		"overlong UTF-8":         {"\"\xc0\x80\"", false},
		"UTF-16":                 {"\xff\xfe{\x00}\x00", false},
		"a byte order mark":      {"\xef\xbb\xbf{}", false},
		"half a surrogate pair":  {`"\ud83d"`, false},
		"the other half":         {`"\ude00"`, false},
		"two first halves":       {`"\ud83d\ud83d"`, false},
		"a half before an n":     {`"\ud83d\n12345"`, false},
		"too deep":               {deep(maxDepth + 1), false},
		"very deep":              {deep(10_000), false},
		"very deep and broken":   {strings.Repeat(`{"a":`, 100_000), false},
		"very many values":       {"[" + strings.Repeat("1,", maxValues) + "1]", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := decodeJSON([]byte(tc.in))
			if tc.ok != (err == nil) || err != nil && !domain.IsCode(err, domain.Malformed) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// FuzzDecodeJSON: what is taken is valid JSON, valid UTF-8, and says after decoding what it said before.
func FuzzDecodeJSON(f *testing.F) {
	for _, s := range []string{`{"a":"\ud83d\ude00"}`, `"\ud83d"`, `[1,2,{"b":null}]`, "\"\xff\"", `"\u12"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := decodeJSON(raw)
		if err != nil {
			return
		}
		if !utf8.Valid(raw) || !json.Valid(raw) {
			t.Fatalf("%q was taken", raw)
		}
		if again := encode(v); strings.Contains(string(again), "\ufffd") && !strings.Contains(string(raw), "\ufffd") && !strings.Contains(strings.ToLower(string(raw)), `\ufffd`) {
			t.Fatalf("%q became %q", raw, again)
		}
	})
}

func TestLimitedFailsRatherThanEnds(t *testing.T) {
	t.Parallel()
	for size, ok := range map[int]bool{0: true, 9: true, 10: true, 11: false, 5000: false} {
		l := &limited{in: nopCloser{strings.NewReader(strings.Repeat("x", size))}, left: 10, limit: 10}
		var got int
		var err error
		for p := make([]byte, 4); err == nil; {
			var n int
			n, err = l.Read(p)
			got += n
		}
		if ok != (err.Error() == "EOF") || !ok && !domain.IsCode(err, domain.TooLarge) || got > 10 {
			t.Errorf("%d bytes: read %d, %v", size, got, err)
		}
	}
}

type nopCloser struct{ *strings.Reader }

func (nopCloser) Close() error { return nil }
