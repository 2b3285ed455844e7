package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
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

// exampleLines is a request of labelled texts, and its answer. Lines are kept many at a time. They are answered when all are read, since most clients send
// everything before they read anything.
type exampleLines struct {
	batch
	drafts  []triage.ExampleDraft
	answers [][]byte // of the lines in drafts, and of those among them that were refused before; nil is a draft's
	out     bytes.Buffer
}

// VisitAddExamplesResponse reads, keeps and answers.
func (l *exampleLines) VisitAddExamplesResponse(w http.ResponseWriter) error {
	l.requestID = w.Header().Get(requestIDHeader)
	l.readLines()
	l.flush()
	out := newStream(w, mediaLines)
	w.WriteHeader(http.StatusOK)
	_, _ = l.out.WriteTo(out) // a client that is gone has nothing to be told
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
	l.answers = append(l.answers, nil)
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
	l.answers = append(l.answers, l.problem(err))
}

// flush keeps what was taken, and answers it. What fails as a whole is told to each of its lines.
func (l *exampleLines) flush() {
	var results []triage.ExampleResult
	var err error
	if len(l.drafts) > 0 {
		results, err = l.server.Triage.AddExamples(l.ctx, l.drafts)
	}
	next := 0
	for _, answer := range l.answers {
		if answer == nil {
			if err == nil {
				answer = l.result(results[next])
			} else {
				answer = l.problem(err)
			}
			next++
		}
		l.out.Write(answer)
	}
	l.drafts, l.answers = l.drafts[:0], l.answers[:0]
}

func (l *exampleLines) result(r triage.ExampleResult) []byte {
	if r.Err != nil {
		return l.problem(r.Err)
	}
	return append(encode(gen.ExampleResult{Id: r.ID, Status: string(r.Status)}), '\n')
}
