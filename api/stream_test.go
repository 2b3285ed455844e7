package api

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sori/domain"
)

// gone is a client that reads a little and goes.
type gone struct {
	http.ResponseWriter
	left int
}

func (g *gone) Write(p []byte) (int, error) {
	if g.left -= len(p); g.left < 0 {
		return 0, errors.New("broken pipe")
	}
	return g.ResponseWriter.Write(p)
}

// TestAStreamThatBreaksOffSaysSo: whoever reads can tell that rows are missing, and a reader that is gone stops the reading.
func TestAStreamThatBreaksOffSaysSo(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"ndjson", "csv"} {
		var log bytes.Buffer
		s := &server{Deps: Deps{Log: slog.New(slog.NewJSONHandler(&log, nil))}}
		pages := 0
		first := domain.Page[domain.Inquiry]{Items: []*domain.Inquiry{{Number: "Q-1", Subject: "=x"}}, NextCursor: "more"}
		x := s.inquiryExport(first, func(string) (domain.Page[domain.Inquiry], error) {
			if pages++; pages == 1 {
				return domain.Page[domain.Inquiry]{NextCursor: "yet more"}, nil
			}
			return domain.Page[domain.Inquiry]{}, errors.New("the secret reason")
		}, format == "csv")
		w := httptest.NewRecorder()
		if err := x.VisitExportInquiriesResponse(w); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(w.Body.String(), "\n")
		last := lines[len(lines)-1]
		if format == "ndjson" {
			last = lines[len(lines)-2]
		}
		if !strings.Contains(last, "req_") || strings.Contains(w.Body.String(), "secret") || !strings.Contains(log.String(), "secret") {
			t.Errorf("%s: %q, log %s", format, w.Body, &log)
		}
		pages = 0
		if err := x.VisitExportInquiriesResponse(&gone{httptest.NewRecorder(), 10}); err != nil || pages != 0 {
			t.Errorf("%s: a reader that is gone: %v, %d more pages read", format, err, pages)
		}
	}
}

// TestLinesSurviveAPanic: a line that makes the use case panic is answered with an id, and its neighbours are not hurt.
func TestLinesSurviveAPanic(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := &server{Deps: Deps{Log: slog.New(slog.NewJSONHandler(&log, nil)), Limits: Limits{}.withDefaults()}} // no use case: calling it panics
	b := &batch{server: s, requestID: "mine", last: map[string]chan struct{}{}}
	l := &line{done: make(chan struct{}), answer: make(chan []byte, 1)}
	b.work(domain.WithActor(context.Background(), domain.System("test")), l)
	if got := string(<-l.answer); !strings.Contains(got, `"code":"internal"`) || !strings.Contains(got, "mine") || !strings.Contains(log.String(), "panic") {
		t.Errorf("%s, log %s", got, &log)
	}
	<-l.done
}
