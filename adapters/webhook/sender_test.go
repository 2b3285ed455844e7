package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"sori/domain"
)

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"1.1.1.1": true, "8.8.8.8": true, "203.0.114.1": true, "2606:4700::1111": true, "64:ff9b::101:101": true, "2002:101:101::1": true,
		"127.0.0.1": false, "127.8.8.8": false, "0.0.0.0": false, "0.1.2.3": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "100.100.100.200": false, "192.0.0.192": false, "192.0.2.1": false, "198.18.0.1": false, "198.51.100.7": false,
		"203.0.113.9": false, "224.0.0.1": false, "239.255.255.250": false, "240.0.0.1": false, "255.255.255.255": false, "168.63.129.16": false,
		"::": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false,
		"fd00:ec2::254": false, "ff02::1": false, "2001:db8::1": false, "2001::1": false, "64:ff9b::a00:1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::1": false,
		"fec0::1": false, "64:ff9b:1::1": false, "100::1": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

func TestParsePrivate(t *testing.T) {
	t.Parallel()
	for text, holds := range map[string]map[string]bool{
		"": {"10.0.0.1": false}, "false": {"10.0.0.1": false}, "true": {"10.0.0.1": true, "::1": true},
		"10.1.0.0/16, 127.0.0.1": {"10.1.2.3": true, "10.2.0.1": false, "127.0.0.1": true, "127.0.0.2": false},
	} {
		p, err := ParsePrivate(text)
		if err != nil {
			t.Fatal(err)
		}
		for address, want := range holds {
			if got := p.holds(netip.MustParseAddr(address)); got != want {
				t.Errorf("%q holds %s: %v", text, address, got)
			}
		}
	}
	if _, err := ParsePrivate("10.0.0.0/8, everything"); err == nil {
		t.Error("everything is no network")
	}
}

func local(t *testing.T) Private {
	t.Helper()
	p, err := ParsePrivate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func message(url string) domain.WebhookRequest {
	return domain.WebhookRequest{URL: url, ID: "evt_1", Timestamp: time.Unix(1700000000, 0), Signature: "v1,abc", Body: []byte(`{"type":"x"}`)}
}

func TestSend(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		for name, want := range map[string]string{
			"webhook-id": "evt_1", "webhook-timestamp": "1700000000", "webhook-signature": "v1,abc", "Content-Type": "application/json", "User-Agent": "Sori-Webhook",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
		if r.Method != http.MethodPost || string(body) != `{"type":"x"}` {
			t.Errorf("%s %s", r.Method, body)
		}
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(strings.Repeat("x", 1<<20)))
	}))
	defer server.Close()
	r, err := New(Config{Private: local(t)}).Send(t.Context(), message(server.URL))
	if err != nil || r.Status != 429 || r.RetryAfter != 7*time.Second {
		t.Errorf("%+v, %v", r, err)
	}
	// The same without leave: refused at the dial, and nothing of the inside is told.
	_, err = New(Config{}).Send(t.Context(), message(server.URL+"/?key=s3cret"))
	if err == nil || err.Error() != errRefused.Error() {
		t.Error(err)
	}
	_, err = New(Config{AllowHTTP: true}).Send(t.Context(), message(server.URL))
	if err == nil || err.Error() != errRefused.Error() {
		t.Error(err)
	}
}

func TestSendFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer target.Close()
	server := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusPermanentRedirect))
	defer server.Close()
	r, err := New(Config{Private: local(t)}).Send(t.Context(), message(server.URL))
	if err != nil || r.Status != 308 || reached.Load() {
		t.Errorf("%+v, %v, followed: %v", r, err, reached.Load())
	}
}

// TestSendAsksNoProxy, whatever the environment says.
func TestSendAsksNoProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a proxy was asked") }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	_, err := New(Config{}).Send(t.Context(), message("https://name.invalid/"))
	if err == nil {
		t.Error("a name that is nobody's was reached")
	}
}

func TestSendWantsTLS12(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	server.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	server.Config.ErrorLog = nil
	server.StartTLS()
	defer server.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	if _, err := New(Config{Private: local(t), RootCAs: trusted}).Send(t.Context(), message(server.URL)); err == nil {
		t.Error("TLS 1.1 was spoken")
	}
	good := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer good.Close()
	if _, err := New(Config{Private: local(t)}).Send(t.Context(), message(good.URL)); err == nil {
		t.Error("a certificate of nobody was trusted")
	}
	trusted.AddCert(good.Certificate())
	if r, err := New(Config{Private: local(t), RootCAs: trusted}).Send(t.Context(), message(good.URL)); err != nil || r.Status != 204 {
		t.Errorf("%+v, %v", r, err)
	}
}

// rebinding answers the first question for a name with a public address, and every later one with an inner one.
type rebinding struct{ asked atomic.Int32 }

func (d *rebinding) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply, err := d.answer(buf[:n]); err == nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (d *rebinding) answer(question []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return nil, err
	}
	m.Response, m.Additionals = true, nil
	q := m.Questions[0]
	if q.Type == dnsmessage.TypeA {
		address := [4]byte{1, 1, 1, 1}
		if d.asked.Add(1) > 1 {
			address = [4]byte{127, 0, 0, 1}
		}
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: address}}}
	}
	return m.Pack()
}

// TestANameThatChangesItsAddress between the check and the dial gains nothing.
func TestANameThatChangesItsAddress(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the inside was reached") }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	names := &rebinding{}
	s := New(Config{Resolver: names.resolver(t), AllowHTTP: true})
	url := "http://rebind.test:" + port + "/"
	if err := s.Check(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	_, err := s.Send(t.Context(), message(url))
	if err == nil || err.Error() != errRefused.Error() {
		t.Errorf("%v", err)
	}
	if names.asked.Load() < 2 {
		t.Error("the name was not looked at again")
	}
	if err := s.Check(t.Context(), url); !domain.IsCode(err, domain.Invalid) || domain.RuleOf(err) != "address" {
		t.Errorf("%v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	s := New(Config{Clock: func() time.Time { return now }})
	for header, want := range map[string]time.Duration{
		"": 0, "30": 30 * time.Second, " 30 ": 30 * time.Second, "-5": 0, "soon": 0, "99999999999": 7 * 24 * time.Hour, "9999999": 7 * 24 * time.Hour,
		"Sun, 22 Nov 2026 09:01:00 GMT": time.Minute, "Sun, 22 Nov 2026 08:00:00 GMT": 0,
	} {
		if got := s.retryAfter(header); got != want {
			t.Errorf("%q: %s", header, got)
		}
	}
}
