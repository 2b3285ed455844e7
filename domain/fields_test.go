package domain_test

import (
	"strings"
	"testing"

	"sori/domain"
)

func TestIsKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		"":                           false,
		"a":                          true,
		"카드/분실":                      true,
		"Ⅷ-1":                        true,
		"-a":                         false,
		"/a":                         false,
		"a b":                        false,
		"a.b":                        false,
		"a\x00":                      false,
		"a\xff":                      false,
		"\xff":                       false,
		strings.Repeat("가", 10):      true,
		strings.Repeat("가", 11):      false,
		"a" + strings.Repeat("/", 9): true,
	} {
		if got := domain.IsKey(key, "/-", 10); got != want {
			t.Errorf("IsKey(%q) is %v", key, got)
		}
	}
}
