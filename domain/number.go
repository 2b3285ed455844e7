package domain

import (
	"context"
	"strconv"
	"sync"
	"time"
)

// Counter is a number that counts up over all nodes.
type Counter struct {
	Doc  `json:",inline"`
	Next int64 `json:"next"`
}

// Counters holds the counters.
var Counters = declare[Counter](Spec{Name: "counters", Prefix: "ctr", Noun: "counter"})

const (
	firstNumber  = 100001
	largestBlock = 512
)

// Numbers gives inquiries their numbers. It takes them from a counter in the store in blocks, larger ones the faster they are used, so that
// writers do not queue at the counter. Numbers are unique and never used again; those of a block that is left at a stop are skipped.
type Numbers struct {
	store Store
	clock Clock

	mu      sync.Mutex
	next    int64
	end     int64
	block   int64
	fetched time.Time
}

// NewNumbers makes the source of one node.
func NewNumbers(s Store, clock Clock) *Numbers { return &Numbers{store: s, clock: clock, block: 1} }

// Next gives a number. It must be called outside a transaction.
func (n *Numbers) Next(ctx context.Context) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next == n.end {
		if err := n.fetch(ctx); err != nil {
			return "", err
		}
	}
	n.next++
	return strconv.FormatInt(n.next-1, 10), nil
}

func (n *Numbers) fetch(ctx context.Context) error {
	now := n.clock()
	if n.block = min(n.block*2, largestBlock); now.Sub(n.fetched) > time.Second {
		n.block = 1
	}
	n.fetched = now
	const id = "ctr_inquiry"
	return n.store.Write(context.WithoutCancel(ctx), func(tx Tx) error {
		c, err := Counters.Get(ctx, tx, id)
		switch {
		case IsCode(err, NotFound):
			c = &Counter{Doc: Doc{ID: id}, Next: firstNumber + n.block}
			err = Counters.Insert(ctx, tx, c)
		case err == nil:
			c.Next += n.block
			err = Counters.Replace(ctx, tx, c)
		}
		if err == nil {
			n.next, n.end = c.Next-n.block, c.Next
		}
		return err
	})
}
