package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/triage"
)

// ListExamples gives a page of what the classifier learns from.
func (s *server) ListExamples(ctx context.Context, r gen.ListExamplesRequestObject) (gen.ListExamplesResponseObject, error) {
	page, err := s.Triage.ListExamples(ctx, value(r.Params.Type), request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListExamples200JSONResponse{Items: each(page.Items, example), NextCursor: null(page.NextCursor)}, nil
}

// DeleteExample removes an example.
func (s *server) DeleteExample(ctx context.Context, r gen.DeleteExampleRequestObject) (gen.DeleteExampleResponseObject, error) {
	if err := s.Triage.DeleteExample(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteExample200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

func example(x *domain.Example) gen.Example {
	return gen.Example{
		Id: x.ID, Type: x.Type, Text: x.Text, Language: null(x.Language), Source: string(x.Source), InquiryId: null(x.InquiryID), CreatedAt: x.CreatedAt,
		UpdatedAt: x.UpdatedAt, Version: x.Version,
	}
}

// AddExamples keeps labelled texts, a line each.
func (s *server) AddExamples(ctx context.Context, r gen.AddExamplesRequestObject) (gen.AddExamplesResponseObject, error) {
	return &exampleLines{batch: batch{server: s, ctx: ctx, in: bufio.NewReaderSize(r.Body, 64<<10)}}, nil
}

// exampleLines is a request of labelled texts, and its answer. Lines are kept many at a time, and answered when all are read.
type exampleLines struct {
	batch
	drafts []triage.ExampleDraft
	places []int // of the drafts' answers
	items  []gen.ExampleResult
}

// VisitAddExamplesResponse reads, keeps and answers.
func (l *exampleLines) VisitAddExamplesResponse(w http.ResponseWriter) error {
	l.requestID = w.Header().Get(requestIDHeader)
	l.readLines()
	l.flush()
	out := newStream(w, mediaJSON)
	w.WriteHeader(http.StatusOK)
	_, _ = out.Write(encode(gen.ExampleResultList{Items: list(l.items)})) // a client that is gone has nothing to be told
	return nil
}

// readLines takes each line. It ends with the body, with a fault that makes the rest unreadable, or with the request.
func (l *exampleLines) readLines() {
	limits := l.server.Limits
	for n := 1; l.ctx.Err() == nil; {
		raw, err := l.readLine()
		switch {
		case errors.Is(err, io.EOF):
			return
		case errors.Is(err, errLongLine):
			l.refuse(domain.Errorf(domain.TooLarge, "line %d is longer than %d bytes", n, limits.Line))
		case err != nil:
			l.refuse(unreadable(err))
			return
		case len(bytes.TrimSpace(raw)) == 0:
			continue
		case n > limits.BatchLines:
			l.refuse(domain.Errorf(domain.TooLarge, "a body has at most %d lines; this one and the rest were not kept", limits.BatchLines))
			return
		default:
			l.take(raw)
		}
		n++
	}
}

// take reads one line into the next call.
func (l *exampleLines) take(raw []byte) {
	d, err := l.draft(raw)
	if err != nil {
		l.refuse(err)
		return
	}
	l.drafts = append(l.drafts, d)
	l.places = append(l.places, len(l.items))
	l.items = append(l.items, gen.ExampleResult{})
	if len(l.drafts) == triage.MaxExampleBatch {
		l.flush()
	}
}

func (l *exampleLines) draft(raw []byte) (triage.ExampleDraft, error) {
	v, err := decodeJSON(raw)
	if err != nil {
		return triage.ExampleDraft{}, err
	}
	if err := l.server.checkSchema(l.server.document.example, v); err != nil {
		return triage.ExampleDraft{}, err
	}
	var d gen.ExampleDraft
	if err := json.Unmarshal(raw, &d); err != nil {
		return triage.ExampleDraft{}, domain.Errorf(domain.Malformed, "the line cannot be decoded")
	}
	return triage.ExampleDraft{Type: d.Type, Text: d.Text, Language: value(d.Language)}, nil
}

func (l *exampleLines) refuse(err error) {
	l.items = append(l.items, l.refusal(err))
}

// refusal tells why a line was not kept. An internal error is logged.
func (l *exampleLines) refusal(err error) gen.ExampleResult {
	p := problemOf(err, l.requestID)
	if p.Code == string(domain.Internal) {
		l.server.Log.Error("internal error", slog.String("requestId", l.requestID), slog.String("route", "example line"), slog.Any("err", err))
	}
	return gen.ExampleResult{Status: string(triage.ExampleRefused), Problem: &p}
}

// flush keeps what was taken, and answers it. What fails as a whole is told to each of its lines.
func (l *exampleLines) flush() {
	if len(l.drafts) == 0 {
		return
	}
	results, err := l.server.Triage.AddExamples(l.ctx, l.drafts)
	for i, place := range l.places {
		switch {
		case err != nil:
			l.items[place] = l.refusal(err)
		case results[i].Err != nil:
			l.items[place] = l.refusal(results[i].Err)
		default:
			l.items[place] = gen.ExampleResult{Id: &results[i].ID, Status: string(results[i].Status)}
		}
	}
	l.drafts, l.places = l.drafts[:0], l.places[:0]
}
