package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"sori/api/gen"
	"sori/domain"
)

const (
	keyHeader      = "Idempotency-Key"
	replayedHeader = "Idempotency-Replayed"
	racedKey       = "raced"
	maxKept        = 1 << 20 // bytes of an answer
	replayWait     = 3 * time.Second
	replayPoll     = 20 * time.Millisecond
	keepTimeout    = 5 * time.Second
)

// once runs the handler; a POST that names a key is carried out once, and told again what it was told then. The record of the key is part of the use
// case's own commit, so that a crash between the two cannot be.
func (s *server) once(c *gin.Context, op *operation) {
	key := c.GetHeader(keyHeader)
	if key == "" || c.Request.Method != http.MethodPost || op.public || op.media == mediaLines {
		c.Next()
		return
	}
	ctx := c.Request.Context()
	claim := domain.NewIdempotencyClaim(domain.ActorFrom(ctx), key, c.Request.Method+" "+c.Request.URL.RequestURI(), fingerprinted(c), s.Clock())
	seen, err := claim.Seen(ctx, s.Store, s.Clock())
	switch {
	case err != nil:
		s.fail(c, err)
	case seen != nil && op.unkept:
		c.Next()
	case seen != nil:
		s.replay(c, op, claim)
	default:
		s.runOnce(c, op, claim)
	}
}

func (s *server) runOnce(c *gin.Context, op *operation, claim *domain.IdempotencyClaim) {
	c.Request = c.Request.WithContext(domain.WithIdempotency(c.Request.Context(), claim))
	w := &recorder{ResponseWriter: c.Writer}
	c.Writer = w
	c.Next()
	c.Writer = w.ResponseWriter
	if c.GetBool(racedKey) {
		s.replay(c, op, claim)
		return
	}
	if status := w.Status(); status < 200 || status > 299 || w.overflow {
		return
	}
	if err := s.keep(c.Request.Context(), claim, w.Status(), w.Header().Get("Content-Type"), op.kept(w.body.Bytes())); err != nil {
		s.Log.Error("answer of an idempotency key not kept", "requestId", requestID(c), "err", err)
	}
}

// kept gives what of an answer may be kept.
func (op *operation) kept(answer []byte) []byte {
	switch {
	case op.unkept:
		return nil
	case op.shownOnce != "":
		return without(answer, op.shownOnce)
	}
	return answer
}

// keep puts the answer into the key's record. Where the use case had nothing to write, the record is made now: the key still stands for this request.
func (s *server) keep(ctx context.Context, claim *domain.IdempotencyClaim, status int, contentType string, answer []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTimeout)
	defer cancel()
	return s.Store.Write(domain.WithIdempotency(ctx, claim), func(tx domain.Tx) error {
		_, err := domain.IdempotencyRecords.Update(ctx, tx, claim.ID, func(r *domain.IdempotencyRecord) error {
			r.SetAnswer(status, contentType, answer)
			return nil
		})
		return err
	})
}

// without gives an answer with one field emptied.
func without(answer []byte, field string) []byte {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(answer, &fields); err != nil {
		return nil
	}
	fields[field] = json.RawMessage("null")
	return encode(fields)
}

// replay tells what the first request with the key was told. If that is still at work, it is waited for a little.
func (s *server) replay(c *gin.Context, op *operation, claim *domain.IdempotencyClaim) {
	rec, err := s.answerOf(c.Request.Context(), claim)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Abort()
	c.Header(replayedHeader, "true")
	if op.intake {
		answer, err := s.receiptAgain(c.Request.Context(), rec)
		if err != nil {
			s.fail(c, err)
			return
		}
		c.Data(http.StatusOK, mediaJSON, answer)
		return
	}
	c.Data(rec.Status, rec.ContentType, rec.Answer)
}

// receiptAgain gives the receipt of what was taken in under a key. If it was lost, as in a crash after the commit, it is made anew.
func (s *server) receiptAgain(ctx context.Context, rec *domain.IdempotencyRecord) ([]byte, error) {
	if rec.Made == "" {
		return asDuplicate(rec.Answer)
	}
	r, err := s.Intake.Again(ctx, rec.Made)
	if err != nil {
		return nil, err
	}
	return encode(receipt(r)), nil
}

// asDuplicate gives a kept receipt as it is told again.
func asDuplicate(answer []byte) ([]byte, error) {
	var r gen.Receipt
	if err := json.Unmarshal(answer, &r); err != nil {
		return nil, fmt.Errorf("a kept receipt: %w", err)
	}
	r.Duplicate = true
	return encode(r), nil
}

func (s *server) answerOf(ctx context.Context, claim *domain.IdempotencyClaim) (*domain.IdempotencyRecord, error) {
	end := time.After(replayWait)
	for {
		rec, err := claim.Seen(ctx, s.Store, s.Clock())
		if err != nil || rec != nil && (rec.Status != 0 || rec.Made != "") {
			return rec, err
		}
		select {
		case <-time.After(replayPoll):
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-end:
			return nil, &domain.Error{Code: domain.Conflict, Field: keyHeader, Rule: "pending", Message: "a request with this key was carried out or is under way, but its answer is not known"}
		}
	}
}

// fingerprinted gives what makes a body the same as another. The boundary of a form is drawn anew for each try, and does not count.
func fingerprinted(c *gin.Context) []byte {
	raw := rawBody(c.Request)
	if _, params, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err == nil && params["boundary"] != "" {
		return bytes.ReplaceAll(raw, []byte(params["boundary"]), nil)
	}
	return raw
}

// raced takes note that another request with the same key was faster.
func raced(c *gin.Context, err error) bool {
	if !isRace(err) {
		return false
	}
	c.Set(racedKey, true)
	return true
}

func isRace(err error) bool {
	return domain.IsCode(err, domain.Duplicate) && domain.FieldOf(err) == keyHeader
}

// recorder keeps a copy of an answer on its way out.
type recorder struct {
	gin.ResponseWriter
	body     bytes.Buffer
	overflow bool
}

// Write passes on, and keeps what fits.
func (r *recorder) Write(p []byte) (int, error) {
	if r.overflow = r.overflow || r.body.Len()+len(p) > maxKept; !r.overflow {
		r.body.Write(p)
	}
	return r.ResponseWriter.Write(p)
}

// WriteString is Write.
func (r *recorder) WriteString(s string) (int, error) { return r.Write([]byte(s)) }
