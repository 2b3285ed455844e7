package triage

import (
	"strings"
	"testing"

	"sori/domain"
)

func TestTemplatesAreFilledIn(t *testing.T) {
	t.Parallel()
	a := about{
		customer: &domain.Customer{Name: "홍<b>길동", Tier: "vip", Attributes: map[string]any{"plan": "gold", "age": 3}},
		inquiry:  &domain.Inquiry{Number: "100001", Subject: "환불\r\nBcc: all@shop.test {{customer.tier}}"},
		date:     "2026-11-22",
	}
	cases := []struct {
		name, text string
		html       bool
		want       string
	}{
		{"no variable", "안녕하세요 {고객}", false, "안녕하세요 {고객}"},
		{"a value", "{{customer.name|고객}}님", false, "홍<b>길동님"},
		{"escaped in HTML", "<p>{{customer.name}}</p>", true, "<p>홍&lt;b&gt;길동</p>"},
		{"a fallback", "{{account.name|고객 센터}}", false, "고객 센터"},
		{"a fallback is escaped too", "{{account.name|A&B}}", true, "A&amp;B"},
		{"neither", "[{{account.brand}}]", false, "[]"},
		{"an attribute", "{{ customer.attributes.plan | silver }}", false, "gold"},
		{"an attribute that is no text", "{{customer.attributes.age|?}}", false, "?"},
		{"a value stays one line and is not filled in again", "{{inquiry.subject}}", false, "환불  Bcc: all@shop.test {{customer.tier}}"},
		{"the date", "{{date}}", false, "2026-11-22"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var f domain.Faults
			parts := parseTemplate(&f, "text", c.text)
			if len(f) > 0 {
				t.Fatal(f.Err())
			}
			if got := fill(parts, a.value, c.html); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTemplateFaultsNameTheVariable(t *testing.T) {
	t.Parallel()
	for text, names := range map[string]string{
		"{{customer.nmae}}": "customer.nmae", "{{}}": `""`, "{{customer.attributes.}}": "customer.attributes.", "{{customer.name": "closed", "{{a\nb}}": "closed",
		"{{a{{customer.name}}": "closed",
	} {
		var f domain.Faults
		parseTemplate(&f, "html", text)
		if len(f) != 1 || f[0].Field != "html" || f[0].Rule != "variable" || !strings.Contains(f[0].Message, names) {
			t.Errorf("%q: %+v", text, f)
		}
	}
}

func TestNamesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"홍길동": "홍길동", "Kim & Lee": "Kim & Lee", "win at http://evil.test": "", "www.evil.test": "", "buy at evil.COM": "", "evil.xyz": "", "now: cheap.shop!": "", "싸다.kr": "",
		"J.R. Smith": "J.R. Smith", "김.철수": "김.철수", "St. John": "St. John", "O'Neil": "O'Neil", "john.smith": "john.smith", strings.Repeat("가", 61): "",
	} {
		if got := personName(name); got != want {
			t.Errorf("%q became %q", name, got)
		}
	}
}

func FuzzParseTemplate(f *testing.F) {
	for _, seed := range []string{"", "{{", "}}", "{{customer.name|고객}}님", "{{date}}{{date}}", "{{{date}}}", "a{{date|{}}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var faults domain.Faults
		parts := parseTemplate(&faults, "text", text)
		if len(faults) > 0 {
			return
		}
		// What parses without a fault says everything again when variables give themselves back.
		var b strings.Builder
		for _, p := range parts {
			b.WriteString(p.literal)
		}
		if !strings.Contains(text, "{{") && b.String() != text {
			t.Errorf("%q became %q", text, b.String())
		}
		fill(parts, func(string) string { return "x" }, true)
	})
}
