package domain

import (
	"slices"
	"strings"
	"testing"
)

func TestIDsSortByBirthAndTellTheirNoun(t *testing.T) {
	t.Parallel()
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = NewID("inq")
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Error("ids are out of order or come twice")
	}
	for id, want := range map[string]string{
		ids[0]: "inq", "": "", "inq_": "", "nothing": "", "inq_" + strings.Repeat("u", 26): "", "toolong_" + strings.Repeat("0", 26): "",
	} {
		if got := IDPrefix(id); got != want {
			t.Errorf("IDPrefix(%q) = %q, want %q", id, got, want)
		}
	}
}

func TestCursorsBelongToTheirQuestion(t *testing.T) {
	t.Parallel()
	a := []Query{{Index: "last", Equal: []any{CategoryOpen}, Reverse: true}}
	mark := cursorMark("inquiries", "", a)
	pos := Position{Keys: []any{int64(1764000000000), "text", nil}, Tie: "0001"}
	got, err := parseCursor(formatCursor(mark, pos), mark)
	if err != nil || !slices.Equal(got.Keys, pos.Keys) || got.Tie != pos.Tie {
		t.Fatalf("came back as %+v, %v", got, err)
	}
	for name, other := range map[string]uint32{
		"another collection": cursorMark("customers", "", a),
		"another filter":     cursorMark("inquiries", "tag=x", a),
		"another value":      cursorMark("inquiries", "", []Query{{Index: "last", Equal: []any{CategoryWaiting}, Reverse: true}}),
		"another order":      cursorMark("inquiries", "", []Query{{Index: "last", Equal: []any{CategoryOpen}}}),
	} {
		if _, err := parseCursor(formatCursor(mark, pos), other); !IsCode(err, Invalid) {
			t.Errorf("a cursor was taken by %s: %v", name, err)
		}
	}
	for _, s := range []string{"garbage", "e30", "!!!!", strings.Repeat("A", 10_000)} {
		if _, err := parseCursor(s, mark); !IsCode(err, Invalid) {
			t.Errorf("%.20q was taken: %v", s, err)
		}
	}
}

func TestEventCursors(t *testing.T) {
	t.Parallel()
	for _, seq := range []int64{1, 42, 1 << 40} {
		if got, err := ParseEventCursor(FormatEventCursor(seq)); err != nil || got != seq {
			t.Errorf("%d came back as %d, %v", seq, got, err)
		}
	}
	for _, s := range []string{"1", "-1", "1-0000", "x", "42-", "9999999999999999999999-0000"} {
		if _, err := ParseEventCursor(s); !IsCode(err, Invalid) {
			t.Errorf("%q was taken: %v", s, err)
		}
	}
}

func TestPageSizes(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]int{0: DefaultLimit, 1: 1, MaxLimit: MaxLimit, MaxLimit + 1: 0, -1: 0} {
		got, err := PageRequest{Limit: limit}.Size()
		if got != want || (want == 0) != IsCode(err, Invalid) {
			t.Errorf("limit %d: %d, %v", limit, got, err)
		}
	}
}

func TestKeysAreReadByPath(t *testing.T) {
	t.Parallel()
	c := &Customer{Identities: []Identity{{Key: "email:a"}, {Key: "phone:b"}, {Key: "email:a"}}}
	if got := Customers.Keys(c, "identities.key"); !slices.Equal(got, []any{"email:a", "phone:b"}) {
		t.Errorf("identities.key: %v", got)
	}
	x := &Interaction{}
	if got := Interactions.Keys(x, "email.messageId"); len(got) != 0 {
		t.Errorf("an absent part has keys: %v", got)
	}
	x.Email = &EmailPart{MessageID: "m"}
	if got := Interactions.Keys(x, "email.messageId"); !slices.Equal(got, []any{"m"}) {
		t.Errorf("email.messageId: %v", got)
	}
}
