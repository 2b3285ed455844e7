package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"sori/domain"
)

// client talks to a program that serves on a port of its own.
type client struct {
	*teller
	base  string
	token string
}

// serving starts the doors of a story's program on a free port of the loopback.
func serving(s *teller) *client {
	s.Helper()
	s.config.Addr, s.config.Dev = "127.0.0.1:0", true
	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan net.Addr, 1), make(chan error, 1)
	go func() { done <- s.serve(ctx, io.Discard, ready) }()
	s.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			s.Error("serve:", err)
		}
	})
	token, err := signToken(s.config, domain.RoleAdmin, "tester", "", time.Hour)
	s.must(err)
	select {
	case addr := <-ready:
		return &client{s, "http://" + addr.String(), token}
	case err := <-done:
		s.Fatal(err)
		return nil
	}
}

func (c *client) do(method, path, contentType string, body []byte) (int, http.Header, []byte) {
	c.Helper()
	req, err := http.NewRequestWithContext(c.ctx, method, c.base+path, bytes.NewReader(body))
	c.must(err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	c.must(err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	c.must(err)
	return resp.StatusCode, resp.Header, got
}

// ask expects a status and decodes the answer.
func (c *client) ask(method, path, contentType string, body []byte, status int) map[string]any {
	c.Helper()
	got, _, answer := c.do(method, path, contentType, body)
	if got != status {
		c.Fatalf("%s %s: %d, want %d: %.300s", method, path, got, status, answer)
	}
	var out map[string]any
	if err := json.Unmarshal(answer, &out); err != nil {
		c.Fatalf("%s %s: %v in %.300s", method, path, err, answer)
	}
	return out
}

// dig follows a path of keys and list places through a decoded answer.
func dig(v any, path ...any) any {
	for _, step := range path {
		switch key := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[key]
		case int:
			list, _ := v.([]any)
			if key >= len(list) {
				return nil
			}
			v = list[key]
		}
	}
	return v
}

func (c *client) graphql(query string, variables map[string]any) map[string]any {
	c.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	c.must(err)
	out := c.ask("POST", "/graphql", "application/json", body, http.StatusOK)
	if out["errors"] != nil {
		c.Fatalf("%s: %v", query, out["errors"])
	}
	return out["data"].(map[string]any)
}

// The example of the README, through both doors.
func TestAKoreanMailThroughBothDoors(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		c := serving(s)
		raw, err := os.ReadFile("testdata/mail/korean-cp949.eml")
		s.must(err)
		r := c.ask("POST", "/v1/intake/email", "message/rfc822", raw, http.StatusCreated)
		id := dig(r, "inquiry", "id").(string)
		again := c.ask("POST", "/v1/intake/email", "message/rfc822", raw, http.StatusOK)
		if again["duplicate"] != true || dig(again, "interaction", "id") != dig(r, "interaction", "id") {
			t.Errorf("the same mail again: %v", again)
		}
		rest := c.ask("GET", "/v1/inquiries/"+id+"?include=interactions", "", nil, http.StatusOK)
		text, _ := dig(rest, "interactions", 0, "text").(string)
		file, _ := dig(rest, "interactions", 0, "attachments", 0, "name").(string)
		if !hangul(text) || !hangul(file) {
			t.Errorf("text %q, attachment %q are not Korean", text, file)
		}
		_, _, source := c.do("GET", "/v1/interactions/"+dig(r, "interaction", "id").(string)+"/raw", "", nil)
		if !bytes.Equal(source, raw) {
			t.Error("the source came back changed")
		}
		q := c.graphql(`query($id: ID!){inquiry(id:$id){number subject customer{id name} interactions(first:5){edges{node{text replyText attachments{name size}}}}}}`, map[string]any{"id": id})
		if dig(q, "inquiry", "number") != rest["number"] || dig(q, "inquiry", "subject") != rest["subject"] || dig(q, "inquiry", "customer", "id") != rest["customerId"] {
			t.Errorf("the doors disagree: %v and %v", q, rest)
		}
		if got := dig(q, "inquiry", "interactions", "edges", 0, "node", "text"); got != text {
			t.Errorf("GraphQL has the text %q", got)
		}
		reply := dig(rest, "interactions", 0, "replyText")
		if got := dig(q, "inquiry", "interactions", "edges", 0, "node", "replyText"); got != reply || reply == nil || reply == "" {
			t.Errorf("the reply text is %v by REST, %v by GraphQL", reply, got)
		}
		word := []rune(strings.Fields(text)[0])
		c.eventually("search finds the mail", func() bool {
			hits := c.ask("GET", "/v1/search?q="+url.QueryEscape(string(word[:min(2, len(word))])), "", nil, http.StatusOK)
			return dig(hits, "items", 0, "inquiryId") == id
		})
	})
}

