package email

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"sori/domain"
)

// koreanText is what the charset samples say, whatever their label.
const koreanText = "안녕하세요. 똠방각하 뷁 펩시콜라 주문 환불 부탁드립니다."

func TestKoreanSamples(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for name := range mailFiles(t, "ko-mails") {
		if strings.HasPrefix(name, "cs_") || strings.HasPrefix(name, "wrong_") || name == "nocharset_euckr_8bit.eml" {
			files[name] = koreanText
		}
	}
	files["split_ew_euckr.eml"] = "hi"
	files["html_only_meta_euckr.eml"] = koreanText
	files["bad_addr.eml"] = "body ok"
	files["deep_nest.eml"] = "body ok"
	files["unknown_charset.eml"] = "body ok"
	files["mbox_from_line.eml"] = "body ok"
	raws := mailFiles(t, "ko-mails")
	for name, want := range files {
		m := NewParser(Options{}).Parse(raws[name])
		if m.Text != want {
			t.Errorf("%s: text %q, want %q", name, m.Text, want)
		}
		if strings.Contains(string(raws[name]), "Subject: =?") && m.Subject != koreanText {
			t.Errorf("%s: subject %q", name, m.Subject)
		}
	}
}

func TestKoreanFileNames(t *testing.T) {
	t.Parallel()
	for name, raw := range mailFiles(t, "ko-mails") {
		if !strings.HasPrefix(name, "fn_") {
			continue
		}
		m := NewParser(Options{}).Parse(raw)
		if len(m.Attachments) != 1 || m.Attachments[0].Name != "견적서 최종.pdf" || string(m.Attachments[0].Data) != "%PDF-" {
			t.Errorf("%s: attachments %+v", name, m.Attachments)
		}
	}
}

func TestKoreanHeaderVectors(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(sharedData(t, "ko-headers"), "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct{ Encoded, Decoded string }
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) == 0 {
		t.Fatalf("%d vectors: %v", len(vectors), err)
	}
	for _, v := range vectors {
		if got := decodeHeader([]byte(v.Encoded)); got != v.Decoded {
			t.Errorf("%s: got %q, want %q", v.Encoded, got, v.Decoded)
		}
	}
}

// sampleSets are the mails that break parsers.
var sampleSets = []string{"enmime-testdata", "ruby-mail-fixtures", "python-email-data", "stalwart-rfc", "ko-mails", "talon-fixtures", "sisimai-bounces"}

// TestSamplesAreSafe parses every sample and checks what Parse promises for
// any source at all.
func TestSamplesAreSafe(t *testing.T) {
	t.Parallel()
	for _, set := range sampleSets {
		for name, raw := range mailFiles(t, set) {
			m := NewParser(Options{}).Parse(raw)
			checkPromises(t, set+"/"+name, m)
		}
	}
}

func checkPromises(t testing.TB, name string, m *domain.Mail) {
	t.Helper()
	if m.MessageID == "" || m.Kind == "" {
		t.Errorf("%s: no Message-ID or kind", name)
	}
	data, err := json.Marshal(m)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if !utf8.Valid(data) || strings.Contains(string(data), `\u0000`) {
		t.Errorf("%s: invalid text", name)
	}
	for _, s := range append([]string{m.Text, m.ReplyText, m.HTML, m.Subject, m.From.Name}, m.Problems...) {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			t.Errorf("%s: invalid string %.80q", name, s)
		}
	}
	lower := strings.ToLower(m.HTML)
	if strings.Contains(lower, "<script") || strings.Contains(lower, "javascript:") || strings.Contains(lower, "<iframe") {
		t.Errorf("%s: HTML is not safe", name)
	}
	for _, a := range m.Attachments {
		if a.Name == "" || strings.ContainsAny(a.Name, "/\\\n") {
			t.Errorf("%s: attachment %q", name, a.Name)
		}
	}
	if (m.Bounce != nil) != (m.Kind == domain.KindBounce) || (m.Feedback != nil) != (m.Kind == domain.KindFeedback) {
		t.Errorf("%s: kind %s does not fit its report", name, m.Kind)
	}
}

// textless are the samples that have no text of any kind: nothing but files,
// nothing but a header, or empty.
var textless = map[string]bool{
	"header-only.raw": true, "chardet-fail-non-txt.raw": true, "attachment-only-inline.raw": true, "attachment-only-no-disposition.raw": true,
	"chardet-fail.raw": true, "ctype-invalid-characters.raw": true, "missing-closing-param-quote.raw": true, "attachment-only-text-attachment.raw": true,
	"malformed-content-type-params.raw": true, "attachment-only.raw": true, "barren-content-type.raw": true, "unquoted-ctype-param-special.raw": true,
	"missing_body.eml": true, "raw_email_with_binary_encoded.eml": true, "attachment_only_email.eml": true, "attachment_with_quoted_filename.eml": true,
	"must_supply_encoding.eml": true, "missing_content_disposition.eml": true, "bad_date_header2.eml": true, "japanese_attachment_long_name.eml": true,
	"empty_in_reply_to.eml": true, "bad_date_header.eml": true, "multipart_report_multiple_status.eml": true,
	"msg_24.txt": true, "msg_28.txt": true, "msg_12a.txt": true, "msg_11.txt": true, "msg_37.txt": true, "msg_09.txt": true, "msg_08.txt": true,
	"msg_44.txt": true, "msg_12.txt": true, "msg_18.txt": true, "msg_30.txt": true, "msg_06.txt": true, "attachment_message_rfc822_inline_image.eml": true, "001.eml": true, "empty.eml": true, "no_body.eml": true,
}

func TestSamplesHaveText(t *testing.T) {
	t.Parallel()
	for _, set := range sampleSets {
		for name, raw := range mailFiles(t, set) {
			if textless[filepath.Base(name)] || !strings.Contains(string(raw), ":") {
				continue
			}
			if m := NewParser(Options{}).Parse(raw); m.Text == "" {
				t.Errorf("%s/%s: no text; %q", set, name, m.Problems)
			}
		}
	}
}
