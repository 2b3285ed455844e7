package domain

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"sync"
	"time"
)

// An id is a noun's prefix, an underscore and 26 letters of Crockford's base 32: 48 bits of
// milliseconds and 80 bits that are random, and counted up inside one millisecond (the ULID
// layout). So ids are unique over all nouns, sort by birth, and tell which noun they name.
const (
	idDigits  = "0123456789abcdefghjkmnpqrstvwxyz"
	idLetters = 26
)

// Prefixes of the nouns' ids.
const (
	prefixCustomer    = "cus"
	prefixInquiry     = "inq"
	prefixInteraction = "int"
	prefixAccount     = "acc"
	prefixEvent       = "evt"
	prefixJob         = "job"
	prefixBlob        = "blb"
	prefixAPIKey      = "key"
	prefixMerge       = "mrg"
)

type idSource struct {
	mu   sync.Mutex
	rand *bufio.Reader
	ms   uint64
	hi   uint16
	lo   uint64
}

var ids = &idSource{rand: bufio.NewReaderSize(rand.Reader, 4096)}

// NewID gives a fresh id with this prefix. It is safe for concurrent use, and ids made by
// one process never go backwards.
func NewID(prefix string) string {
	ms, hi, lo := ids.next(uint64(time.Now().UnixMilli()))
	var b strings.Builder
	b.Grow(len(prefix) + 1 + idLetters)
	b.WriteString(prefix)
	b.WriteByte('_')
	writeBase32(&b, ms, 10)
	top := uint64(hi)<<24 | lo>>40
	writeBase32(&b, top, 8)
	writeBase32(&b, lo&(1<<40-1), 8)
	return b.String()
}

func (s *idSource) next(now uint64) (ms uint64, hi uint16, lo uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now <= s.ms {
		s.lo++
		if s.lo == 0 {
			s.hi++
		}
		return s.ms, s.hi, s.lo
	}
	var b [10]byte
	if _, err := s.rand.Read(b[:]); err != nil {
		panic("no randomness: " + err.Error()) // crypto/rand does not fail on the systems we run on
	}
	// The top bit stays clear, so that counting up inside a millisecond cannot overflow.
	s.ms, s.hi, s.lo = now, binary.BigEndian.Uint16(b[:2])&0x7fff, binary.BigEndian.Uint64(b[2:])
	return s.ms, s.hi, s.lo
}

func writeBase32(b *strings.Builder, v uint64, letters int) {
	for shift := (letters - 1) * 5; shift >= 0; shift -= 5 {
		b.WriteByte(idDigits[v>>uint(shift)&31])
	}
}

// IDPrefix gives the noun's prefix of an id, or "" if it has not the form of an id.
func IDPrefix(id string) string {
	prefix, rest, ok := strings.Cut(id, "_")
	if !ok || len(rest) != idLetters || len(prefix) > 4 {
		return ""
	}
	for i := range len(rest) {
		if strings.IndexByte(idDigits, rest[i]) < 0 {
			return ""
		}
	}
	return prefix
}

// HashID gives the one id that stands for a text, for a document of which there is one at most. It says nothing of a time of birth.
func HashID(prefix, text string) string {
	sum := sha256.Sum256([]byte(text))
	id := []byte(prefix + "_")
	for _, b := range sum[:idLetters] {
		id = append(id, idDigits[b&31])
	}
	id[len(prefix)+1] = idDigits[sum[0]&7] // 48 bits of time have three in their first letter
	return string(id)
}
