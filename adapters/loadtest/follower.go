package loadtest

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// perAddress is how many connections come from one address of the loopback, which has some 28,000 ports.
const perAddress = 20_000

// dialer gives the way out of a subscriber: one address of the loopback has not ports enough for many.
func (f *follower) dialer() *net.Dialer {
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+f.number/perAddress))}, Timeout: time.Minute}
}

const (
	followInquiry = `subscription($x: ID!){inquiryChanged(id:$x){cursor event{type at} inquiry{id status queue assignee version}}}`
	followQueue   = `subscription($x: String!){queueChanged(queue:$x){cursor event{type at} inquiry{id status queue assignee version}}}`
)

// overWebSocket subscribes by graphql-transport-ws.
func (l *Live) overWebSocket(ctx context.Context, f *follower) error {
	transport := &http.Transport{DialContext: f.dialer().DialContext}
	conn, _, err := websocket.Dial(ctx, //nolint:bodyclose // the library closes it
		strings.Replace(l.Base, "http", "ws", 1)+"/graphql", &websocket.DialOptions{
			HTTPClient: &http.Client{Transport: transport}, Subprotocols: []string{"graphql-transport-ws"},
		})
	if err != nil {
		return fmt.Errorf("subscriber %d: %w", f.number, err)
	}
	f.close = func() { f.closed.Store(true); _ = conn.CloseNow() }
	query, x := followQueue, l.queue(max(0, f.queue))
	if f.inquiry >= 0 {
		query, x = followInquiry, l.ids[f.inquiry]
	}
	for _, text := range []string{
		fmt.Sprintf(`{"type":"connection_init","payload":{"Authorization":"Bearer %s"}}`, l.Token),
		fmt.Sprintf(`{"id":"1","type":"subscribe","payload":{"query":%q,"variables":{"x":%q}}}`, query, x),
	} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			return err
		}
	}
	if _, first, err := conn.Read(ctx); err != nil || !bytes.Contains(first, []byte("connection_ack")) {
		return fmt.Errorf("subscriber %d: no ack, but %s %w", f.number, first, err)
	}
	go f.readWebSocket(ctx, conn)
	return nil
}

func (f *follower) readWebSocket(ctx context.Context, conn *websocket.Conn) {
	for {
		_, m, err := conn.Read(ctx)
		if err != nil {
			f.fail(err)
			return
		}
		switch {
		case bytes.Contains(m, []byte(`"ping"`)):
			err = conn.Write(ctx, websocket.MessageText, []byte(`{"type":"pong"}`))
		case bytes.Contains(m, []byte(`"errors"`)):
			err = fmt.Errorf("an error came: %.300s", m)
		default:
			f.took(m)
		}
		if err != nil {
			f.fail(err)
			return
		}
	}
}

// overSSE subscribes by GET /v1/events/stream.
func (l *Live) overSSE(ctx context.Context, f *follower) error {
	u, err := url.Parse(l.Base)
	if err != nil {
		return err
	}
	conn, err := f.dialer().DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return fmt.Errorf("subscriber %d: %w", f.number, err)
	}
	f.close = func() { f.closed.Store(true); _ = conn.Close() }
	filter := "queue=" + l.queue(max(0, f.queue))
	if f.inquiry >= 0 {
		filter = "inquiry=" + l.ids[f.inquiry]
	}
	fmt.Fprintf(conn, "GET /v1/events/stream?%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", filter, u.Host, l.Token)
	in := bufio.NewReaderSize(conn, 2048)
	resp, err := http.ReadResponse(in, nil) //nolint:bodyclose // it lasts as long as the stream
	if err != nil {
		return fmt.Errorf("subscriber %d: %w", f.number, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("subscriber %d: %s", f.number, resp.Status)
	}
	go func() {
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(make([]byte, 2048), 1<<20)
		for lines.Scan() {
			if bytes.HasPrefix(lines.Bytes(), []byte("data:")) {
				f.took(lines.Bytes())
			}
		}
		f.fail(fmt.Errorf("the stream ended: %w", cmp.Or(lines.Err(), io.EOF)))
	}()
	return nil
}

func (f *follower) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed.Load() && f.err == nil {
		f.err = err
	}
}

// took notes an event of a note that came: its number and its age.
func (f *follower) took(message []byte) {
	if !bytes.Contains(message, []byte("interaction.noted")) {
		return
	}
	seq, _, _ := strings.Cut(after(message, `"cursor":"`), "-")
	number, err := strconv.ParseInt(seq, 10, 64)
	at, errAt := time.Parse(time.RFC3339Nano, after(message, `"at":"`))
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || errAt != nil {
		f.err = fmt.Errorf("not understood: %.200s", message)
		return
	}
	if number <= f.last {
		f.doubles++
		return
	}
	f.last, f.times = number, append(f.times, time.Since(at))
}

// after gives the text between a mark and the next quotation mark.
func after(message []byte, mark string) string {
	_, rest, _ := bytes.Cut(message, []byte(mark))
	text, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(text)
}
