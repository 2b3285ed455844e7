package email

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// whole in a table of expectations means that nothing is to be cut.
const whole = "\x00whole"

// crispReplies is what the writers of the crisp samples wrote themselves. The
// samples that begin with the paragraph "Fusce bibendum" are not listed: that
// paragraph is the reply.
var crispReplies = map[string]string{
	"correct_sig.txt":                   "this is an email with a correct -- signature.",
	"sig_no_empty_line.txt":             "this is an email with a signature with no empty line above.",
	"email_1.txt":                       "Hi folks\n\nWhat is the best way to clear a Riak bucket of all key, values after\nrunning a test?\nI am currently using the Java HTTP API.",
	"email_19.txt":                      "On Thursday, I get proper rendering.",
	"email_20.txt":                      "On Thursday.",
	"email_21.txt":                      whole,
	"email_2_1.txt":                     "Outlook with a reply",
	"email_3.txt":                       "Oh thanks.\n\nHaving the function would be great.",
	"email_4.txt":                       "Awesome! I haven't had another problem with it.",
	"email_5.txt":                       whole,
	"email_6.txt":                       "I get proper rendering as well.\n\nSent a magnificent torch of pixels",
	"email_blackberry.txt":              "Here is another email",
	"email_bullets.txt":                 "test 2 this should list second\n\nand have spaces\n\nand retain this formatting\n\n\n   - how about bullets\n   - and another",
	"email_custom_quote_header.txt":     "Thank you!",
	"email_customer_quote_header_2.txt": "Thank you very much.",
	"email_customer_quote_header_3.txt": "bonjour,\nje n'ai pas eu de retour sur ma précision..\nmerci d'avance",
	"email_emoji.txt":                   "🎉",
	"email_iphone.txt":                  "Here is another email",
	"email_multi_word_sent_from_my_mobile_device.txt": "Here is another email",
	"email_not_a_signature.txt":                       whole,
	"email_not_a_signature_2.txt":                     whole,
	"email_one_is_not_on.txt":                         "Thank, this is really helpful.\n\nOne outstanding question I had:\n\nLocally (on development), when I run...",
	"email_sent_from.txt":                             "Hi it can happen to any texts you type, as long as you type in between words or paragraphs.",
	"email_sent_from_my_not_signature.txt":            whole,
	"email_thread.txt":                                "This is new email reply in thread from bellow.",
	"email_tricky_11_double_signature.txt":            "Thanks for your help!",
	"email_tricky_13_timestamp_variations.txt":        whole,
	"email_tricky_16_unicode_signatures.txt":          "Thanks for the update!\n\nCheers 🎉\nSarah",
	"email_tricky_17_forward_header.txt":              "See the forwarded message below.",
	"email_tricky_18_inline_reply.txt":                whole,
	"email_tricky_19_quote_without_header.txt":        whole,
	"email_tricky_1_on_false_positive.txt":            whole,
	"email_tricky_20_html_entities.txt":               "The data should be &gt; 100 and &lt; 200.\n\nWe need to ensure that &amp; symbols are handled correctly.",
	"email_tricky_2_url_with_wrote.txt":               "Hi there,\n\nCheck out this article about email parsing: https://example.com/blog/on-date-someone-wrote-about-parsing\n\nIt's really interesting how they handled the case where URLs contain patterns like \"wrote:\" in them.",
	"email_tricky_3_code_block.txt":                   whole,
	"email_tricky_4_from_in_body.txt":                 whole,
	"email_tricky_6_regards_in_sentence.txt":          whole,
	"email_tricky_7_multiple_dashes.txt":              whole,
	"email_tricky_8_sent_from_in_content.txt":         whole,
	"email_tricky_9_nested_quotes.txt":                "I agree with the points below.",
	"email_unquoted_reply.txt":                        "This is my reply.",
	"email_with_date_headers.txt":                     whole,
	"email_with_from_headers.txt":                     whole,
	"email_with_regards.txt":                          "Hi, \n\nI still have the same problem....\n\nCan you help?",
	"email_zoho.txt":                                  "What is the best way to clear a Riak bucket of all key, values after\nrunning a test?",
}

func TestCrispReplies(t *testing.T) {
	t.Parallel()
	right, all := 0, 0
	for name, raw := range mailFiles(t, "crisp-reply-fixtures", "test", "fixtures") {
		text := trimBlankLines(cleanText(string(raw)))
		want, ok := crispReplies[name]
		switch {
		case want == whole:
			want = text
		case !ok && strings.HasPrefix(text, "Fusce"):
			lines := strings.SplitN(text, "\n", 6)
			want = strings.Join(lines[:5], "\n")
		case !ok:
			continue
		}
		all++
		if got := cutReply(text); got != want {
			t.Logf("%s\n got %q\nwant %q", name, got, want)
			continue
		}
		right++
	}
	t.Logf("%d of %d replies cut exactly", right, all)
	if all == 0 || right*100 < all*95 {
		t.Errorf("only %d of %d replies cut exactly", right, all)
	}
}

func TestTalonPlainReplies(t *testing.T) {
	t.Parallel()
	for name, raw := range mailFiles(t, "talon-fixtures", "tests", "fixtures", "standard_replies") {
		if got := NewParser(Options{}).Parse(raw).ReplyText; got != "Hello" {
			t.Errorf("%s: reply %q", name, got)
		}
	}
}

// squeeze leaves out white space, as the authors of the samples compare them.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

func TestTalonHTMLReplies(t *testing.T) {
	t.Parallel()
	dir := sharedData(t, "talon-fixtures", "tests", "fixtures", "html_replies")
	files, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples in %s: %v", dir, err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m := NewParser(Options{}).Parse(append([]byte("From: a@example.com\nContent-Type: text/html; charset=utf-8\n\n"), raw...))
		want := "Hi. I am fine.\n\nThanks,\nAlex"
		if got := m.ReplyText; squeeze(got) != squeeze(want) {
			t.Errorf("%s: reply %q", filepath.Base(path), got)
		}
	}
}
