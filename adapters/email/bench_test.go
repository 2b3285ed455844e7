package email

import (
	"bytes"
	"encoding/base64"
	"os"
	"strings"
	"testing"
)

// typicalMail is 20 kB as they come: a reply in both forms with its quote, and
// a picture.
func typicalMail() []byte {
	var b bytes.Buffer
	b.WriteString("Received: from a.example by b.example; Thu, 8 Oct 2026 17:40:36 +0900\r\nFrom: =?UTF-8?B?7ZmN6ri464+Z?= <hong@example.com>\r\nTo: voc@shop.example\r\n" +
		"Subject: =?UTF-8?B?7KO866y4IOusuOydmA==?=\r\nMessage-ID: <x@example.com>\r\nDate: Thu, 8 Oct 2026 17:40:36 +0900\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n--outer\r\nContent-Type: multipart/alternative; boundary=\"inner\"\r\n\r\n--inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n")
	b.WriteString("안녕하세요, 주문한 물건이 오지 않았습니다.\r\n\r\nOn Thu, 8 Oct 2026 at 10:00, Shop <voc@shop.example> wrote:\r\n")
	for range 30 {
		b.WriteString("> 고객님, 문의해 주셔서 감사합니다. 확인 후 답변드리겠습니다.\r\n")
	}
	b.WriteString("--inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>안녕하세요, 주문한 물건이 오지 않았습니다.</p><div class=\"gmail_quote\">")
	for range 40 {
		b.WriteString("<p style=\"margin:0\">고객님, <b>문의해</b> 주셔서 <a href=\"https://shop.example/a\">감사합니다</a>.</p>\r\n")
	}
	b.WriteString("</div></body></html>\r\n--inner--\r\n--outer\r\nContent-Type: image/png; name=\"a.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	encoded := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("\x89PNG data"), 850))
	for len(encoded) > 76 {
		b.WriteString(encoded[:76] + "\r\n")
		encoded = encoded[76:]
	}
	b.WriteString(encoded + "\r\n--outer--\r\n")
	return b.Bytes()
}

func BenchmarkParse20kB(b *testing.B) {
	raw := typicalMail()
	parser := NewParser(Options{})
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		parser.Parse(raw)
	}
}

func BenchmarkParseKorean(b *testing.B) {
	raw, err := os.ReadFile("testdata/korean-cp949.eml")
	if err != nil {
		b.Fatal(err)
	}
	parser := NewParser(Options{})
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		parser.Parse(raw)
	}
}

func BenchmarkHostile(b *testing.B) {
	parser := NewParser(Options{})
	for name, source := range hostile() {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			raw := []byte(source)
			for b.Loop() {
				parser.Parse(raw)
			}
		})
	}
}
