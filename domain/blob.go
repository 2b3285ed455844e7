package domain

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"sync"
	"time"
)

// InlineBlob is the largest content, in bytes, that is kept inside the store with its record; what is larger goes to the BlobStore.
const InlineBlob = 64 << 10

// Blob is the record of one content: raw mail, attachment, recording, fax page. Inside a transaction it is inserted
// with the document that names it; its content is durable before that.
type Blob struct {
	Doc         `json:",inline"`
	Hash        string    `json:"hash,omitempty"` // SHA-256 of the stored content, hex, if it is large
	Size        int64     `json:"size"`           // bytes, as it was given
	ContentType string    `json:"contentType"`
	Packed      bool      `json:"packed,omitempty"` // the content was compressed (RFC 1951), before it was sealed
	Sealed      string    `json:"sealed,omitempty"` // id of the key that sealed the stored content
	Data        []byte    `json:"data,omitempty"`   // the stored content, if it is small
	Place       string    `json:"place,omitempty"`  // where the BlobStore keeps it, if it is large
	CreatedAt   time.Time `json:"createdAt"`
}

// Blobs holds the records of contents.
var Blobs = declare[Blob](Spec{
	Name: "blobs", Prefix: prefixBlob, Noun: "blob",
	Indexes: []Index{{Name: "place", Fields: []string{"place"}, Sparse: true}},
})

// BlobStore keeps large contents outside the documents: files beside SQLite, GridFS on MongoDB.
type BlobStore interface {
	// Put stores the content and answers its place when it is durable (fsync, majority). Equal contents may share a place.
	// hash is the content's SHA-256 in hex.
	Put(ctx context.Context, hash string, content io.Reader) (place string, err error)
	// Open reads what Put stored. NotFound if nothing is there.
	Open(ctx context.Context, place string) (io.ReadCloser, error)
	// Sweep removes what was stored before cutoff, is named by no document, and gives how many were removed.
	// inUse is asked for each candidate; a Put of the same content in the meantime must survive.
	Sweep(ctx context.Context, cutoff time.Time, inUse func(place string) (bool, error)) (removed int, err error)
}

// StageBlob makes content durable before the transaction that will insert the record. Small content stays in the record, packed if that makes it smaller. With a
// vault it is encrypted; nil keeps it in clear.
func StageBlob(ctx context.Context, store BlobStore, vault Vault, content []byte, contentType string, now time.Time) (*Blob, error) {
	b := &Blob{Doc: Doc{ID: NewID(prefixBlob)}, Size: int64(len(content)), ContentType: contentType, CreatedAt: now}
	stored := content
	if len(content) <= InlineBlob {
		stored, b.Packed = pack(content)
	}
	if vault != nil {
		var err error
		if stored, b.Sealed, err = vault.SealBytes(stored); err != nil {
			return nil, err
		}
	}
	if len(content) <= InlineBlob {
		b.Data = stored
		return b, nil
	}
	sum := sha256.Sum256(stored)
	b.Hash = hex.EncodeToString(sum[:])
	place, err := store.Put(ctx, b.Hash, bytes.NewReader(stored))
	b.Place = place
	return b, err
}

// ReadBlob gives a content as it was given to StageBlob. The vault is needed only for what was encrypted.
func ReadBlob(ctx context.Context, store BlobStore, vault Vault, b *Blob) (content []byte, err error) {
	if content = b.Data; b.Place != "" {
		content, err = readPlace(ctx, store, b.Place)
	}
	if err == nil && b.Sealed != "" {
		content, err = vault.OpenBytes(content)
	}
	if err == nil && b.Packed {
		content, err = unpack(content, b.Size)
	}
	return content, err
}

func readPlace(ctx context.Context, store BlobStore, place string) ([]byte, error) {
	r, err := store.Open(ctx, place)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// Packing costs a reader time, so it has to be worth it: from packFrom bytes on, and if an eighth is gained.
const packFrom = 512

var packers = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // there is no such level
	}
	return w
}}

// pack compresses a content, or gives it back as it is. Mails are text, and shrink to a third or so.
func pack(content []byte) (stored []byte, packed bool) {
	if len(content) < packFrom {
		return content, false
	}
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	var out bytes.Buffer
	w.Reset(&out)
	_, err := w.Write(content)
	if err = errors.Join(err, w.Close()); err != nil || out.Len() > len(content)-len(content)/8 {
		return content, false
	}
	return out.Bytes(), true
}

func unpack(stored []byte, size int64) ([]byte, error) {
	content := make([]byte, size)
	if _, err := io.ReadFull(flate.NewReader(bytes.NewReader(stored)), content); err != nil {
		return nil, Errorf(Internal, "a stored content is broken: %w", err)
	}
	return content, nil
}

// SweepBlobs removes large contents that no record names and that are older than cutoff: left over from commits that did not happen.
func SweepBlobs(ctx context.Context, s Store, cutoff time.Time) (int, error) {
	return s.Blobs().Sweep(ctx, cutoff, func(place string) (bool, error) {
		_, err := Blobs.First(ctx, s, Query{Index: "place", Equal: []any{place}})
		var e *Error
		if errors.As(err, &e) && e.Code == NotFound {
			return false, nil
		}
		return true, err
	})
}
