package api

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/desk"
)

// ExportInquiries streams all inquiries that a filter chooses.
func (s *server) ExportInquiries(ctx context.Context, r gen.ExportInquiriesRequestObject) (gen.ExportInquiriesResponseObject, error) {
	p := r.Params
	filter := filterDraft(gen.InquiryFilterDraft{
		Status: p.Status, StatusCategory: p.StatusCategory, Queue: p.Queue, Team: p.Team, Assignee: p.Assignee, Type: p.Type, Channel: p.Channel, Tier: p.Tier,
		Tag: p.Tag, Customer: p.Customer, Priority: p.Priority, Unread: p.Unread,
	})
	next := func(cursor string) (domain.Page[domain.Inquiry], error) {
		return s.Desk.List(ctx, filter, desk.Sort(value(p.Sort)), domain.PageRequest{Limit: domain.MaxLimit, Cursor: cursor})
	}
	first, err := next("") // what is wrong with the question is told before the stream begins
	if err != nil {
		return nil, err
	}
	return s.inquiryExport(first, next, value(p.Format) == gen.Csv), nil
}

func (s *server) inquiryExport(first domain.Page[domain.Inquiry], next func(string) (domain.Page[domain.Inquiry], error), csv bool) export[domain.Inquiry] {
	line := func(q *domain.Inquiry) any { return inquiry(q) }
	return export[domain.Inquiry]{page: first, next: next, csv: csv, broken: s.broken, header: inquiryHeader, row: inquiryRow, line: line}
}

// broken tells of an error in the middle of a stream, and logs it.
func (s *server) broken(err error) gen.Problem {
	id := domain.NewID("req")
	s.Log.Error("a stream broke off", "requestId", id, "err", err)
	return problemOf(err, id)
}

// export is an answer of rows, read page by page as they are sent.
type export[T any] struct {
	page   domain.Page[T]
	next   func(cursor string) (domain.Page[T], error)
	csv    bool
	broken func(error) gen.Problem
	header []string // of CSV
	row    func(*T) []string
	line   func(*T) any // of NDJSON
}

// VisitExportInquiriesResponse writes the rows.
func (x export[T]) VisitExportInquiriesResponse(w http.ResponseWriter) error { return x.write(w) }

// VisitExportAuditResponse writes the rows.
func (x export[T]) VisitExportAuditResponse(w http.ResponseWriter) error { return x.write(w) }

func (x export[T]) write(w http.ResponseWriter) error {
	if x.csv {
		return x.writeCSV(newStream(w, "text/csv; charset=utf-8"))
	}
	return x.writeLines(newStream(w, mediaLines))
}

var errGone = errors.New("the reader is gone")

// pages hands each page to write and sends it. errGone if nobody reads any more.
func (x export[T]) pages(out *stream, write func([]*T) error) (err error) {
	for page := x.page; ; {
		if write(page.Items) != nil || out.Flush() != nil {
			return errGone
		}
		if page.NextCursor == "" {
			return nil
		}
		if page, err = x.next(page.NextCursor); err != nil {
			return err
		}
	}
}

func (x export[T]) writeLines(out *stream) error {
	buffer := bufio.NewWriterSize(out, 64<<10)
	lines := json.NewEncoder(buffer)
	err := x.pages(out, func(items []*T) error {
		for _, item := range items {
			if err := lines.Encode(x.line(item)); err != nil {
				return err
			}
		}
		return buffer.Flush()
	})
	if err == nil || errors.Is(err, errGone) {
		return nil
	}
	_, err = out.Write(append(encode(x.broken(err)), '\n'))
	return err
}

var inquiryHeader = []string{
	"id", "number", "subject", "status", "statusCategory", "priority", "type", "queue", "team", "assignee", "customerId", "tier", "account", "channel", "campaign", "language",
	"tags", "createdAt", "updatedAt", "lastInteractionAt", "resolvedAt", "dueAt", "disposition", "version",
}

func (x export[T]) writeCSV(out *stream) error {
	rows := csv.NewWriter(out)
	rows.UseCRLF = true      // RFC 4180 section 2
	_ = rows.Write(x.header) // an error stays with the writer, and comes up with the first page
	err := x.pages(out, func(items []*T) error {
		for _, item := range items {
			if err := rows.Write(harmlessly(x.row(item))); err != nil {
				return err
			}
		}
		rows.Flush()
		return rows.Error()
	})
	if err == nil || errors.Is(err, errGone) {
		return nil
	}
	_, err = out.Write([]byte("error: " + x.broken(err).RequestId))
	return err
}

func inquiryRow(q *domain.Inquiry) []string {
	return []string{
		q.ID, q.Number, q.Subject, string(q.Status), string(q.StatusCategory), string(q.Priority), q.Type, q.Queue, q.Team, q.Assignee, q.CustomerID, q.Tier, q.Account,
		string(q.Channel), q.Origin.Campaign, q.Language, strings.Join(q.Tags, ";"), stamp(&q.CreatedAt), stamp(&q.UpdatedAt), stamp(&q.LastInteractionAt),
		stamp(q.ResolvedAt), stamp(q.DueAt), q.Disposition, strconv.FormatInt(q.Version, 10),
	}
}

func harmlessly(row []string) []string {
	for i, cell := range row {
		row[i] = harmless(cell)
	}
	return row
}

// harmless keeps a spreadsheet from taking a customer's text for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func stamp(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
