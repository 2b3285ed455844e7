package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// pool keeps connections for reading. They are opened as they are needed, and the one used last is used first: its cache is warm.
type pool struct {
	path    string
	cacheKB int // of each
	permits chan struct{}

	mu     sync.Mutex
	idle   []*sqlite.Conn
	closed bool
}

func newPool(path string, size, cacheKB int) *pool {
	return &pool{path: path, cacheKB: cacheKB, permits: make(chan struct{}, size)}
}

// use calls fn with a connection that nobody else has meanwhile. Unavailable if the pool is closed.
func (p *pool) use(ctx context.Context, fn func(*sqlite.Conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case p.permits <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.permits }()
	conn, err := p.take()
	if err != nil {
		return err
	}
	defer p.put(conn)
	return fault(fn(conn))
}

func (p *pool) take() (*sqlite.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	if n := len(p.idle); n > 0 {
		conn := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return conn, nil
	}
	return openReader(p.path, p.cacheKB)
}

func (p *pool) put(conn *sqlite.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, conn)
}

func openReader(path string, cacheKB int) (*sqlite.Conn, error) {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		return nil, fault(err)
	}
	conn.SetBusyTimeout(busyTimeout)
	for _, pragma := range []string{"query_only=1", "temp_store=MEMORY", fmt.Sprintf("cache_size=-%d", cacheKB)} {
		if err := execute(conn, "PRAGMA "+pragma); err != nil {
			return nil, errors.Join(fault(err), conn.Close())
		}
	}
	return conn, nil
}

// close waits for those who are reading.
func (p *pool) close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	for range cap(p.permits) {
		p.permits <- struct{}{}
	}
	defer func() {
		for range cap(p.permits) {
			<-p.permits // whoever comes late learns that the pool is closed
		}
	}()
	var errs []error
	for _, conn := range p.idle {
		errs = append(errs, conn.Close())
	}
	p.idle = nil
	return errors.Join(errs...)
}

var errClosed = domain.Errorf(domain.Unavailable, "the store is closed")
