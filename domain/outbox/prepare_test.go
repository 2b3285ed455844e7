package outbox

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"sori/domain"
)

func TestReplySubject(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		subject string
		answers bool
		want    string
	}{
		{"환불 문의", true, "Re: 환불 문의 [#1042]"},
		{"Re: 환불 문의", true, "Re: 환불 문의 [#1042]"},
		{"RE: 환불", true, "RE: 환불 [#1042]"},
		{"회신: 환불", true, "회신: 환불 [#1042]"},
		{"Re: 환불 [#1042]", true, "Re: 환불 [#1042]"},
		{"안내", false, "안내 [#1042]"},
		{"two\r\nlines\tof it", true, "Re: two lines of it [#1042]"},
		{"", true, "Re: [#1042]"},
		{"Recipes", true, "Re: Recipes [#1042]"},
	} {
		if got := strings.Join(strings.Fields(replySubject(c.subject, "1042", c.answers)), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.subject, got, c.want)
		}
	}
}

func TestThreadOf(t *testing.T) {
	t.Parallel()
	mail := func(id, inReplyTo string, refs ...string) *domain.Interaction {
		return &domain.Interaction{Email: &domain.EmailPart{MessageID: id, InReplyTo: inReplyTo, References: refs}}
	}
	var long []string
	for i := range 50 {
		long = append(long, fmt.Sprintf("r%d@t", i))
	}
	for name, c := range map[string]struct {
		answered *domain.Interaction
		id, refs string
	}{
		"nothing to answer":        {nil, "", ""},
		"the first mail":           {mail("a@t", ""), "a@t", "a@t"},
		"a mail in a thread":       {mail("c@t", "b@t", "a@t", "b@t"), "c@t", "a@t b@t c@t"},
		"an answer without thread": {mail("c@t", "b@t"), "c@t", "b@t c@t"},
		"a Message-ID of our own":  {mail("x@"+domain.GeneratedMessageIDDomain, "", "a@t"), "", "a@t"},
		"a long thread":            {mail("z@t", "", long...), "z@t", "r0@t " + strings.Join(long[len(long)-maxReferences+2:], " ") + " z@t"},
	} {
		id, refs := threadOf(c.answered)
		if got := strings.Join(refs, " "); id != c.id || got != c.refs {
			t.Errorf("%s: In-Reply-To %q, References %q; want %q, %q", name, id, got, c.id, c.refs)
		}
		if len(refs) > maxReferences {
			t.Errorf("%s: %d references", name, len(refs))
		}
	}
}

func TestWithoutAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, address, want string }{
		{"<Kim@Example.com>: unknown, kim@example.com", "kim@example.com", "<(recipient)>: unknown, (recipient)"},
		{"no address here", "kim@example.com", "no address here"},
		{"", "kim@example.com", ""},
		{"kept", "", "kept"},
		{"a\x00b\xff", "", "ab"},
	} {
		if got := withoutAddress(c.text, c.address); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func FuzzWithoutAddress(f *testing.F) {
	f.Add("<Kim@Example.com> gone", "kim@example.com")
	f.Add("İ@x İ@X", "i̇@x")
	f.Add("k@x", "\u212a@x")
	f.Add("aaaa", "aa")
	f.Fuzz(func(t *testing.T, text, address string) {
		got := withoutAddress(text, address)
		if !utf8.ValidString(got) {
			t.Errorf("%q is not valid UTF-8", got)
		}
		ascii := !strings.ContainsFunc(text+address, func(r rune) bool { return r > 0x7e || r < ' ' })
		if ascii && address != "" && !strings.Contains("(recipient)", address) && strings.Contains(address, "@") && strings.Contains(strings.ToLower(got), strings.ToLower(address)) {
			t.Errorf("%q still holds %q", got, address)
		}
	})
}

func TestReplyAddress(t *testing.T) {
	t.Parallel()
	q := &domain.Inquiry{Doc: domain.Doc{ID: domain.Inquiries.NewID()}}
	plus, plain := New(Deps{}), New(Deps{Options: Options{NoPlusAddress: true}})
	got := plus.replyAddress("voc@shop.test", q)
	if token := strings.TrimSuffix(strings.TrimPrefix(got, "voc+"), "@shop.test"); domain.InquiryOfToken(token) != q.ID {
		t.Errorf("%s leads to %q, want %s", got, domain.InquiryOfToken(token), q.ID)
	}
	if got := plain.replyAddress("voc@shop.test", q); got != "voc@shop.test" {
		t.Errorf("%s, want no plus", got)
	}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, html, wantText, wantHTML string }{
		{"text", "네\n", "", "네\n\n-- \n고객센터\n", ""},
		{"HTML alone stays alone: its text is made of it", "", "<p>네</p>", "", "<p>네</p><div>-- <br>고객센터</div>"},
		{"both", "네", "<p>네</p>", "네\n\n-- \n고객센터\n", "<p>네</p><div>-- <br>고객센터</div>"},
	} {
		m := &domain.OutgoingMail{Text: c.text, HTML: c.html}
		sign(m, " 고객센터\n")
		if m.Text != c.wantText || m.HTML != c.wantHTML {
			t.Errorf("%s: %q, %q", c.name, m.Text, m.HTML)
		}
	}
}
