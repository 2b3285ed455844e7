package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"sori/domain"
)

const (
	// takeTries is how often a mail is tried that fails for no fault of its own that we know of, before it is taken for poison; takePause is the time
	// in between, in which a commit that it raced with (the same mail, fetched twice at once) is over.
	takeTries = 4
	takePause = 30 * time.Millisecond
	// maxQuarantineHead is how much is kept of a mail that is too large, in bytes.
	maxQuarantineHead = 64 << 10
)

// TakeMail is ReceiveMail for those who cannot be refused: a mail that cannot be taken in is put in quarantine, with its source. An error means
// that nothing was kept and the same mail must be handed over again: the store does not answer, or the account is not there.
func (s *Service) TakeMail(ctx context.Context, account string, source domain.MailSource, raw []byte) (domain.MailOutcome, error) {
	res, err := s.receiveSafely(ctx, account, raw)
	for range takeTries - 1 {
		if err == nil || ctx.Err() != nil || !domain.IsCode(err, domain.Internal) && !domain.IsCode(err, domain.Unavailable) {
			break
		}
		time.Sleep(takePause)
		res, err = s.receiveSafely(ctx, account, raw)
	}
	if err == nil {
		return domain.MailOutcome{Duplicate: res.Duplicate}, nil
	}
	if ctx.Err() != nil || !isPoison(err) {
		return domain.MailOutcome{}, err
	}
	return s.quarantineWhole(ctx, account, source, raw, err.Error())
}

// QuarantineUnread puts a mail in quarantine that the program died over: it is kept as it came, and nobody looks into it before somebody says so.
func (s *Service) QuarantineUnread(ctx context.Context, account string, source domain.MailSource, raw []byte, reason string) (domain.MailOutcome, error) {
	if _, err := domain.Require(ctx, domain.ScopeIntake); err != nil {
		return domain.MailOutcome{}, err
	}
	return s.quarantineWhole(ctx, account, source, raw, reason)
}

func (s *Service) quarantineWhole(ctx context.Context, account string, source domain.MailSource, raw []byte, reason string) (domain.MailOutcome, error) {
	sum := sha256.Sum256(raw)
	return s.quarantine(ctx, &domain.Quarantined{
		Account: account, Source: source, Key: account + "|" + hex.EncodeToString(sum[:]), Size: int64(len(raw)), Error: domain.Clip(reason, 500), Attempts: 1,
	}, raw)
}

// QuarantineOversize keeps the beginning of a mail that is too large to be fetched. key tells it from every other mail of the account.
func (s *Service) QuarantineOversize(ctx context.Context, account string, source domain.MailSource, key string, head []byte, size int64) (domain.MailOutcome, error) {
	if _, err := domain.Require(ctx, domain.ScopeIntake); err != nil {
		return domain.MailOutcome{}, err
	}
	return s.quarantine(ctx, &domain.Quarantined{
		Account: account, Source: source, Key: account + "|" + key, Size: size, Truncated: true, Error: fmt.Sprintf("the mail has %d bytes, more than %d", size, MaxMail), Attempts: 1,
	}, head[:min(len(head), maxQuarantineHead)])
}

// receiveSafely keeps a panic over one mail from taking the others along.
func (s *Service) receiveSafely(ctx context.Context, account string, raw []byte) (res Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return s.ReceiveMail(ctx, account, raw)
}

// isPoison tells the fault of a mail from a fault of the world around it.
func isPoison(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	switch domain.CodeOf(err) {
	case domain.Unavailable, domain.RateLimited, domain.Unauthenticated, domain.Forbidden:
		return false
	case domain.Invalid:
		return domain.FieldOf(err) != "account"
	}
	return true
}

func (s *Service) quarantine(ctx context.Context, q *domain.Quarantined, content []byte) (out domain.MailOutcome, err error) {
	ctx, end := domain.Step(ctx, "intake", "quarantine")
	defer func() { end(err) }()
	q.ID, q.CreatedAt = domain.Quarantine.NewID(), s.Clock()
	q.LastTriedAt, q.Senders = q.CreatedAt, senderMarks(content)
	// Nothing is known of what it holds, so it is kept as if it held a resident number.
	blob, err := s.stage(ctx, content, "message/rfc822", q.CreatedAt, true)
	if err != nil {
		return domain.MailOutcome{}, err
	}
	q.BlobID = blob.ID
	err = s.Store.Write(ctx, func(tx domain.Tx) error {
		record, own := *blob, *q
		if err := domain.Blobs.Insert(ctx, tx, &record); err != nil {
			return err
		}
		if err := domain.Quarantine.Insert(ctx, tx, &own); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, quarantineEvent(domain.EventMailQuarantined, q))
	})
	if takenKey(err, "key") {
		first, err := domain.Quarantine.First(ctx, s.Store, domain.Query{Index: "key", Equal: []any{q.Key}})
		if err != nil {
			return domain.MailOutcome{}, err
		}
		return domain.MailOutcome{Duplicate: true, QuarantineID: first.ID}, nil
	}
	if err != nil {
		return domain.MailOutcome{}, err
	}
	s.Log.Warn("mail quarantined", "account", q.Account, "source", q.Source, "quarantined", q.ID, "bytes", q.Size, "err", q.Error)
	return domain.MailOutcome{QuarantineID: q.ID}, nil
}

const maxSenders = 8

