package email

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

func encodeKorean(t *testing.T, s string) string {
	t.Helper()
	out, err := korean.EUCKR.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDecodeCharset(t *testing.T) {
	t.Parallel()
	euckr := encodeKorean(t, "환불 부탁드립니다")
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("환불")
	if err != nil {
		t.Fatal(err)
	}
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("请退款给我")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, in, label, want string }{
		{"ascii", "hello", "us-ascii", "hello"},
		{"utf-8", "환불", "utf-8", "환불"},
		{"utf-8 with mark", "\xef\xbb\xbf환불", "UTF-8", "환불"},
		{"utf-8 under korean label", "환불 안내", "ks_c_5601-1987", "환불 안내"},
		{"utf-8 under western label", "café", "iso-8859-1", "café"},
		{"western", "caf\xe9", "iso-8859-1", "café"},
		{"western without label", "caf\xe9 cr\xe8me", "", "café crème"},
		{"korean", euckr, "euc-kr", "환불 부탁드립니다"},
		{"korean as utf-8", euckr, "utf-8", "환불 부탁드립니다"},
		{"korean as western", euckr, "iso-8859-1", "환불 부탁드립니다"},
		{"korean as nonsense", euckr, "x-unknown", "환불 부탁드립니다"},
		{"korean without label", euckr, "", "환불 부탁드립니다"},
		{"korean in quotes", euckr, `"CP949"`, "환불 부탁드립니다"},
		{"korean that could be utf-8", "\xc2\xbc", "euc-kr", "쩌"},
		{"iso-2022-kr", "\x1b$)C\x0eH/:R\x0f!\n\x0eH/:R\nabc", "iso-2022-kr", "환불!\n환불\nabc"},
		{"iso-2022-jp", "\x1b$B$3$s$K$A$O\x1b(B", "", "こんにちは"},
		{"gbk", gbk, "gb2312", "请退款给我"},
		{"koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4", "koi8-r", "Привет"},
		{"utf-16", utf16, "utf-16", "환불"},
		{"utf-16 that is none", "hello", "utf-16", "hello"},
		{"utf-7", "+1lg- 1 + 1 +- 2", "utf-7", "환 1 + 1 + 2"},
		{"cut utf-8", "환불 안내드립니다\xed\x99", "utf-8", "환불 안내드립니다\xed\x99"},
	} {
		if got, _ := decodeCharset([]byte(c.in), c.label); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestJohab(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"\xb4\x65\x91\x77\xd0\x61\xad\x41\xb6\x61": "안녕하세요", "\x88\x61": "가", "\xd3\xbd": "힣", "\x88\x41": "ㄱ", "a\x88": "a\uFFFD", "\xd9\x31": "\u3000",
	} {
		if got := decodeJohab([]byte(in)); got != want {
			t.Errorf("%x: %q, want %q", in, got, want)
		}
	}
}

func TestDecodeHeader(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain":                                   "plain",
		"=?utf-8?q?a_b=20c?=":                     "a b c",
		"=?utf-8?b?7ZmY67aI?= x =?utf-8?q?y?=":    "환불 x y",
		"=?utf-8?b?7Zk=?= =?utf-8?b?mOu2iA==?=":   "환불", // a character cut in two
		"=?utf-8?q?a?==?utf-8?q?b?=":              "ab",
		"=?utf-8?q?a?= =?iso-8859-1?q?=E9?=":      "aé",
		`"=?euc-kr?B?yK+60g==?=" x`:               `"환불" x`,
		"=?utf-8?q?hello world?=":                 "hello world",
		"=?utf-8*ko?q?a?=":                        "a",
		"=?broken":                                "=?broken",
		"=?utf-8?x?a?=":                           "=?utf-8?x?a?=",
		"=?utf-8?b?7ZmY67aI":                      "=?utf-8?b?7ZmY67aI",
		"\xc8\xaf\xba\xd2":                        "환불", // raw EUC-KR
		"a\x00b\r\nc\u202e":                       "ab  c",
		"=?utf-8?q?=00=0a=0d?= z":                 "z",
		"[=?utf-8?q?a?=] =?utf-8?q?b?=":           "[a] b",
		"=?iso-2022-kr?B?GyQpQw5ILzpSDw==?= done": "환불 done",
	} {
		if got := decodeHeader([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestParseMediaType(t *testing.T) {
	t.Parallel()
	raw := encodeKorean(t, "견적서.pdf")
	for _, c := range []struct{ in, value, param, want string }{
		{`text/plain; charset=UTF-8`, "text/plain", "charset", "UTF-8"},
		{`TEXT/Plain (comment); charset="a\"b"`, "text/plain", "charset", `a"b`},
		{`text/html;charset=utf-8;;;`, "text/html", "charset", "utf-8"},
		{`text/html charset=utf-8`, "text/html", "charset", "utf-8"},
		{`attachment; filename=my file.pdf; size=3`, "attachment", "filename", "my file.pdf"},
		{`attachment; filename="open.pdf; size=3`, "attachment", "filename", "open.pdf"},
		{`attachment; filename="` + raw + `"`, "attachment", "filename", "견적서.pdf"},
		{`attachment; filename*=euc-kr''%B0%DF%C0%FB%BC%AD.pdf`, "attachment", "filename", "견적서.pdf"},
		{`attachment; filename*0*=euc-kr''%B0; filename*1*=%DF%C0%FB; filename*2=x.pdf`, "attachment", "filename", "견적x.pdf"},
		{`attachment; filename="a.pdf"; filename*=utf-8''b.pdf`, "attachment", "filename", "b.pdf"},
		{`attachment; filename*1=b; filename*0=a`, "attachment", "filename", "ab"},
		{`attachment; filename="=?utf-8?b?7ZmY67aI?=.txt"`, "attachment", "filename", "환불.txt"},
		{`attachment; filename=a; filename=b`, "attachment", "filename", "a"},
		{`;`, "", "filename", ""},
	} {
		m := parseMediaType([]byte(c.in))
		if m.value != c.value || m.params[c.param] != c.want {
			t.Errorf("%q: %q %q", c.in, m.value, m.params)
		}
	}
}

func TestParseAddresses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`a@b.c`:                            "a@b.c",
		`"Kim, Lee" <A@B.C>, x@y.z`:        "Kim, Lee<A@b.c> x@y.z",
		`Kim, Chul (SOO) <kim@ex.com>, <>`: "Kim, Chul (SOO)<kim@ex.com>",
		`kim@ex.com (Kim Chul)`:            "Kim Chul<kim@ex.com>",
		`Team: a@b.c, d@e.f;, g@h.i`:       "a@b.c d@e.f g@h.i",
		`undisclosed-recipients:;`:         "",
		`=?euc-kr?B?yKu x@y.z`:             "=?euc-kr?B?yKu<x@y.z>",
		`Kim kim@ex.com`:                   "Kim<kim@ex.com>",
		`<mailto:a@b.c>`:                   "a@b.c",
		`"a\"b" <a@b.c>`:                   `a"b<a@b.c>`,
		`<@relay.x:a@b.c>`:                 "a@b.c",
		`no address`:                       "",
		`a@b.c; d@e.f`:                     "a@b.c d@e.f",
		`"half <a@b.c>`:                    "half<a@b.c>",
	} {
		var got []string
		for _, a := range parseAddresses([]byte(in)) {
			if a.Name != "" {
				got = append(got, a.Name+"<"+a.Address+">")
				continue
			}
			got = append(got, a.Address)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestSafeName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a.txt": "a.txt", "../../etc/passwd": "passwd", `C:\temp\a.txt`: "a.txt", ".bashrc": "bashrc", "a\u202etxt.exe": "atxt.exe", "a\nb": "a b", "...": "",
	} {
		if got := safeName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := safeName(strings.Repeat("가", 200) + ".pdf"); len(got) > 200 || !strings.HasSuffix(got, "가.pdf") {
		t.Errorf("long name: %q", got)
	}
}
