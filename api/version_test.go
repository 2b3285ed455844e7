package api

import (
	"testing"

	"sori/domain"
)

func TestIfMatch(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		version int64
		code    domain.Code
	}{
		`"3"`: {version: 3}, ` "12" `: {version: 12}, `W/"3"`: {version: 3}, `*`: {}, `3`: {code: domain.Stale}, `""`: {code: domain.Stale}, `"-1"`: {code: domain.Stale},
		`"x"`: {code: domain.Stale}, `"0"`: {code: domain.Stale}, `"1", "2"`: {code: domain.Stale}, `"99999999999999999999"`: {code: domain.Stale}, `"`: {code: domain.Stale},
	}
	for header, tc := range cases {
		v, err := ifMatch(&header)
		if v != tc.version || (err == nil) != (tc.code == "") || err != nil && !domain.IsCode(err, tc.code) {
			t.Errorf("%s: %d, %v", header, v, err)
		}
	}
	if v, err := ifMatch(nil); v != 0 || err != nil {
		t.Errorf("without the header: %d, %v", v, err)
	}
	if v, err := ifMatch(etag(7)); v != 7 || err != nil {
		t.Errorf("our own tag: %d, %v", v, err)
	}
}
