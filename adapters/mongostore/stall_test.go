package mongostore

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"sori/adapters/storetest"
	"sori/domain"
)

// valve stands between a store and its server, and lets no answer through while it is locked.
type valve struct{ sync.RWMutex }

// open gives the address of the server behind the valve.
func (v *valve) open(t *testing.T, uri string) string {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	server := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return // the listener is closed
			}
			go v.join(client, server)
		}
	}()
	u.Host = l.Addr().String()
	q := u.Query()
	q.Set("directConnection", "true")
	u.RawQuery = q.Encode()
	return u.String()
}

func (v *valve) join(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	go func() { _, _ = io.Copy(server, client) }()
	for buf := make([]byte, 32<<10); ; {
		n, err := server.Read(buf)
		v.RLock()
		_, wrong := client.Write(buf[:n])
		v.RUnlock()
		if err != nil || wrong != nil {
			return
		}
	}
}

// TestSettleGivesUpOnAServerThatStalls: who reads the feed is answered without what may still be in the line, and gets no error for it.
func TestSettleGivesUpOnAServerThatStalls(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	var v valve
	s, err := Open(t.Context(), Options{URI: v.open(t, testURI(t)), Database: database, Specs: []*domain.Spec{&storetest.Journal.Spec}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.Lock()
	err = s.Settle(t.Context())
	v.Unlock()
	if err != nil {
		t.Errorf("it settled with %v", err)
	}
}