func hangul(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0xAC00 && r <= 0xD7A3 })
}

func TestAFaxComesInWithItsFile(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		c := serving(s)
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		meta, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="meta"`}, "Content-Type": {"application/json"}})
		s.must(err)
		fmt.Fprint(meta, `{"externalId":"fax-1","from":{"fax":"02-555-0100"},"subject":"신청서","text":"","fax":{"csid":"025550100","pages":1,"line":"1"}}`)
		file, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="page.pdf"`}, "Content-Type": {"application/pdf"}})
		s.must(err)
		page := []byte("%PDF-1.4\n" + strings.Repeat("x", 100_000))
		_, err = file.Write(page)
		s.must(err)
		s.must(form.Close())
		r := c.ask("POST", "/v1/intake/fax", form.FormDataContentType(), body.Bytes(), http.StatusCreated)
		status, h, got := c.do("GET", "/v1/interactions/"+dig(r, "interaction", "id").(string)+"/attachments/1", "", nil)
		if status != http.StatusOK || !bytes.Equal(got, page) || h.Get("Content-Type") != "application/pdf" {
			t.Errorf("the page came back as %d, %d bytes, %s", status, len(got), h.Get("Content-Type"))
		}
	})
}

func TestTheFeedIsFollowedLive(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		c := serving(s)
		req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, c.base+"/v1/events/stream", nil)
		s.must(err)
		req.Header.Set("Authorization", "Bearer "+c.token)
		resp, err := http.DefaultClient.Do(req)
		s.must(err)
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
			t.Fatalf("stream: %d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
		}
		memo := `{"from":{"email":"live@x.test"},"text":"지금","memo":{"location":"로비"}}`
		r := c.ask("POST", "/v1/intake/memo", "application/json", []byte(memo), http.StatusCreated)
		seen := make(chan bool, 1)
		go func() {
			for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
				if strings.HasPrefix(lines.Text(), "data:") && strings.Contains(lines.Text(), dig(r, "interaction", "id").(string)) {
					seen <- true
					return
				}
			}
			seen <- false
		}()
		select {
		case ok := <-seen:
			if !ok {
				t.Error("the stream ended without the event")
			}
		case <-time.After(20 * time.Second):
			t.Error("the event never came")
		}
	})
}

func TestStopAndStart(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "short"} {
		if _, err := loadConfig(func(name string) string {
			return map[string]string{"SORI_JWT_SECRET": bad, "SORI_DATA_DIR": t.TempDir(), "SORI_ADDR": "nonsense"}[name]
		}); err == nil ||
			!strings.Contains(err.Error(), "SORI_JWT_SECRET") || !strings.Contains(err.Error(), "SORI_ADDR") || !strings.Contains(err.Error(), "SORI_SEAL_KEYS") {
			t.Errorf("secret %q: all faults at once, please: %v", bad, err)
		}
	}
	dir := t.TempDir()
	env := func(name string) string { return map[string]string{"SORI_DEV": "1", "SORI_DATA_DIR": dir}[name] }
	first, err := loadConfig(env)
	if err != nil {
		t.Fatal(err)
	}
	second, err := loadConfig(env)
	if err != nil || first.JWTSecret != second.JWTSecret || first.SealKeys != second.SealKeys {
		t.Errorf("generated secrets did not stay: %v", err)
	}
	if info, err := os.Stat(first.secretsFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("secrets file: %v %v", info, err)
	}
}
