package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync/atomic"

	"sori/api/gen"
	"sori/domain"
)

// linesInFlight is how many lines of one batch are worked on at a time: enough for the store to commit many in one go, few enough to leave room for others.
const linesInFlight = 64

// ReceiveBatch takes in many submissions, a line each.
func (s *server) ReceiveBatch(ctx context.Context, r gen.ReceiveBatchRequestObject) (gen.ReceiveBatchResponseObject, error) {
	return &batch{
		server: s, ctx: ctx, in: bufio.NewReaderSize(r.Body, 64<<10), key: value(r.Params.IdempotencyKey), last: map[string]chan struct{}{},
	}, nil
}

// batch is a request of lines, and its answer. Lines are worked on as they come, several at a time, and answered in their order. Until the request is read to its end
// the answers are held back: most clients send everything before they read anything.
type batch struct {
	server    *server
	ctx       context.Context
	in        *bufio.Reader
	key       string // Idempotency-Key
	requestID string
	last      map[string]chan struct{} // by key: the latest line that must be done before one with the same key
	readAll   atomic.Bool
}

// line is one line on its way.
type line struct {
	n      int
	raw    []byte
	sub    gen.Submission
	after  []chan struct{}
	done   chan struct{}
	answer chan []byte
}

// VisitReceiveBatchResponse reads, works and answers.
func (b *batch) VisitReceiveBatchResponse(w http.ResponseWriter) error {
	b.requestID = w.Header().Get(requestIDHeader)
	ctx, stop := context.WithCancel(b.ctx)
	defer stop() // a reader that is gone ends the reading too
	queue := make(chan *line, linesInFlight)
	go b.read(ctx, queue)
	out := newStream(w, mediaLines)
	var held bytes.Buffer
	var gone error
	for l := range queue {
		held.Write(<-l.answer)
		if gone != nil || !b.readAll.Load() {
			continue
		}
		if _, gone = held.WriteTo(out); gone != nil {
			stop()
		}
	}
	if gone != nil {
		return nil
	}
	w.WriteHeader(http.StatusOK)
	_, _ = held.WriteTo(out) // a client that is gone has nothing to be told
	return nil
}

// read starts each line. It ends with the body, with a fault that makes the rest unreadable, or with the request.
func (b *batch) read(ctx context.Context, queue chan<- *line) {
	defer close(queue)
	defer b.readAll.Store(true)
	for n := 1; ctx.Err() == nil; {
		raw, err := b.readLine()
		switch {
		case errors.Is(err, io.EOF):
			return
		case errors.Is(err, errLongLine):
			queue <- b.refused(domain.Errorf(domain.TooLarge, "line %d is longer than %d bytes", n, b.server.Limits.Line))
		case err != nil:
			queue <- b.refused(unreadable(err))
			return
		case len(bytes.TrimSpace(raw)) == 0:
			continue
		case n > b.server.Limits.BatchLines:
			queue <- b.refused(domain.Errorf(domain.TooLarge, "a batch has at most %d lines; this one and the rest were not taken in", b.server.Limits.BatchLines))
			return
		default:
			queue <- b.start(ctx, n, raw)
		}
		n++
	}
}

var errLongLine = errors.New("long line")

// readLine gives one line without its end. A line that is too long is read over.
func (b *batch) readLine() ([]byte, error) {
	var raw []byte
	long := false
	for {
		part, err := b.in.ReadSlice('\n')
		if long = long || len(raw)+len(part) > b.server.Limits.Line; !long {
			raw = append(raw, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (!errors.Is(err, io.EOF) || len(raw) == 0 && !long):
			return nil, err
		case long:
			return nil, errLongLine
		}
		return raw, nil
	}
}

// refused is a line that is answered already.
func (b *batch) refused(err error) *line {
	l := &line{answer: make(chan []byte, 1)}
	l.answer <- b.problem(err)
	return l
}

func (b *batch) problem(err error) []byte {
	p := problemOf(err, b.requestID)
	if p.Code == string(domain.Internal) {
		b.server.Log.Error("internal error", slog.String("requestId", b.requestID), slog.String("route", "batch line"), slog.Any("err", err))
	}
	return append(encode(p), '\n')
}

// start checks a line and sets it to work.
func (b *batch) start(ctx context.Context, n int, raw []byte) *line {
	l := &line{n: n, raw: raw, done: make(chan struct{}), answer: make(chan []byte, 1)}
	if err := b.decode(l); err != nil {
		return b.refused(err)
	}
	for _, key := range l.keys() {
		if before, ok := b.last[key]; ok {
			l.after = append(l.after, before)
		}
		b.last[key] = l.done
	}
	go b.work(ctx, l)
	return l
}

func (b *batch) decode(l *line) (err error) {
	defer func() {
		if r := recover(); r != nil { // this is no goroutine of net/http, which would survive it
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	v, err := decodeJSON(l.raw)
	if err != nil {
		return err
	}
	if err := b.server.checkSchema(b.server.document.submission, v); err != nil {
		return err
	}
	if err := json.Unmarshal(l.raw, &l.sub); err != nil {
		return domain.Errorf(domain.Malformed, "the line cannot be decoded")
	}
	if value(l.sub.Channel) == "" {
		return domain.InvalidField("channel", "required", "is missing")
	}
	return nil
}

// keys are what makes the order of two lines count: the same thing twice, or two additions to one inquiry.
func (l *line) keys() []string {
	sub := &l.sub
	account := value(sub.Account)
	if account == "" {
		account = domain.DefaultAccount
	}
	prefix := value(sub.Channel) + "|" + account + "|"
	var out []string
	switch {
	case value(sub.ExternalId) != "":
		out = append(out, prefix+"x|"+*sub.ExternalId)
	case sub.Phone != nil:
		out = append(out, prefix+"c|"+sub.Phone.CallId)
	case sub.Board != nil:
		out = append(out, prefix+"p|"+value(sub.Board.Board)+"|"+sub.Board.PostId)
	}
	if id := value(sub.InquiryId); id != "" {
		out = append(out, "inquiry|"+id)
	}
	return out
}

// work takes a line in and answers it.
func (b *batch) work(ctx context.Context, l *line) {
	defer close(l.done)
	defer func() {
		if r := recover(); r != nil {
			l.answer <- b.problem(fmt.Errorf("panic: %v\n%s", r, debug.Stack()))
		}
	}()
	for _, before := range l.after {
		<-before
	}
	answer, err := b.receive(ctx, l)
	if err != nil {
		l.answer <- b.problem(err)
		return
	}
	l.answer <- append(answer, '\n')
}

func (b *batch) receive(ctx context.Context, l *line) ([]byte, error) {
	s, channel := b.server, domain.Channel(value(l.sub.Channel))
	if b.key == "" {
		res, err := s.receive(ctx, channel, &l.sub, nil)
		return encode(receipt(res)), err
	}
	claim := domain.NewIdempotencyClaim(domain.ActorFrom(ctx), b.key+"#"+strconv.Itoa(l.n), "POST /v1/intake/batch", l.raw, s.Clock())
	seen, err := claim.Seen(ctx, s.Store, s.Clock())
	if err != nil {
		return nil, err
	}
	if seen == nil {
		res, err := s.receive(domain.WithIdempotency(ctx, claim), channel, &l.sub, nil)
		if err == nil {
			answer := encode(receipt(res))
			return answer, s.keep(ctx, claim, http.StatusCreated, mediaJSON, answer)
		}
		if !isRace(err) {
			return nil, err
		}
	}
	rec, err := s.answerOf(ctx, claim)
	if err != nil {
		return nil, err
	}
	return s.receiptAgain(ctx, rec)
}
