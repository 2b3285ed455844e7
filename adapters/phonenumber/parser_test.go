package phonenumber

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sori/domain"
)

func TestParseHabits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw, region string
		want        domain.PhoneNumber
	}{
		{"010-1234-5678", "", domain.PhoneNumber{E164: "+821012345678", Display: "010-1234-5678", Valid: true}},
		{"０１０－１２３４－５６７８", "KR", domain.PhoneNumber{E164: "+821012345678", Display: "010-1234-5678", Valid: true}},
		{"010.1234.5678", "kr", domain.PhoneNumber{E164: "+821012345678", Display: "010-1234-5678", Valid: true}},
		{"010　1234　5678", "KR", domain.PhoneNumber{E164: "+821012345678", Display: "010-1234-5678", Valid: true}},
		{"+82 (0)10-1234-5678", "KR", domain.PhoneNumber{E164: "+821012345678", Display: "010-1234-5678", Valid: true}},
		{"+82 (0)10-1234-5678", "US", domain.PhoneNumber{E164: "+821012345678", Display: "+82 10-1234-5678", Valid: true}},
		{"82-10-1234-5678", "KR", domain.PhoneNumber{E164: "+821012345678", Display: "010-1234-5678", Valid: true}},
		{"0082-10-1234-5678", "KR", domain.PhoneNumber{E164: "+821012345678", Display: "010-1234-5678", Valid: true}},
		{"0082 70-1234-5678", "KR", domain.PhoneNumber{E164: "+827012345678", Display: "070-1234-5678", Valid: true}},
		{"00 82 2 1234 5678", "KR", domain.PhoneNumber{E164: "+82212345678", Display: "02-1234-5678", Valid: true}},
		{"001-82-10-1234-5678", "KR", domain.PhoneNumber{E164: "+821012345678", Display: "010-1234-5678", Valid: true}},
		{"00 1 650 253 0000", "KR", domain.PhoneNumber{E164: "+16502530000", Display: "+1 650-253-0000", Valid: true}},
		{"00700-1-650-253-0000", "KR", domain.PhoneNumber{E164: "+16502530000", Display: "+1 650-253-0000", Valid: true}},
		{"(650) 253-0000", "US", domain.PhoneNumber{E164: "+16502530000", Display: "(650) 253-0000", Valid: true}},
		{"1588-1234", "KR", domain.PhoneNumber{E164: "+8215881234", Display: "1588-1234", Valid: true}},
		{"+82-1588-1234", "KR", domain.PhoneNumber{E164: "+8215881234", Display: "1588-1234", Valid: true}},
		{"0505-123-4567", "KR", domain.PhoneNumber{E164: "+825051234567", Display: "0505-123-4567", Valid: true}},
		{"050212345678", "KR", domain.PhoneNumber{E164: "+8250212345678", Display: "0502-1234-5678", Valid: true}},
		{"00308-123-456", "KR", domain.PhoneNumber{E164: "+8200308123456", Display: "00308 123 456", Valid: true}},
		{"02) 1234-5678", "KR", domain.PhoneNumber{E164: "+82212345678", Display: "02-1234-5678", Valid: true}},
		{"02-1234-5678 (내선 12)", "KR", domain.PhoneNumber{E164: "+82212345678", Display: "02-1234-5678", Extension: "12", Valid: true}},
		{"02-1234-5678, 내선번호: 301번", "KR", domain.PhoneNumber{E164: "+82212345678", Display: "02-1234-5678", Extension: "301", Valid: true}},
		{"02-1234-5678 교환１２", "KR", domain.PhoneNumber{E164: "+82212345678", Display: "02-1234-5678", Extension: "12", Valid: true}},
		{"02-1234-5678 ext. 12", "KR", domain.PhoneNumber{E164: "+82212345678", Display: "02-1234-5678", Extension: "12", Valid: true}},
		{"tel:+82-2-1234-5678;ext=12", "KR", domain.PhoneNumber{E164: "+82212345678", Display: "02-1234-5678", Extension: "12", Valid: true}},
		{"02-1234-5678~9", "KR", domain.PhoneNumber{E164: "+82212345678", Display: "02-1234-5678", Valid: true}},
		{"전화: 010-1234-5678 (홍길동)", "KR", domain.PhoneNumber{E164: "+821012345678", Display: "010-1234-5678", Valid: true}},
		{"119", "KR", domain.PhoneNumber{E164: "+82119", Display: "119"}},
		{"0303-1234-5678", "KR", domain.PhoneNumber{E164: "+8230312345678", Display: "30312345678"}},
	} {
		got, err := Parser{}.Parse(c.raw, c.region)
		if err != nil || got != c.want {
			t.Errorf("Parse(%q, %q) = %+v, %v; want %+v", c.raw, c.region, got, err, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ raw, region, rule string }{
		{"", "KR", "required"},
		{" \u3000 ", "KR", "required"},
		{"(내선 12)", "KR", "required"},
		{"전화없음", "KR", "digits"},
		{"anonymous", "KR", "digits"},
		{"발신번호표시제한", "KR", "digits"},
		{"*123#", "KR", "digits"},
		{"\x00\xff", "KR", "digits"},
		{"12", "KR", "length"},
		{"010-1234-5678 010-2345-6789", "KR", "length"},
		{strings.Repeat("1", 65), "KR", "max"},
		{"+999 1234 5678", "KR", "country"},
		{"010-1234-5678", "XX", "region"},
	} {
		got, err := Parser{}.Parse(c.raw, c.region)
		var e *domain.Error
		if !errors.As(err, &e) || e.Code != domain.Invalid || len(e.Faults) != 1 || e.Faults[0].Rule != c.rule {
			t.Errorf("Parse(%q, %q) = %+v, %#v; want rule %q", c.raw, c.region, got, err, c.rule)
		}
	}
}

// TestParseReference compares with the answers of google-libphonenumber.
func TestParseReference(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(dataDir(t), "phone", "kr_vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Cases []struct {
			Input, Region, E164, National, Error string
			Valid, Possible                      bool
		}
	}
	if err := json.Unmarshal(raw, &vectors); err != nil || len(vectors.Cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, c := range vectors.Cases {
		got, err := Parser{}.Parse(c.Input, c.Region)
		if refused := err != nil; refused != (c.Error != "" || !c.Possible) {
			t.Errorf("Parse(%q) = %+v, %v; reference error %q, possible %v", c.Input, got, err, c.Error, c.Possible)
			continue
		}
		if got.E164 != c.E164 || got.Valid != c.Valid || digits(got.Display) != digits(c.National) {
			t.Errorf("Parse(%q) = %+v; want %s, %s, valid %v", c.Input, got, c.E164, c.National, c.Valid)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"010-1234-5678", "0082 (0)10 1234 5678", "02-1234-5678 (내선 12)", "tel:+1;ext=1", "００"} {
		f.Add(s, "KR")
	}
	f.Fuzz(func(t *testing.T, raw, region string) {
		n, err := Parser{}.Parse(raw, region)
		if err != nil {
			if !domain.IsCode(err, domain.Invalid) {
				t.Fatalf("Parse(%q, %q): %v", raw, region, err)
			}
			return
		}
		remembering := New()
		for range 2 {
			if kept, err := remembering.Parse(raw, region); err != nil || kept != n {
				t.Fatalf("%q was read as %+v, and then remembered as %+v (%v)", raw, n, kept, err)
			}
		}
		again, err := Parser{}.Parse(n.E164, region)
		if n.Valid && (err != nil || again.E164 != n.E164) {
			t.Fatalf("%q gives %+v, and that gives %+v, %v", raw, n, again, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := (Parser{}).Parse("010-1234-5678", "KR"); err != nil {
			b.Fatal(err)
		}
	}
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// dataDir finds the shared data: by SORI_DATA, or beside the project.
func dataDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("SORI_DATA"); dir != "" {
		return dir
	}
	for dir := ".."; len(dir) < 40; dir = filepath.Join("..", dir) {
		data := filepath.Join(dir, "shared", "data")
		if _, err := os.Stat(data); err == nil {
			return data
		}
	}
	t.Skip("no shared/data here; set SORI_DATA to compare with the reference answers")
	return ""
}
