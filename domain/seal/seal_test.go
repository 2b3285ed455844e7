package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func key(id string, b byte) Key { return Key{ID: id, Secret: bytes.Repeat([]byte{b}, KeyBytes)} }

func ring(t testing.TB, keys ...Key) *Ring {
	t.Helper()
	r, err := NewRing(keys)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k2", 2), key("k1", 1))
	for _, plain := range []string{"", "900101-1234567", "９００１０１\x00\xff", strings.Repeat("x", 10_000)} {
		sealed, err := r.Seal([]byte(plain), "text")
		if err != nil || !strings.HasPrefix(sealed, "v1.k2.") || strings.Contains(sealed, "900101") {
			t.Fatalf("sealed %q, %v", sealed, err)
		}
		if again, _ := r.Seal([]byte(plain), "text"); again == sealed {
			t.Error("two seals are alike: the nonce is not random")
		}
		if got, err := r.Open(sealed, "text"); err != nil || string(got) != plain {
			t.Errorf("opened %q, %v", got, err)
		}
		binary, err := r.SealBytes([]byte(plain), "blob")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.OpenBytes(binary, "blob"); err != nil || string(got) != plain {
			t.Errorf("opened %q, %v", got, err)
		}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	before, during, after := ring(t, key("k1", 1)), ring(t, key("k2", 2), key("k1", 1)), ring(t, key("k2", 2))
	old, err := before.Seal([]byte("secret"), "")
	if err != nil {
		t.Fatal(err)
	}
	if before.Stale(old) || !during.Stale(old) || during.Stale("nothing") {
		t.Error("stale is wrong")
	}
	if got, err := during.Open(old, ""); err != nil || string(got) != "secret" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := after.Open(old, ""); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("without its key: %v", err)
	}
	if _, err := ring(t, key("k1", 9)).Open(old, ""); !errors.Is(err, ErrForged) {
		t.Errorf("with another key of the same id: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 1), key("k2", 2))
	good, err := r.Seal([]byte("secret"), "text")
	if err != nil {
		t.Fatal(err)
	}
	body := strings.TrimPrefix(good, "v1.k1.")
	flipped := []byte(body)
	flipped[20] ^= 1
	for _, c := range []struct {
		sealed, context string
		want            error
	}{
		{good, "subject", ErrForged},
		{"v1.k2." + body, "text", ErrForged},
		{"v1.k1." + string(flipped), "text", ErrForged},
		{"v1.k1." + body[:8], "text", ErrForged},
		{"v1.k1.", "text", ErrForged},
		{"v1.k3." + body, "text", ErrUnknownKey},
		{"v2.k1." + body, "text", ErrMalformed},
		{"v1.k1", "text", ErrMalformed},
		{"v1..x", "text", ErrMalformed},
		{"v1.k 1." + body, "text", ErrMalformed},
		{good + "=", "text", ErrMalformed},
		{good + ".x", "text", ErrMalformed},
		{good + "\n", "text", ErrMalformed},
		{"", "text", ErrMalformed},
		{strings.Repeat("x", 90<<20), "text", ErrTooLarge},
	} {
		if got, err := r.Open(c.sealed, c.context); !errors.Is(err, c.want) || got != nil {
			t.Errorf("Open(%.60q): %q, %v; want %v", c.sealed, got, err, c.want)
		}
	}
	if _, err := r.Seal(make([]byte, MaxPlain+1), ""); !errors.Is(err, ErrTooLarge) {
		t.Errorf("sealed too much: %v", err)
	}
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	secret := bytes.Repeat([]byte{0xfb, 0xff}, KeyBytes/2) // has + and / in base64
	std, url := base64.StdEncoding.EncodeToString(secret), base64.RawURLEncoding.EncodeToString(secret)
	keys, err := ParseKeys(" a:" + std + ", b-2:" + url + " ")
	if err != nil || len(keys) != 2 || keys[0].ID != "a" || keys[1].ID != "b-2" || !bytes.Equal(keys[0].Secret, keys[1].Secret) {
		t.Fatalf("%v, %v", keys, err)
	}
	for config, want := range map[string]string{
		"":                              "no key",
		std:                             "id:base64",
		"a:" + std + ",":                "key 2",
		"a:" + std + ",a:" + std:        "twice",
		"a b:" + std:                    "id is",
		":" + std:                       "id is",
		"a:!!":                          "not base64",
		"a:" + std[:20]:                 "32 bytes",
		"a:" + std + std:                "base64",
		strings.Repeat("a:x,", 40) + "": "key",
	} {
		_, err := ParseKeys(config)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), std[:20]) {
			t.Errorf("ParseKeys(%q): %v; want %q", config, err, want)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	k := Key{ID: "k1", Secret: []byte("0123456789abcdef0123456789ABCDEF")}
	x, err := NewIndex([]Key{k})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{ring(t, k), x} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			if s := fmt.Sprintf(format, v); strings.Contains(s, "456789") || strings.Contains(s, "0x30") || strings.Contains(s, "48 49") {
				t.Errorf("%s prints %s", format, s)
			}
		}
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	x, err := NewIndex([]Key{key("b", 2), key("a", 1)})
	if err != nil {
		t.Fatal(err)
	}
	old, err := NewIndex([]Key{key("a", 1)})
	if err != nil {
		t.Fatal(err)
	}
	of := x.Of("rrn", "9001011234567")
	if !strings.HasPrefix(of, "v1.b.") || len(of) != len("v1.b.")+43 || of != x.Of("rrn", "9001011234567") {
		t.Errorf("index %q", of)
	}
	if want := []string{of, old.Of("rrn", "9001011234567")}; !slices.Equal(x.Candidates("rrn", "9001011234567"), want) {
		t.Errorf("candidates %q; want %q", x.Candidates("rrn", "9001011234567"), want)
	}
	seen := map[string]bool{}
	for _, v := range []string{of, x.Of("rrn", "9001011234568"), x.Of("rr", "n9001011234567"), x.Of("", "rrn9001011234567"), old.Of("rrn", "9001011234567")} {
		seen[v] = true
	}
	if len(seen) != 5 {
		t.Errorf("different values share an index: %v", seen)
	}
}

func FuzzOpen(f *testing.F) {
	r := ring(f, key("k1", 1))
	good, _ := r.Seal([]byte("secret"), "text")
	binary, _ := r.SealBytes([]byte("secret"), "text")
	for _, s := range []string{good, string(binary), "v1.k1.AAAA", "\x00sv1\xff", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sealed string) {
		if plain, err := r.Open(sealed, "text"); err == nil && string(plain) != "secret" {
			t.Fatalf("a forged seal opens: %q", plain)
		}
		if plain, err := r.OpenBytes([]byte(sealed), "text"); err == nil && string(plain) != "secret" {
			t.Fatalf("a forged seal opens: %q", plain)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	r := ring(b, key("k1", 1))
	for b.Loop() {
		if _, err := r.Seal([]byte("900101-1234567"), "text"); err != nil {
			b.Fatal(err)
		}
	}
}
