package insight

import "testing"

func TestMaskText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"hong@mail.test":                      "h***@mail.test",
		"from Hong.Gil+x@Mail.Test, please":   "from H***@Mail.Test, please",
		"홍길동@한국.test":                         "홍***@한국.test",
		"010-1234-5678":                       "***78",
		"+82 10 1234 5678":                    "***78",
		"call 02-123-4567 or (02) 1234-5678.": "call ***67 or ***78.",
		"900101-1234568":                      "900101-1******",
		"주민번호 900101-1234568 입니다":             "주민번호 900101-1****** 입니다",
		"inq_01kaewrg4gx5bq8b8xcv0m2d3e":      "inq_01kaewrg4gx5bq8b8xcv0m2d3e",
		"2026-11-22T01:00:00Z":                "2026-11-22T01:00:00Z",
		"2026-11-22":                          "2026-11-22",
		"Q-000042":                            "Q-000042",
		"977-08b1":                            "977-08b1",
		"refund":                              "refund",
		"10 of 200":                           "10 of 200",
		"1700000000000":                       "***00",
	} {
		if got := maskText(text); got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
}
