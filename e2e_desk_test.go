package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sori/adapters/email"
	"sori/domain"
	"sori/domain/survey"
)

// json asks with a body of JSON.
func (c *client) json(method, path string, body map[string]any, status int) map[string]any {
	c.Helper()
	raw, err := json.Marshal(body)
	c.must(err)
	return c.ask(method, path, "application/json", raw, status)
}

// A mail's whole way at a desk that has everything on: an agent who is there gets it, answers and resolves it, the customer is asked how it was and says so, and
// somebody else's program is told of each step.
func TestAMailIsRoutedAnsweredAndRated(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		p, h := posting(s), receiving(s)
		c := serving(s)
		hook := c.json("POST", "/v1/webhooks", map[string]any{"url": h.URL, "name": "CRM", "events": []string{"inquiry.*"}}, http.StatusCreated)
		c.json("PATCH", "/v1/surveys/settings", map[string]any{"active": true, "delayMinutes": 0, "linkBase": "https://shop.test/how?lang=ko"}, http.StatusOK)
		kim := c.json("POST", "/v1/agents", map[string]any{"key": "kim", "name": "김상담"}, http.StatusCreated)
		c.json("PUT", fmt.Sprintf("/v1/agents/%s/presence", kim["id"]), map[string]any{"state": "online"}, http.StatusOK)

		raw := "From: 홍길동 <hong@mail.test>\r\nTo: VOC@shop.test\r\nSubject: refund\r\nMessage-ID: <m1@mail.test>\r\n\r\nWhen?\r\n"
		r := c.ask("POST", "/v1/intake/email", "message/rfc822", []byte(raw), http.StatusCreated)
		path := "/v1/inquiries/" + dig(r, "inquiry", "id").(string)
		c.eventually("routing gives it to the agent", func() bool {
			return c.ask("GET", path, "", nil, http.StatusOK)["assignee"] == "kim"
		})
		c.json("POST", path+"/replies", map[string]any{"text": "Today.", "resolve": true}, http.StatusCreated)
		c.eventually("the answer and the question are sent", func() bool { return len(p.relay.got()) == 2 })
		mails, parser := p.relay.got(), email.NewParser(email.Options{})
		asked := slices.IndexFunc(mails, func(m relayed) bool { return strings.Contains(parser.Parse(m.raw).Text, "https://shop.test/how") })
		if len(mails) != 2 || asked < 0 {
			s.Fatalf("%d mails, the link in %d", len(mails), asked)
		}
		token := (&asker{p}).token(mails[asked])
		answer := map[string]any{"token": token, "score": 5, "text": "친절했습니다"}
		c.json("POST", "/v1/surveys/answer", answer, http.StatusOK)
		c.json("POST", "/v1/surveys/answer", answer, http.StatusConflict)
		report := c.ask("GET", "/v1/reports/csat?by="+string(survey.ByAgent), "", nil, http.StatusOK)
		if dig(report, "rows", 0, "key") != "kim" || dig(report, "rows", 0, "answered") != 1.0 {
			s.Errorf("the report: %v", report)
		}

		want := []string{domain.EventInquiryCreated, domain.EventInquiryAssigned, domain.EventInquiryResolved}
		var told []string
		c.eventually("the webhook is told", func() bool {
			told = slices.DeleteFunc(types(h.took()), func(verb string) bool { return !slices.Contains(want, verb) })
			told = slices.Compact(told) // it was assigned to a queue first, then to the agent
			return len(told) >= len(want)
		})
		if !slices.Equal(told, want) {
			s.Errorf("told %v, want %v", told, want)
		}
		for _, x := range h.took() {
			if !x.verify(hook["secret"].(string)) {
				s.Errorf("%s is signed %s", x.id, x.signature)
			}
		}
	})
}

// What the running program does by itself behind the doors: an index that is gone is made anew at its start, and counts are pushed.
func TestAProgramMakesItsIndexAndPushesCounts(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		id := s.memo(domain.Party{Phone: "010-2222-3333"}, "멤버십 환불 문의").InquiryID
		s.events() // when all are numbered
		_, err := s.searchFollower().RunOnce(s.ctx)
		s.must(err)
		s.must(s.store.Search().Clear(s.ctx))
		s.later(time.Minute) // whoever read the feed has gone
		c := serving(s)
		c.eventually("search finds it again", func() bool {
			hits := c.ask("GET", "/v1/search?q="+url.QueryEscape("멤버십"), "", nil, http.StatusOK)
			return dig(hits, "items", 0, "inquiryId") == id
		})

		view := c.json("POST", "/v1/views", map[string]any{"name": "open", "shared": true, "filter": map[string]any{"statusCategory": "open"}}, http.StatusCreated)["id"].(string)
		req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, c.base+"/v1/views/counts/stream?id="+view, nil)
		s.must(err)
		req.Header.Set("Authorization", "Bearer "+c.token)
		resp, err := http.DefaultClient.Do(req)
		s.must(err)
		defer resp.Body.Close()
		stop := time.AfterFunc(20*time.Second, func() { resp.Body.Close() })
		defer stop.Stop()
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if strings.Contains(lines.Text(), `"count":1,"ready":true`) {
				return
			}
		}
		s.Error("the count was never pushed")
	})
}
