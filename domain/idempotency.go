package domain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"time"
)

// IdempotencyRecord says that a request with this key was carried out. It is inserted in the request's own transaction; the
// answer is put into it afterwards.
type IdempotencyRecord struct {
	Doc         `json:",inline"`
	Fingerprint string    `json:"fingerprint"` // of the request: method, path, body
	Status      int       `json:"status,omitempty"`
	ContentType string    `json:"contentType,omitempty"`
	Answer      []byte    `json:"answer,omitempty"`
	Customers   []string  `json:"customers,omitempty"` // ids of those whom the answer names
	Made        string    `json:"made,omitempty"`      // id of the interaction that was taken in, until the answer is known: by it, it can be given again
	ExpiresAt   time.Time `json:"expiresAt"`
}

// IdempotencyTTL is how long a key is remembered.
const IdempotencyTTL = 48 * time.Hour

// IdempotencyRecords holds the keys that were used.
var IdempotencyRecords = declare[IdempotencyRecord](Spec{
	Name: "idempotency", Prefix: "idk", Noun: "idempotency key",
	Indexes: []Index{
		{Name: "expires", Fields: []string{"expiresAt"}},
		{Name: "customers", Fields: []string{"customers"}},
	},
})

// IdempotencyClaim is a caller's wish that a request is carried out once.
type IdempotencyClaim struct {
	ID          string
	Fingerprint string
	ExpiresAt   time.Time
	used        bool
	made        string
}

// NewIdempotencyClaim makes the claim of an actor's key for a request.
func NewIdempotencyClaim(actor Actor, key, request string, body []byte, now time.Time) *IdempotencyClaim {
	id := sha256.Sum256([]byte(actor.Kind + "\x00" + actor.ID + "\x00" + key))
	h := sha256.New()
	h.Write([]byte(request + "\x00"))
	h.Write(body)
	return &IdempotencyClaim{
		ID: "idk_" + hex.EncodeToString(id[:16]), Fingerprint: hex.EncodeToString(h.Sum(nil)[:16]), ExpiresAt: now.Add(IdempotencyTTL),
	}
}

// Seen gives the record of an earlier request with the same key, nil if there is none. KeyReused if that was another request.
func (c *IdempotencyClaim) Seen(ctx context.Context, r Reader, now time.Time) (*IdempotencyRecord, error) {
	rec, err := IdempotencyRecords.Get(ctx, r, c.ID)
	if IsCode(err, NotFound) || err == nil && !rec.ExpiresAt.After(now) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if rec.Fingerprint != c.Fingerprint {
		return nil, &Error{Code: KeyReused, Field: "Idempotency-Key", Rule: "unique", Message: "this key was used for another request"}
	}
	return rec, nil
}

type claimKey struct{}

// WithIdempotency lets the first transaction under ctx carry the claim.
func WithIdempotency(ctx context.Context, c *IdempotencyClaim) context.Context {
	return context.WithValue(ctx, claimKey{}, c)
}

// Once wraps a store so that the first Write under a context with an IdempotencyClaim inserts its record too: what the request
// did and that it was done are one commit. A second request with the key gets Duplicate with the field "Idempotency-Key".
func Once(s Store) Store { return onceStore{s} }

type onceStore struct{ Store }

func (s onceStore) Write(ctx context.Context, fn func(Tx) error) error {
	claim, ok := ctx.Value(claimKey{}).(*IdempotencyClaim)
	if !ok || claim.used {
		return s.Store.Write(ctx, fn)
	}
	err := s.Store.Write(ctx, func(tx Tx) error {
		rec, err := claim.insert(ctx, tx)
		if err != nil {
			return err
		}
		claim.made = ""
		if err := fn(tx); err != nil || claim.made == "" {
			return err
		}
		rec.Made = claim.made
		return IdempotencyRecords.Replace(ctx, tx, rec)
	})
	claim.used = claim.used || err == nil
	return err
}

// Made notes, inside the transaction, which interaction a request takes in, should its answer be lost.
func Made(ctx context.Context, interactionID string) {
	if claim, ok := ctx.Value(claimKey{}).(*IdempotencyClaim); ok {
		claim.made = interactionID
	}
}

func (c *IdempotencyClaim) insert(ctx context.Context, tx Tx) (*IdempotencyRecord, error) {
	rec, err := IdempotencyRecords.Get(ctx, tx, c.ID)
	if err == nil && rec.ExpiresAt.After(c.ExpiresAt.Add(-IdempotencyTTL)) {
		return nil, &Error{Code: Duplicate, Field: "Idempotency-Key", Rule: "unique", Message: "a request with this key was carried out already"}
	}
	if err == nil {
		if err := IdempotencyRecords.Delete(ctx, tx, c.ID); err != nil {
			return nil, err
		}
	}
	rec = &IdempotencyRecord{Doc: Doc{ID: c.ID}, Fingerprint: c.Fingerprint, ExpiresAt: c.ExpiresAt}
	return rec, IdempotencyRecords.Insert(ctx, tx, rec)
}

// KeepAnswer remembers the answer of a request that was carried out under its claim.
func (c *IdempotencyClaim) KeepAnswer(ctx context.Context, s Store, status int, contentType string, answer []byte) error {
	if !c.used {
		return nil // nothing was written, so doing it again does no harm
	}
	return s.Write(ctx, func(tx Tx) error {
		_, err := IdempotencyRecords.Update(ctx, tx, c.ID, func(r *IdempotencyRecord) error {
			r.SetAnswer(status, contentType, answer)
			return nil
		})
		return err
	})
}

// SetAnswer remembers an answer, and whose data it may hold.
func (r *IdempotencyRecord) SetAnswer(status int, contentType string, answer []byte) {
	r.Status, r.ContentType, r.Answer, r.Customers, r.Made = status, contentType, answer, nil, ""
	for _, id := range customerID.FindAll(answer, -1) {
		if !slices.Contains(r.Customers, string(id)) && len(r.Customers) < maxNamed {
			r.Customers = append(r.Customers, string(id))
		}
	}
}

var customerID = regexp.MustCompile(`\b` + Customers.Prefix + `_[0-9a-z]{26}\b`)

// maxNamed bounds how many customers one answer is found by; no operation that takes a key answers with more.
const maxNamed = 200

// EraseAnswers removes what answers say of a customer. The keys stay used: a request that comes again is not carried out again, and is told that the
// answer is not known.
func EraseAnswers(ctx context.Context, s Store, customer string) error {
	const batch = 100
	for {
		found, err := IdempotencyRecords.Find(ctx, s, Query{Index: "customers", Equal: []any{customer}, Limit: batch})
		if err != nil || len(found) == 0 {
			return err
		}
		err = s.Write(ctx, func(tx Tx) error {
			for _, r := range found {
				_, err := IdempotencyRecords.Update(ctx, tx, r.ID, func(r *IdempotencyRecord) error { r.SetAnswer(0, "", nil); return nil })
				if err != nil && !IsCode(err, NotFound) {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// ForgetIdempotency removes the keys that have expired, a batch at a time, and gives how many.
func ForgetIdempotency(ctx context.Context, s Store, now time.Time) (int, error) {
	const batch = 500
	total := 0
	for {
		old, err := IdempotencyRecords.Find(ctx, s, Query{Index: "expires", To: now, Limit: batch})
		if err != nil || len(old) == 0 {
			return total, err
		}
		err = s.Write(ctx, func(tx Tx) error {
			for _, r := range old {
				if err := IdempotencyRecords.Delete(ctx, tx, r.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		total += len(old)
	}
}
