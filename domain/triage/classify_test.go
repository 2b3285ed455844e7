package triage

import (
	"errors"
	"fmt"
	"testing"

	"sori/domain"
)

func faultsOf(err error) (fields []string) {
	var e *domain.Error
	if errors.As(err, &e) {
		for _, f := range e.AllFaults() {
			fields = append(fields, f.Field)
		}
	}
	return fields
}

func TestLanguageOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, hint, want string }{
		{"환불해 주세요", "", "ko"}, {"환불해 주세요", "en", "ko"}, {"환불", "ko-KR", "ko-KR"}, {"refund please", "", "en"}, {"refund please", "ko", "en"},
		{"refund please", "en-GB", "en-GB"}, {"remboursement", "fr", "fr"}, {"iPhone Pro 환불 refund", "", "ko"}, {"1234", "ko", "ko"}, {"1234", "", ""},
		{"this long English message names one Korean word: 환", "", "en"},
	} {
		if got := languageOf(c.text, c.hint); got != c.want {
			t.Errorf("%q with %q: %q, want %q", c.text, c.hint, got, c.want)
		}
	}
}

func TestWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ subject, text, want string }{
		{"", "환불", "환불"}, {"문의", "환불", "문의\n환불"}, {"Re: FWD: 회신: 문의", "환불", "문의\n환불"}, {"환불해", " 환불해 주세요", " 환불해 주세요"}, {"환불", " ", "환불"},
		{"Re:", "x", "x"},
	} {
		if got := whole(c.subject, c.text); got != c.want {
			t.Errorf("%q and %q: %q, want %q", c.subject, c.text, got, c.want)
		}
	}
}

func TestFittingTemplates(t *testing.T) {
	t.Parallel()
	c := &catalogue{types: map[string]*domain.InquiryType{"sub": {Key: "sub", Parent: "top"}}, byType: map[string][]*domain.Template{}}
	add := func(typeKey, language string) {
		c.byType[typeKey] = append(c.byType[typeKey], &domain.Template{Doc: domain.Doc{ID: typeKey + ":" + language}, Type: typeKey, Language: language})
	}
	for _, l := range []string{"", "en", "en-US", "en-GB", "ko"} {
		add("sub", l)
	}
	add("top", "en")
	for language, want := range map[string]string{
		"en-GB": "[sub:en-GB sub:en sub:en-US sub: top:en]", "en": "[sub:en sub:en-US sub:en-GB sub: top:en]", "ko-KR": "[sub:ko sub:]", "fr": "[sub:]", "": "[sub:]",
	} {
		var got []string
		for _, t := range c.fitting("sub", language) {
			got = append(got, t.ID)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%q: %v, want %s", language, got, want)
		}
	}
}

func TestAnswersHaveTheirID(t *testing.T) {
	t.Parallel()
	a, b := domain.Interactions.NewID(), domain.Interactions.NewID()
	if answerID(a) == answerID(b) || answerID(a) == a {
		t.Error("an answer's id does not follow from its message's")
	}
	if domain.IDPrefix(answerID(a)) != domain.IDPrefix(a) || answerID(a)[:14] != a[:14] {
		t.Errorf("%s is no id beside %s", answerID(a), a)
	}
}

func TestWordings(t *testing.T) {
	t.Parallel()
	if wordingKey("환불 해주세요!!") != wordingKey("환불해 주세요") || wordingKey("Refund") != wordingKey(" refund. ") {
		t.Error("case, spacing and punctuation make another wording")
	}
	if wordingKey("환불") == wordingKey("교환") || wordingKey("?! …") != "" {
		t.Error("other words are one wording")
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	mail := func(from, replyTo, auto string) *domain.Interaction {
		return &domain.Interaction{Channel: domain.ChannelEmail, From: domain.Party{Email: from}, Email: &domain.EmailPart{ReplyTo: replyTo, AutoSubmitted: auto}}
	}
	for _, c := range []struct {
		name string
		x    *domain.Interaction
		want bool
	}{
		{"a mail", mail("kim@shop.test", "", ""), true},
		{"a mail that says it is no machine's", mail("kim@shop.test", "", "no"), true},
		{"a machine's mail", mail("kim@shop.test", "", "auto-generated"), false},
		{"a mail to many", &domain.Interaction{Channel: domain.ChannelEmail, From: domain.Party{Email: "kim@shop.test"}, Email: &domain.EmailPart{Silent: true}}, false},
		{"a mail from no-reply", mail("No-Reply@shop.test", "", ""), false},
		{"a mail from no-reply to be answered elsewhere", mail("noreply@shop.test", "kim@shop.test", ""), true},
		{"a mail to be answered to nobody", mail("kim@shop.test", "bounces+1@shop.test", ""), false},
		{"a mail without address", mail("", "", ""), false},
		{"a board", &domain.Interaction{Channel: domain.ChannelBoard}, true},
		{"a call", &domain.Interaction{Channel: domain.ChannelPhone}, false},
	} {
		if got := reachable(c.x); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
