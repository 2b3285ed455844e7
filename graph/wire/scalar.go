// Package wire holds the Go shapes of the GraphQL schema that are not nouns of the domain: scalars, connections, inputs and payloads. The
// generated code binds to them by name.
//
// Null, where the schema allows it, is the same as nothing (GraphQL, section 2.9.5) but for fields that it clears; where it does not, validation has refused it before.
package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"sori/domain"
	"sori/domain/desk"
)

// MarshalText writes a text; an empty one is null.
func MarshalText(s string) graphql.Marshaler {
	if s == "" {
		return graphql.Null
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return graphql.MarshalString(s)
}

// UnmarshalText reads a text. Numbers and booleans are none (GraphQL, section 3.5.3).
func UnmarshalText(v any) (string, error) {
	s, ok := v.(string)
	if !ok && v != nil {
		return "", rule("type", "must be a text")
	}
	return s, nil
}

// MarshalID writes an id; an empty one is null.
func MarshalID(s string) graphql.Marshaler { return MarshalText(s) }

// UnmarshalID reads an id, which may come as a text or a whole number (GraphQL, section 3.5.5).
func UnmarshalID(v any) (string, error) {
	switch x := v.(type) {
	case nil:
		return "", nil
	case string:
		return x, nil
	case json.Number:
		return x.String(), nil
	case int64:
		return fmt.Sprint(x), nil
	}
	return "", rule("type", "must be an id")
}

// MarshalInt writes a whole number.
func MarshalInt(i int) graphql.Marshaler { return graphql.MarshalInt(i) }

// UnmarshalInt reads a whole number of 32 bits (GraphQL, section 3.5.1).
func UnmarshalInt(v any) (int, error) {
	i, err := UnmarshalInt64(v)
	return int(i), err
}

// MarshalInt64 writes a whole number.
func MarshalInt64(i int64) graphql.Marshaler { return graphql.MarshalInt64(i) }

// UnmarshalInt64 reads a whole number of 32 bits; more cannot be asked for.
func UnmarshalInt64(v any) (int64, error) {
	if v == nil {
		return 0, nil
	}
	i, ok := v.(int64)
	if n, isNumber := v.(json.Number); isNumber {
		parsed, err := n.Int64()
		i, ok = parsed, err == nil
	}
	if !ok || i < math.MinInt32 || i > math.MaxInt32 {
		return 0, rule("type", "must be a whole number of 32 bits")
	}
	return i, nil
}

const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// MarshalTime writes a time as RFC 3339 in UTC to the millisecond; the zero time is null.
func MarshalTime(t time.Time) graphql.Marshaler {
	if t.IsZero() {
		return graphql.Null
	}
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, `"`+t.UTC().Format(timeFormat)+`"`)
	})
}

// UnmarshalTime reads RFC 3339 with any offset.
func UnmarshalTime(v any) (time.Time, error) {
	if v == nil {
		return time.Time{}, nil
	}
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, rule("date-time", "must be a time as in 2026-11-22T09:00:00Z (RFC 3339)")
	}
	return domain.Instant(t), nil
}

// MarshalJSON writes free fields; none are null.
func MarshalJSON(m map[string]any) graphql.Marshaler {
	if len(m) == 0 {
		return graphql.Null
	}
	b, err := json.Marshal(m)
	if err != nil {
		return graphql.Null // what came from JSON goes back to it
	}
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(b) })
}

// UnmarshalJSON reads free fields: an object, its numbers as float64, the way encoding/json and the engines read them.
func UnmarshalJSON(v any) (map[string]any, error) {
	if v == nil {
		return nil, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, rule("type", "must be an object")
	}
	out, err := plain(m, 0)
	if err != nil {
		return nil, err
	}
	return out.(map[string]any), nil
}

// maxJSONDepth bounds the recursion; the domain's own limit is lower and names the field.
const maxJSONDepth = 64

func plain(v any, depth int) (any, error) {
	if depth > maxJSONDepth {
		return nil, rule("depth", "is nested deeper than %d", maxJSONDepth)
	}
	switch x := v.(type) {
	case json.Number:
		f, err := x.Float64()
		if err != nil || math.IsInf(f, 0) {
			return nil, rule("range", "%s is no number that can be kept", domain.Clip(x.String(), 40))
		}
		return f, nil
	case int64:
		return float64(x), nil
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			p, err := plain(e, depth+1)
			if err != nil {
				return nil, err
			}
			out[k] = p
		}
		return out, nil
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			p, err := plain(e, depth+1)
			if err != nil {
				return nil, err
			}
			out[i] = p
		}
		return out, nil
	}
	return v, nil
}

// MarshalBase64 writes bytes; none are null.
func MarshalBase64(b []byte) graphql.Marshaler {
	return MarshalText(base64.StdEncoding.EncodeToString(b))
}

// UnmarshalBase64 reads bytes in base 64, with padding.
func UnmarshalBase64(v any) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	s, _ := v.(string)
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || s == "" {
		return nil, rule("base64", "must be bytes in base 64 (RFC 4648, section 4)")
	}
	return b, nil
}

// MarshalChannel writes a channel as its enum value; none is null.
func MarshalChannel(c domain.Channel) graphql.Marshaler {
	return MarshalText(strings.ToUpper(string(c)))
}

// UnmarshalChannel reads a channel's enum value.
func UnmarshalChannel(v any) (domain.Channel, error) {
	if v == nil {
		return "", nil
	}
	s, _ := v.(string)
	c := domain.Channel(strings.ToLower(s))
	if s != strings.ToUpper(s) || !slices.Contains(domain.Channels, c) {
		return "", rule("enum", "there is no channel %q", domain.Clip(s, 40))
	}
	return c, nil
}

// MarshalInquirySort writes an order as its enum value, which has no sign.
func MarshalInquirySort(s desk.Sort) graphql.Marshaler {
	return MarshalText(strings.TrimPrefix(string(s), "-"))
}

// UnmarshalInquirySort reads an order's enum value.
func UnmarshalInquirySort(v any) (desk.Sort, error) {
	if v == nil {
		return "", nil
	}
	for _, s := range []desk.Sort{desk.SortLast, desk.SortCreated, desk.SortDue} {
		if strings.TrimPrefix(string(s), "-") == v {
			return s, nil
		}
	}
	return "", rule("enum", "must be lastInteractionAt, createdAt or dueAt")
}

// rule makes the error of a value that breaks a rule; the door adds the field it stands in.
func rule(name, format string, args ...any) error {
	return domain.InvalidField("", name, format, args...)
}
