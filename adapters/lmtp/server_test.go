package lmtp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"sori/domain"
)

// desk stands in for the stage that takes mail in.
type desk struct {
	mu      sync.Mutex
	mails   map[string][]string // account → raw mails
	fail    map[string]error    // by account
	waiting chan struct{}       // TakeMail waits for it, if it is not nil
}

func (d *desk) AccountOfAddress(_ context.Context, address string) (string, error) {
	local, host, _ := strings.Cut(strings.ToLower(address), "@")
	local, _, _ = strings.Cut(local, "+")
	switch {
	case local == "down":
		return "", domain.Errorf(domain.Unavailable, "the store does not answer")
	case host != "shop.test" || local == "nobody":
		return "", domain.Errorf(domain.NotFound, "no account has this address")
	}
	return local, nil
}

func (d *desk) TakeMail(ctx context.Context, account string, source domain.MailSource, raw []byte) (domain.MailOutcome, error) {
	if d.waiting != nil {
		<-d.waiting
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return domain.MailOutcome{}, err
	}
	if err := d.fail[account]; err != nil {
		return domain.MailOutcome{}, err
	}
	d.mails[account] = append(d.mails[account], string(raw))
	return domain.MailOutcome{}, nil
}

func (d *desk) of(account string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mails[account]
}

