package loadtest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// conn is one worker's connection to the server. It writes and reads by itself, without the goroutines and the pool of an http.Transport, for the client
// shares its processors with the server that it measures.
type conn struct {
	token string
	conn  net.Conn
	in    *bufio.Reader
	out   *bufio.Writer
}

const (
	askTimeout = time.Minute
	connBuffer = 32 << 10
	shownBody  = 200
)

// ask sends a request and reads its answer to the end. It connects first if it has to: at the start, and after a fault.
func (c *conn) ask(req *http.Request) error {
	if err := c.dial(req.URL.Host); err != nil {
		return err
	}
	resp, err := c.exchange(req)
	if err != nil {
		c.close()
		return err
	}
	defer resp.Body.Close()
	if resp.Close {
		defer c.close()
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		shown, _ := io.ReadAll(io.LimitReader(resp.Body, shownBody)) // what there is of it
		err = fmt.Errorf("status %d: %s", resp.StatusCode, shown)
	}
	if _, readErr := io.Copy(io.Discard, resp.Body); readErr != nil {
		c.close()
		return readErr
	}
	return err
}

func (c *conn) dial(host string) (err error) {
	if c.conn != nil {
		return nil
	}
	if c.conn, err = net.Dial("tcp", host); err != nil { //nolint:noctx,gosec // the server that is measured
		c.conn = nil
		return err
	}
	c.in, c.out = bufio.NewReaderSize(c.conn, connBuffer), bufio.NewWriterSize(c.conn, connBuffer)
	return nil
}

func (c *conn) exchange(req *http.Request) (*http.Response, error) {
	if err := c.conn.SetDeadline(time.Now().Add(askTimeout)); err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if err := req.Write(c.out); err != nil {
		return nil, err
	}
	if err := c.out.Flush(); err != nil {
		return nil, err
	}
	return http.ReadResponse(c.in, req)
}

func (c *conn) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}
