package jsonplan

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"
)

type head struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

type tree struct {
	head
	Kids  []*tree        `json:"kids,omitempty"`
	Other map[string]any `json:"other"`
}

type own string

func (o *own) MarshalJSON() ([]byte, error) { return []byte(`"<own ` + string(*o) + `>"`), nil }

type small byte

func (s small) MarshalText() ([]byte, error) { return []byte("small"), nil }

type key string

type loud string

func (l loud) MarshalText() ([]byte, error) { return []byte(string(l) + "!"), nil }

type part struct {
	A string `json:"a,omitempty"`
	B *int
}

type whole struct {
	head    `json:",inline"`
	Named   head `json:"named"`
	Hidden  int  `json:"-"`
	private int
	Text    string         `json:"text"`
	Texts   []string       `json:"texts"`
	Left    []string       `json:"left,omitempty"`
	Bytes   []byte         `json:"bytes"`
	Fixed   [2]int         `json:"fixed"`
	Part    part           `json:"part,omitzero"`
	Maybe   *part          `json:"maybe"`
	Free    map[string]any `json:"free"`
	Any     any            `json:"any"`
	Number  float64        `json:"number"`
	Small   uint8          `json:"small"`
	Yes     bool           `json:"yes,omitempty"`
	At      time.Time      `json:"at"`
	Then    *time.Time     `json:"then,omitempty"`
	Gone    time.Time      `json:"gone,omitzero"`
	Own     own            `json:"own"`
	Quoted  int            `json:"quoted,string"`
}

type twice struct {
	head
	ID string `json:"id"`
}

func TestAppendIsEncodingJSON(t *testing.T) {
	t.Parallel()
	one := 1
	now := time.Date(2026, 11, 22, 1, 2, 3, 4_000_000, time.UTC)
	seoul := now.In(time.FixedZone("KST", 9*3600))
	odd := "a\"\\/\b\f\n\r\t\x00\x1f\x7f<b>&amp;</b>환불\u2028\u2029\U0001F600\xff\xfe é\xed\xa0\x80"
	for _, v := range []any{
		nil, 1, "", odd, true, 1.5, []string(nil), []string{}, []int{1, 2}, map[string]int{}, map[string]int(nil), map[string]any{"b": odd, "a": 1, odd: nil, "": []any{}}, &one, (*int)(nil),
		now, seoul, &seoul, time.Time{}, struct{}{}, [3]string{"a"}, []byte("bytes"), []byte{}, []byte(nil), []small{1, 2}, map[int]string{2: odd, 10: ""}, map[key]any{"b": 1.5, "a": &one, "c": (*int)(nil)},
		map[loud]*own{"x": new(own)}, map[string]own{"x": "by its pointer only"}, map[string]map[string][]byte{"x": {"y": []byte(odd)}, "z": nil}, []any{nil, odd, now, map[string]any{}},
		whole{}, &whole{}, part{A: odd}, twice{head{"outer", 2}, "inner"}, &twice{head{"outer", 2}, "inner"},
		&whole{
			head: head{"1", 2}, Named: head{odd, -1}, private: 3, Text: odd, Texts: []string{odd, ""}, Left: []string{"x"}, Bytes: []byte{1}, Fixed: [2]int{1, 2},
			Part: part{B: &one}, Maybe: &part{A: "a"}, Free: map[string]any{"x": []any{1}}, Any: part{}, Number: 1e21, Small: 255, Yes: true,
			At: seoul, Then: &now, Gone: now, Own: "o", Quoted: 7,
		},
		tree{head: head{"t", 1}, Kids: []*tree{{}, nil, {Kids: []*tree{{head: head{"leaf", 0}}}}}},
	} {
		for _, html := range []bool{true, false} {
			var want bytes.Buffer
			enc := json.NewEncoder(&want)
			enc.SetEscapeHTML(html)
			if err := enc.Encode(v); err != nil {
				t.Fatal(err)
			}
			got, err := Append([]byte("before "), v, html)
			if err != nil || string(got)+"\n" != "before "+want.String() {
				t.Errorf("%T, html %v: %v\n%s\nencoding/json:\n%s", v, html, err, got, want.Bytes())
			}
		}
	}
}

func TestAppendErrsAsEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, v := range []any{math.NaN(), []any{make(chan int)}, []func(){nil}, time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), map[string]any{"x": math.Inf(1)}, &whole{Number: math.NaN()}} {
		if _, err := json.Marshal(v); err == nil {
			t.Fatalf("encoding/json takes %T", v)
		}
		if got, err := Append(nil, v, true); err == nil {
			t.Errorf("%T was written as %s", v, got)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("환불 <b>\u2028\xff")
	f.Fuzz(func(t *testing.T, s string) {
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := Append(nil, s, true); !bytes.Equal(got, want) {
			t.Errorf("%s, encoding/json %s", got, want)
		}
	})
}