// listen runs a server and gives its address.
func listen(t *testing.T, d *desk, configure ...func(*Config)) (addr string, stop func()) {
	t.Helper()
	if d.mails == nil {
		d.mails = map[string][]string{}
	}
	c := Config{Receiver: d, Log: slog.New(slog.DiscardHandler), Domain: "mx.shop.test", Clock: domain.SystemClock, Timeout: 10 * time.Second}
	for _, f := range configure {
		f(&c)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- New(c).Serve(ctx, l) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

func dial(t *testing.T, addr string, isLMTP bool) *smtp.Client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c := smtp.NewClient(conn)
	if isLMTP {
		c = smtp.NewClientLMTP(conn)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

const letter = "From: Kim <kim@example.com>\r\nSubject: =?utf-8?b?66y47J2Y?=\r\n\r\n안녕하세요\r\n.dot\r\n"

// send gives the code that the mail was answered with: of the command that failed, or of the data.
func send(c *smtp.Client, to []string, body string) (code int, each map[string]*smtp.DataResponse, err error) {
	err = c.Mail("kim@example.com", nil)
	for _, a := range to {
		if err == nil {
			err = c.Rcpt(a, nil)
		}
	}
	var w *smtp.DataCommand
	if err == nil {
		w, err = c.Data()
	}
	if err == nil {
		_, err = w.Write([]byte(body))
	}
	if err == nil {
		each, err = w.CloseWithLMTPResponse()
		if each == nil && err != nil && strings.Contains(err.Error(), "without an LMTP client") {
			_, err = w.CloseWithResponse()
		}
	}
	var answer *smtp.SMTPError
	if errors.As(err, &answer) {
		return answer.Code, each, err
	}
	return 250, each, err
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, isLMTP := range []bool{true, false} {
		for name, tc := range map[string]struct {
			to   []string
			body string
			fail map[string]error
			want int
			kept map[string]int
		}{
			"taken":                         {to: []string{"voc@shop.test"}, want: 250, kept: map[string]int{"voc": 1}},
			"a token behind a plus":         {to: []string{"voc+01abc@shop.test"}, want: 250, kept: map[string]int{"voc": 1}},
			"two accounts":                  {to: []string{"voc@shop.test", "vip@shop.test"}, want: 250, kept: map[string]int{"voc": 1, "vip": 1}},
			"nobody's address":              {to: []string{"nobody@shop.test"}, want: 550},
			"somebody else's: no relaying":  {to: []string{"kim@example.com"}, want: 550},
			"a look-up that fails":          {to: []string{"down@shop.test"}, want: 451},
			"a store that fails":            {to: []string{"voc@shop.test"}, fail: map[string]error{"voc": errors.New("disk full: /var/secret")}, want: 451},
			"an account that went":          {to: []string{"voc@shop.test"}, fail: map[string]error{"voc": domain.InvalidField("account", "known", "gone")}, want: 550},
			"too large":                     {to: []string{"voc@shop.test"}, body: strings.Repeat("x\r\n", 50_000), want: 552},
			"an address that is no address": {to: []string{"voc"}, want: 501},
			"an address without end":        {to: []string{strings.Repeat("a", 600) + "@shop.test"}, want: 501},
		} {
			t.Run(fmt.Sprintf("%s lmtp=%v", name, isLMTP), func(t *testing.T) {
				t.Parallel()
				d := &desk{fail: tc.fail}
				addr, _ := listen(t, d, func(c *Config) { c.SMTP, c.MaxMail = !isLMTP, 100_000 })
				body := tc.body
				if body == "" {
					body = letter
				}
				code, _, err := send(dial(t, addr, isLMTP), tc.to, body)
				if code != tc.want {
					t.Errorf("answered %d (%v), want %d", code, err, tc.want)
				}
				if err != nil && strings.Contains(err.Error(), "secret") {
					t.Errorf("the answer tells what went wrong inside: %v", err)
				}
				for account, n := range tc.kept {
					if got := len(d.of(account)); got != n {
						t.Errorf("%s has %d mails, want %d", account, got, n)
					}
				}
				if len(tc.kept) == 0 && len(d.of("voc")) > 0 {
					t.Error("a mail was kept that was refused")
				}
			})
		}
	}
}

func TestKeepsTheMailAndItsEnvelope(t *testing.T) {
	t.Parallel()
	d := &desk{}
	addr, _ := listen(t, d)
	if code, _, err := send(dial(t, addr, true), []string{"voc+01abc@shop.test"}, letter); code != 250 {
		t.Fatal(err)
	}
	raw := d.of("voc")[0]
	if !strings.HasSuffix(raw, letter) {
		t.Errorf("the mail was changed:\n%s", raw)
	}
	head := strings.TrimSuffix(raw, letter)
	for _, want := range []string{"Return-Path: <kim@example.com>\r\n", "Delivered-To: voc+01abc@shop.test\r\n", "Received: from localhost by mx.shop.test with LMTP; "} {
		if !strings.Contains(head, want) {
			t.Errorf("no %q in\n%s", want, head)
		}
	}
}

// TestEachRecipientHasItsAnswer holds what sets LMTP apart from SMTP.
func TestEachRecipientHasItsAnswer(t *testing.T) {
	t.Parallel()
	d := &desk{fail: map[string]error{"vip": errors.New("disk full")}}
	addr, _ := listen(t, d)
	_, each, err := send(dial(t, addr, true), []string{"voc@shop.test", "vip@shop.test"}, letter)
	var faults smtp.LMTPDataError
	if !errors.As(err, &faults) || faults["vip@shop.test"] == nil || faults["vip@shop.test"].Code != 451 || each["voc@shop.test"] == nil {
		t.Errorf("answers %v, %v; want voc taken and vip later", each, err)
	}
	if len(d.of("voc")) != 1 {
		t.Error("voc has no mail")
	}
}

func TestTooManyRecipients(t *testing.T) {
	t.Parallel()
	d := &desk{}
	addr, _ := listen(t, d, func(c *Config) { c.MaxRecipients = 3 })
	var to []string
	for i := range 4 {
		to = append(to, fmt.Sprintf("a%d@shop.test", i))
	}
	if code, _, err := send(dial(t, addr, true), to, letter); code != 452 {
		t.Errorf("answered %d (%v), want 452", code, err)
	}
}

// TestManyMailsOnManyConnections holds that nothing is lost or mixed up under load, with more clients than connections are let in at once.
func TestManyMailsOnManyConnections(t *testing.T) {
	t.Parallel()
	const clients, mails = 20, 25
	d := &desk{}
	addr, _ := listen(t, d, func(c *Config) { c.Connections, c.Parallel = 8, 4 })
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			c := dial(t, addr, true)
			defer c.Close()
			for n := range mails {
				if code, _, err := send(c, []string{"voc@shop.test"}, fmt.Sprintf("Message-ID: <%d.%d@t>\r\n\r\nx\r\n", i, n)); code != 250 {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, raw := range d.of("voc") {
		_, id, _ := strings.Cut(raw, "Message-ID: <")
		seen[id] = true
	}
	if len(seen) != clients*mails {
		t.Errorf("%d different mails, want %d", len(seen), clients*mails)
	}
}

// TestStopLetsAMailEnd holds that a mail which is being stored when the program stops gets the answer that is true.
func TestStopLetsAMailEnd(t *testing.T) {
	t.Parallel()
	d := &desk{waiting: make(chan struct{})}
	addr, stop := listen(t, d)
	answered := make(chan int, 1)
	c := dial(t, addr, true)
	go func() {
		code, _, _ := send(c, []string{"voc@shop.test"}, letter)
		c.Quit()
		answered <- code
	}()
	time.Sleep(100 * time.Millisecond)
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	time.Sleep(100 * time.Millisecond)
	close(d.waiting)
	if code := <-answered; code != 250 || len(d.of("voc")) != 1 {
		t.Errorf("answered %d, %d mails kept", code, len(d.of("voc")))
	}
	<-stopped
}

// FuzzClient holds that no client brings the server down, whatever it says.
func FuzzClient(f *testing.F) {
	f.Add([]byte("LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<voc@shop.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"))
	f.Add([]byte("LHLO \x00\r\nMAIL FROM:<a@b> SIZE=99999999999\r\nBDAT 5 LAST\r\nabcde"))
	f.Add(bytes.Repeat([]byte("A"), 5000))
	d := &desk{mails: map[string][]string{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.Cleanup(cancel)
	s := New(Config{Receiver: d, Log: slog.New(slog.DiscardHandler), Clock: domain.SystemClock, MaxMail: 10_000, Timeout: time.Second})
	go s.Serve(ctx, l)
	f.Fuzz(func(t *testing.T, said []byte) {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		conn.Write(append(said, "\r\n.\r\nQUIT\r\n"...))
		if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
			t.Fatalf("no greeting: %v", err)
		}
	})
}