var (
	senderHeaders = regexp.MustCompile(`(?im)^(?:from|sender|reply-to|return-path):(.*(?:\r?\n[ \t].*)*)`)
	looseAddress  = regexp.MustCompile(`[^\s<>"(),;:]+@[^\s<>"(),;:]+`)
)

// senderMarks marks the addresses in the headers of a mail that nobody could parse, as far as they can be told.
func senderMarks(raw []byte) []string {
	head := raw[:min(len(raw), maxQuarantineHead)]
	if end := bytes.Index(head, []byte("\r\n\r\n")); end >= 0 {
		head = head[:end]
	}
	var out []string
	for _, header := range senderHeaders.FindAllSubmatch(head, maxSenders) {
		for _, address := range looseAddress.FindAll(header[1], maxSenders) {
			if mark := domain.SenderMark(string(address)); !slices.Contains(out, mark) && len(out) < maxSenders {
				out = append(out, mark)
			}
		}
	}
	return out
}

func quarantineEvent(verb string, q *domain.Quarantined) domain.Event {
	return domain.Event{
		Type: verb, At: q.LastTriedAt, Subject: domain.Ref{Kind: "quarantined", ID: q.ID},
		Data: map[string]any{"account": q.Account, "source": string(q.Source), "size": q.Size, "truncated": q.Truncated},
	}
}

// ListQuarantined gives the mails in quarantine, the newest first; of one account, if it is named. It takes the scope inquiry:read.
func (s *Service) ListQuarantined(ctx context.Context, account string, req domain.PageRequest) (domain.Page[domain.Quarantined], error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return domain.Page[domain.Quarantined]{}, err
	}
	q := domain.Query{Index: "created", Reverse: true}
	if account != "" {
		q = domain.Query{Index: "account", Equal: []any{account}, Reverse: true}
	}
	return domain.Quarantine.Page(ctx, s.Store, req, "", nil, q)
}

// GetQuarantined reads one. NotFound if nobody has the id.
func (s *Service) GetQuarantined(ctx context.Context, id string) (*domain.Quarantined, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	return domain.Quarantine.Get(ctx, s.Store, id)
}

// QuarantinedSource gives the source of a mail in quarantine, byte for byte. It takes the scope pii:read, since nobody knows what is in it, and
// the reading is an event.
func (s *Service) QuarantinedSource(ctx context.Context, id string) ([]byte, error) {
	if _, err := domain.Require(ctx, domain.ScopePIIRead); err != nil {
		return nil, err
	}
	q, err := domain.Quarantine.Get(ctx, s.Store, id)
	if err != nil {
		return nil, err
	}
	err = s.Store.Write(ctx, func(tx domain.Tx) error {
		return domain.Emit(ctx, tx, domain.Event{
			Type: domain.EventPIIRevealed, At: s.Clock(), Subject: domain.Ref{Kind: "quarantined", ID: id}, Data: map[string]any{"source": true},
		})
	})
	if err != nil {
		return nil, err
	}
	return s.openQuarantined(ctx, q)
}

func (s *Service) openQuarantined(ctx context.Context, q *domain.Quarantined) ([]byte, error) {
	b, err := domain.Blobs.Get(ctx, s.Store, q.BlobID)
	if err != nil {
		return nil, err
	}
	return domain.ReadBlob(ctx, s.Store.Blobs(), s.Vault, b)
}

// ReprocessQuarantined tries to take in a mail in quarantine once more, and lets it out if that works. Conflict if only its beginning is kept. Its
// fault, if it still has one, is noted and answered. It takes the scope intake:write.
func (s *Service) ReprocessQuarantined(ctx context.Context, id string) (Result, error) {
	if _, err := domain.Require(ctx, domain.ScopeIntake); err != nil {
		return Result{}, err
	}
	q, err := domain.Quarantine.Get(ctx, s.Store, id)
	if err != nil {
		return Result{}, err
	}
	if q.Truncated {
		return Result{}, domain.Errorf(domain.Conflict, "only the beginning of this mail is kept: it has %d bytes", q.Size)
	}
	raw, err := s.openQuarantined(ctx, q)
	if err != nil {
		return Result{}, err
	}
	res, cause := s.receiveSafely(ctx, q.Account, raw)
	if cause != nil {
		return Result{}, errors.Join(cause, s.noteAttempt(ctx, id, cause))
	}
	return res, s.release(ctx, id, domain.EventMailReleased)
}

func (s *Service) noteAttempt(ctx context.Context, id string, cause error) error {
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		_, err := domain.Quarantine.Update(ctx, tx, id, func(q *domain.Quarantined) error {
			q.Attempts, q.LastTriedAt, q.Error = q.Attempts+1, s.Clock(), domain.Clip(cause.Error(), 500)
			return nil
		})
		return err
	})
}

// DeleteQuarantined throws a mail in quarantine away, for good. It takes the scope org:write.
func (s *Service) DeleteQuarantined(ctx context.Context, id string) error {
	if _, err := domain.Require(ctx, domain.ScopeOrgWrite); err != nil {
		return err
	}
	return s.release(ctx, id, domain.EventMailDiscarded)
}

// release removes a mail from quarantine. NotFound if it is not there.
func (s *Service) release(ctx context.Context, id, verb string) error {
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		q, err := domain.Quarantine.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		q.LastTriedAt = s.Clock()
		if err := domain.Blobs.Delete(ctx, tx, q.BlobID); err != nil {
			return err
		}
		if err := domain.Quarantine.Delete(ctx, tx, id); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, quarantineEvent(verb, q))
	})
}
