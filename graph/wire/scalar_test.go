package wire

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"sori/domain"
	"sori/domain/desk"
)

func TestScalarsAreWritten(t *testing.T) {
	t.Parallel()
	kst := time.FixedZone("KST", 9*3600)
	cases := map[string]struct {
		got  graphql.Marshaler
		want string
	}{
		"text":           {MarshalText("환불 \"\n"), `"환불 \"\n"`},
		"no text":        {MarshalText(""), `null`},
		"broken text":    {MarshalText("a\xffb"), "\"a\uFFFDb\""},
		"no id":          {MarshalID(""), `null`},
		"time":           {MarshalTime(time.Date(2026, 11, 22, 10, 0, 0, 5e6, kst)), `"2026-11-22T01:00:00.005Z"`},
		"no time":        {MarshalTime(time.Time{}), `null`},
		"fields":         {MarshalJSON(map[string]any{"a": []any{1.5, nil}}), `{"a":[1.5,null]}`},
		"no fields":      {MarshalJSON(nil), `null`},
		"bytes":          {MarshalBase64([]byte{0, 255}), `"AP8="`},
		"channel":        {MarshalChannel(domain.ChannelMemo), `"MEMO"`},
		"no channel":     {MarshalChannel(""), `null`},
		"order":          {MarshalInquirySort(desk.SortLast), `"lastInteractionAt"`},
		"whole number":   {MarshalInt64(1 << 40), `1099511627776`},
		"negative count": {MarshalInt(-1), `-1`},
	}
	for name, c := range cases {
		var b bytes.Buffer
		if c.got.MarshalGQL(&b); b.String() != c.want {
			t.Errorf("%s: %s, wanted %s", name, b.String(), c.want)
		}
	}
}

func TestScalarsAreRead(t *testing.T) {
	t.Parallel()
	read := func(v any, err error) any {
		if err != nil {
			return domain.CodeOf(err)
		}
		return v
	}
	cases := map[string]struct{ got, want any }{
		"text":           {read(UnmarshalText("a")), "a"},
		"number as text": {read(UnmarshalText(json.Number("5"))), domain.Invalid},
		"id":             {read(UnmarshalID(json.Number("5"))), "5"},
		"boolean as id":  {read(UnmarshalID(true)), domain.Invalid},
		"int":            {read(UnmarshalInt(json.Number("5"))), 5},
		"literal int":    {read(UnmarshalInt(int64(-5))), -5},
		"large int":      {read(UnmarshalInt(json.Number("2147483648"))), domain.Invalid},
		"fraction":       {read(UnmarshalInt(json.Number("1.5"))), domain.Invalid},
		"int64":          {read(UnmarshalInt64(json.Number("7"))), int64(7)},
		"time":           {read(UnmarshalTime("2026-11-22T10:00:00.1234+09:00")), time.Date(2026, 11, 22, 1, 0, 0, 123e6, time.UTC)},
		"date":           {read(UnmarshalTime("2026-11-22")), domain.Invalid},
		"number as time": {read(UnmarshalTime(json.Number("5"))), domain.Invalid},
		"channel":        {read(UnmarshalChannel("FAX")), domain.ChannelFax},
		"as in REST":     {read(UnmarshalChannel("fax")), domain.Invalid},
		"no channel":     {read(UnmarshalChannel("SMOKE")), domain.Invalid},
		"order":          {read(UnmarshalInquirySort("dueAt")), desk.SortDue},
		"no order":       {read(UnmarshalInquirySort("-dueAt")), domain.Invalid},
		"no base 64":     {read(UnmarshalBase64("a-b_")), domain.Invalid},
		"a list as JSON": {read(UnmarshalJSON([]any{})), domain.Invalid},
		"huge number":    {read(UnmarshalJSON(map[string]any{"n": json.Number("1e999")})), domain.Invalid},
	}
	for name, c := range cases {
		if c.got != c.want {
			t.Errorf("%s: %v (%T), wanted %v", name, c.got, c.got, c.want)
		}
	}
	fields, err := UnmarshalJSON(map[string]any{"n": json.Number("3"), "list": []any{int64(1), "x", nil, true}})
	if b, _ := json.Marshal(fields); err != nil || string(b) != `{"list":[1,"x",null,true],"n":3}` || fields["n"] != float64(3) {
		t.Errorf("fields: %v %v", fields, err)
	}
}
