package api

import (
	"strconv"
	"strings"

	"sori/domain"
)

// etag is a noun's version as an entity tag.
func etag(version int64) *string {
	s := `"` + strconv.FormatInt(version, 10) + `"`
	return &s
}

// ifMatch reads the version that an edit is guarded by; 0 is no guard. A tag that is none of ours matches nothing: Stale. Proxies that compress make a tag
// weak; the version it holds is still exact.
func ifMatch(header *string) (int64, error) {
	if header == nil || strings.TrimSpace(*header) == "*" {
		return 0, nil
	}
	tag := strings.TrimPrefix(strings.TrimSpace(*header), "W/")
	n := len(tag)
	if n > 2 && tag[0] == '"' && tag[n-1] == '"' {
		if v, err := strconv.ParseInt(tag[1:n-1], 10, 64); err == nil && v > 0 {
			return v, nil
		}
	}
	return 0, &domain.Error{Code: domain.Stale, Field: "If-Match", Rule: "known", Message: "is no ETag of this"}
}
