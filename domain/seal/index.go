package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

// Index makes blind indexes: the same value under the same purpose and key gives the same index, and without the key nothing can be
// told from it. Its keys must be others than a Ring's: values with few possibilities (a resident number has some 10^9)
// are safe only as long as the key is. It is safe for concurrent use.
type Index struct {
	keys []Key
}

// NewIndex makes an index; the first key is the one that Of uses.
func NewIndex(keys []Key) (*Index, error) {
	if err := check(keys); err != nil {
		return nil, err
	}
	return &Index{keys: append([]Key(nil), keys...)}, nil
}

// ParseIndex makes an index of its configuration, see ParseKeys.
func ParseIndex(config string) (*Index, error) {
	keys, err := ParseKeys(config)
	if err != nil {
		return nil, err
	}
	return NewIndex(keys)
}

// String shows the index without its secrets, whatever prints it.
func (x *Index) String() string {
	return fmt.Sprintf("seal.Index(active %s of %d)", x.keys[0].ID, len(x.keys))
}

// GoString is String, for %#v.
func (x *Index) GoString() string { return x.String() }

// Of gives the blind index to store with a value. The value must be canonical: what is compared equal must be equal bytes.
func (x *Index) Of(purpose, value string) string { return digest(x.keys[0], purpose, value) }

// Candidates gives the blind index of a value under every key, the active one first: what is stored may still have an
// older one.
func (x *Index) Candidates(purpose, value string) []string {
	out := make([]string, len(x.keys))
	for i, k := range x.keys {
		out[i] = digest(k, purpose, value)
	}
	return out
}

func digest(k Key, purpose, value string) string {
	mac := hmac.New(sha256.New, k.Secret)
	// The length keeps ("a", "bc") apart from ("ab", "c").
	fmt.Fprintf(mac, "sori index %s\x00%d\x00%s%s", version, len(purpose), purpose, value)
	return join(k.ID, mac.Sum(nil))
}
