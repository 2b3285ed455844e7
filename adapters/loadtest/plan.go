package loadtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sori/domain"
	"sori/domain/intake"
)

// Plan is what a run measures on a server.
type Plan struct {
	Base      string // http://127.0.0.1:8080
	Token     string
	Customers int // of the crowd that filled the store
	Workers   int
	inquiries []string
	deep      string // cursor of the last page that Prepare came to
}

// Prepare looks for inquiries to read, in as many pages of the inbox as the questions want, or as far as there are any.
func (p *Plan) Prepare(questions []Question) error {
	pages := 1
	for _, q := range questions {
		pages = max(pages, q.Pages)
	}
	cursor := ""
	for n := 0; n < pages; n++ {
		var page struct {
			Items      []struct{ ID string }
			NextCursor *string
		}
		if err := p.get("/v1/inquiries?limit=25&cursor="+url.QueryEscape(cursor), &page); err != nil {
			return err
		}
		for _, x := range page.Items {
			p.inquiries = append(p.inquiries, x.ID)
		}
		p.deep = cursor
		if page.NextCursor == nil {
			break
		}
		cursor = *page.NextCursor
	}
	if len(p.inquiries) == 0 {
		return fmt.Errorf("the store is empty: run `sori bench fill` first")
	}
	return nil
}

func (p *Plan) get(path string, into any) error {
	req, err := http.NewRequest(http.MethodGet, p.Base+path, nil) //nolint:noctx // a loopback call of a benchmark
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %d %.200s", path, resp.StatusCode, body)
	}
	return json.Unmarshal(body, into)
}

// Questions gives what is measured, with the goals on the embedded store (64 connections, two cores shared with the client).
func (p *Plan) Questions() []Question {
	run := fmt.Sprint("bench", time.Now().UnixNano())
	crowds := make([]*Crowd, p.Workers)
	for w := range crowds {
		crowds[w] = NewCrowd(uint64(1000+w), p.Customers, fmt.Sprintf("%s-%d", run, w))
	}
	words := []string{"환불 결제", "배송 주문", "refund payment", "로그인 오류", "booking friday", "쿠폰 적용", "invoice company", "카드 한도"}
	return []Question{
		{"intake, memo of a known customer", 3000, 1, func(w, _ int) (*http.Request, error) { return p.memo(crowds[w].Memo(true, time.Now())) }},
		{"intake, memo of a new customer", 3000, 1, func(w, _ int) (*http.Request, error) { return p.memo(crowds[w].Memo(false, time.Now())) }},
		{"inbox, first page", 2500, 1, func(int, int) (*http.Request, error) { return p.read("/v1/inquiries?limit=25&statusCategory=open") }},
		{"inbox, 1000th page", 2500, 1000, func(int, int) (*http.Request, error) {
			return p.read("/v1/inquiries?limit=25&cursor=" + url.QueryEscape(p.deep))
		}},
		{"one inquiry with interactions", 4000, 200, func(w, n int) (*http.Request, error) {
			return p.read("/v1/inquiries/" + p.inquiries[(w*7919+n)%len(p.inquiries)] + "?include=interactions")
		}},
		{"lookup by phone", 8000, 1, func(w, n int) (*http.Request, error) {
			return p.read("/v1/customers/lookup?phone=" + url.QueryEscape(phoneOf(uint64((w*31+n)%min(200, p.Customers)))))
		}},
		{"search of two words", 500, 1, func(w, n int) (*http.Request, error) {
			return p.read("/v1/search?limit=25&q=" + url.QueryEscape(words[(w+n)%len(words)]))
		}},
		{"intake, raw mail of 20 KB", 800, 1, func(w, _ int) (*http.Request, error) { return p.mail(crowds[w].Mail(20<<10, time.Now())) }},
	}
}

func (p *Plan) read(path string) (*http.Request, error) {
	return http.NewRequest(http.MethodGet, p.Base+path, nil) //nolint:noctx // a loopback call of a benchmark
}

func (p *Plan) mail(raw []byte) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, p.Base+"/v1/intake/email", bytes.NewReader(raw)) //nolint:noctx // a loopback call of a benchmark
	if err == nil {
		req.Header.Set("Content-Type", "message/rfc822")
	}
	return req, err
}

func (p *Plan) memo(sub intake.Submission) (*http.Request, error) {
	body, err := json.Marshal(map[string]any{
		"externalId": sub.ExternalID, "occurredAt": sub.OccurredAt.UTC(), "from": party(sub.From), "subject": sub.Subject, "text": sub.Text,
		"tags": append([]string{}, sub.Tags...), "memo": sub.Memo,
	})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, p.Base+"/v1/intake/memo", strings.NewReader(string(body))) //nolint:noctx // a loopback call of a benchmark
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, err
}

func party(p domain.Party) map[string]string {
	out := map[string]string{"name": p.Name}
	if p.Phone != "" {
		out["phone"] = p.Phone
	}
	if p.Email != "" {
		out["email"] = p.Email
	}
	return out
}
