package domain

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"time"
)

// InlineBlob is the largest content, in bytes, that is kept inside the store with its record; what is larger goes to the BlobStore.
const InlineBlob = 64 << 10

// Blob is the record of one content: raw mail, attachment, recording, fax page. Inside a transaction it is inserted
// with the document that names it; its content is durable before that.
type Blob struct {
	Doc         `json:",inline"`
	Hash        string    `json:"hash,omitempty"` // SHA-256 of the content, hex, if it is large
	Size        int64     `json:"size"`           // bytes, as it was given
	ContentType string    `json:"contentType"`
	Sealed      string    `json:"sealed,omitempty"` // id of the key that sealed the stored content
	Data        []byte    `json:"data,omitempty"`   // the content, if it is small
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

// StageBlob makes content durable before the transaction that will insert the record. Small content stays in the record.
func StageBlob(ctx context.Context, store BlobStore, content []byte, contentType string, now time.Time) (*Blob, error) {
	b := &Blob{Doc: Doc{ID: NewID(prefixBlob)}, Size: int64(len(content)), ContentType: contentType, CreatedAt: now}
	if len(content) <= InlineBlob {
		b.Data = content
		return b, nil
	}
	sum := sha256.Sum256(content)
	b.Hash = hex.EncodeToString(sum[:])
	place, err := store.Put(ctx, b.Hash, bytes.NewReader(content))
	b.Place = place
	return b, err
}

// OpenBlob reads a blob's stored content.
func OpenBlob(ctx context.Context, s Store, b *Blob) (io.ReadCloser, error) {
	if b.Place == "" {
		return io.NopCloser(bytes.NewReader(b.Data)), nil
	}
	return s.Blobs().Open(ctx, b.Place)
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
