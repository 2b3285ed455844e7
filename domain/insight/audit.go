package insight

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"sori/domain"
	"sori/domain/rrn"
)

// AuditFilter chooses events. Empty fields choose nothing out.
type AuditFilter struct {
	Actor   string // id: the token's subject, the API key's id, the worker's name
	Type    string // "inquiry.resolved"; "inquiry.*" for all of a noun
	Subject string // id
	Inquiry string // id
	From    *time.Time
	To      *time.Time // exclusive
}

// Audit gives what was done, the newest first: who did it, when, to what, and what was before and after. Personal data is masked, whoever asks; events hold none by
// rule. A page by several fields may hold fewer items than asked for while the list goes on. Invalid if From is not before To. It takes the scope audit:read.
func (s *Service) Audit(ctx context.Context, f AuditFilter, req domain.PageRequest) (page domain.Page[domain.Event], err error) {
	ctx, end := domain.Step(ctx, "insight", "audit")
	defer func() { end(err) }()
	if _, err := domain.Require(ctx, domain.ScopeAudit); err != nil {
		return page, err
	}
	if f.From != nil && f.To != nil && !f.From.Before(*f.To) {
		return page, domain.InvalidField("to", "range", "must be later than from")
	}
	q := f.query()
	if q.Index == domain.SeqIndex && (f.From != nil || f.To != nil) {
		page, err = s.auditSpan(ctx, f, req, q)
	} else {
		page, err = domain.Events.Page(ctx, s.Store, req, f.label(), f.keep(q.Index), q)
	}
	for i, e := range page.Items {
		page.Items[i] = masked(e)
	}
	return page, err
}

// auditSpan reads a span of time out of the feed itself, between the numbers that hold it. Those stand in the cursors: the feed grows between two pages, and they would
// not be found the same again.
func (s *Service) auditSpan(ctx context.Context, f AuditFilter, req domain.PageRequest, q domain.Query) (domain.Page[domain.Event], error) {
	var low, high int64
	var err error
	if ends, cursor, held := strings.Cut(req.Cursor, "~"); held {
		if _, err := fmt.Sscanf(ends, "%d-%d", &low, &high); err != nil {
			return domain.Page[domain.Event]{}, domain.InvalidField("cursor", "known", "is not a cursor of this list")
		}
		req.Cursor = cursor
	} else if low, high, err = s.ends(ctx, f); err != nil {
		return domain.Page[domain.Event]{}, err
	}
	q.From, q.To = low, high
	page, err := domain.Events.Page(ctx, s.Store, req, f.label(), f.keep(q.Index), q)
	held := fmt.Sprintf("%d-%d~", low, high)
	cursor := page.Cursor
	page.Cursor = func(i int) string { return held + cursor(i) }
	if page.NextCursor != "" {
		page.NextCursor = held + page.NextCursor
	}
	return page, err
}

// ends gives the numbers between which a span of time lies; the second is not part of it.
func (s *Service) ends(ctx context.Context, f AuditFilter) (low, high int64, err error) {
	if f.From != nil {
		if low, err = domain.SeqAt(ctx, s.Store, *f.From); err != nil {
			return low, high, err
		}
	}
	if f.To != nil {
		high, err = domain.SeqAt(ctx, s.Store, f.To.Add(2*domain.ClockMargin))
		return low, high, err
	}
	high, err = s.Store.LastSeq(ctx, &domain.Events.Spec)
	return low, high + 1, err
}

// label names the question that a cursor belongs to.
func (f AuditFilter) label() string {
	span := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprintf("%q %q %q %q %s %s", f.Actor, f.Type, f.Subject, f.Inquiry, span(f.From), span(f.To))
}

// query goes through the index of the field that chooses fewest.
func (f AuditFilter) query() domain.Query {
	q := domain.Query{Reverse: true}
	for _, x := range []struct{ index, value string }{{"subject", f.Subject}, {"inquiry", f.Inquiry}, {"actor", f.Actor}, {"type", f.exactType()}} {
		if x.value == "" {
			continue
		}
		q.Index, q.Equal = x.index, []any{x.value}
		if f.From != nil {
			q.From = *f.From
		}
		if f.To != nil {
			q.To = *f.To
		}
		return q
	}
	q.Index = domain.SeqIndex
	return q
}

func (f AuditFilter) exactType() string {
	if strings.HasSuffix(f.Type, ".*") {
		return ""
	}
	return f.Type
}

// keep tells what an index alone does not; nil if it tells all.
func (f AuditFilter) keep(index string) func(*domain.Event) bool {
	noun, all := strings.CutSuffix(f.Type, "*")
	type rule struct {
		asked bool
		index string
		holds func(*domain.Event) bool
	}
	var rules []rule
	for _, r := range []rule{
		{f.Subject != "", "subject", func(e *domain.Event) bool { return e.Subject.ID == f.Subject }},
		{f.Inquiry != "", "inquiry", func(e *domain.Event) bool { return e.InquiryID == f.Inquiry }},
		{f.Actor != "", "actor", func(e *domain.Event) bool { return e.Actor.ID == f.Actor }},
		{f.Type != "" && !all, "type", func(e *domain.Event) bool { return e.Type == f.Type }},
		{all, "", func(e *domain.Event) bool { return strings.HasPrefix(e.Type, noun) }},
		{f.From != nil && index == domain.SeqIndex, "", func(e *domain.Event) bool { return !e.At.Before(*f.From) }},
		{f.To != nil && index == domain.SeqIndex, "", func(e *domain.Event) bool { return e.At.Before(*f.To) }},
	} {
		if r.asked && r.index != index {
			rules = append(rules, r)
		}
	}
	if len(rules) == 0 {
		return nil
	}
	return func(e *domain.Event) bool {
		for _, r := range rules {
			if !r.holds(e) {
				return false
			}
		}
		return true
	}
}

// masked gives an event in which nothing looks like a person any more. Events hold no personal data by rule; settings that people wrote (the senders of a rule, the user
// of a mailbox) may.
func masked(e *domain.Event) *domain.Event {
	out := *e
	data, err := domain.MapTexts("data", e.Data, func(_, text string) (string, error) { return maskText(text), nil })
	if err != nil {
		data = nil // it cannot be: masking does not fail
	}
	out.Data = data
	return &out
}

var (
	emailPattern = regexp.MustCompile(`([\p{L}\p{N}])[\p{L}\p{N}._%+'-]*(@[\p{L}\p{N}][\p{L}\p{N}.-]*)`)
	// phonePattern is 9 to 15 digits, as people write numbers; what is part of an id or of a longer run is none.
	phonePattern = regexp.MustCompile(`(^|[^\p{L}\p{N}_.:-])(\+?\(?\d{1,4}\)?(?:[ .-]?\(?\d{2,4}\)?){2,4})($|[^\p{L}\p{N}_:-])`)
)

func maskText(text string) string {
	if clean, _, err := rrn.Redact(text, func(string, string) (string, string, error) { return "", "", nil }); err == nil {
		text = clean
	}
	text = emailPattern.ReplaceAllString(text, "$1***$2")
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		return text
	}
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return text
	}
	return phonePattern.ReplaceAllStringFunc(text, func(found string) string {
		parts := phonePattern.FindStringSubmatch(found)
		if n := digits(parts[2]); n < 9 || n > 15 {
			return found
		}
		return parts[1] + "***" + lastDigits(parts[2]) + parts[3]
	})
}

func digits(s string) (n int) {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

// lastDigits leaves two digits, so that who knows the number knows it again.
func lastDigits(s string) string { return s[len(s)-2:] }
