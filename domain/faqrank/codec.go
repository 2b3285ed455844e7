package faqrank

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
)

// Weights as bytes, little-endian: magic and version, then hash and factor's logarithm of each gram in order of the hash,
// CRC-32 (IEEE) of all before it.
const (
	weightsMagic = "SORIFW\x01"
	entryBytes   = 8 + 4
	// MaxWeightsBytes is the longest form accepted.
	MaxWeightsBytes = 64 << 20
	// largestLog bounds a factor, learnt or read: no gram counts e⁵ times its rarity.
	largestLog = 5
)

// MarshalBinary gives the weights as bytes, without any text they were learnt from.
func (w *Weights) MarshalBinary() ([]byte, error) {
	grams := make([]gram, 0, len(w.log))
	for g := range w.log {
		grams = append(grams, g)
	}
	slices.SortFunc(grams, cmp.Compare)
	out := []byte(weightsMagic)
	for _, g := range grams {
		out = binary.LittleEndian.AppendUint64(out, uint64(g))
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(w.log[g])))
	}
	return binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(out)), nil
}

// UnmarshalBinary replaces the weights by those in data. Bytes that are cut, damaged, too long or of another version are ErrFormat.
func (w *Weights) UnmarshalBinary(data []byte) error {
	const head, tail = len(weightsMagic), 4
	if len(data) < head+tail || len(data) > MaxWeightsBytes || string(data[:head]) != weightsMagic || (len(data)-head-tail)%entryBytes != 0 {
		return fmt.Errorf("%w: not weights of this version", ErrFormat)
	}
	body, sum := data[:len(data)-tail], binary.LittleEndian.Uint32(data[len(data)-tail:])
	if crc32.ChecksumIEEE(body) != sum {
		return fmt.Errorf("%w: weights are damaged (checksum)", ErrFormat)
	}
	log := make(map[gram]float64, (len(body)-head)/entryBytes)
	for at := head; at < len(body); at += entryBytes {
		v := float64(math.Float32frombits(binary.LittleEndian.Uint32(body[at+8:])))
		if !(math.Abs(v) <= largestLog) {
			return fmt.Errorf("%w: a weight is out of range", ErrFormat)
		}
		log[gram(binary.LittleEndian.Uint64(body[at:]))] = v
	}
	w.log = log
	return nil
}
