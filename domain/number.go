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

	mu       sync.Mutex
	next     int64
	end      int64
	block    int64
	fetched  time.Time
	fetching *flight[span] // nil if nobody fetches a block
}

// span is a block of numbers.
type span struct{ next, end int64 }

// NewNumbers makes the source of one node.
func NewNumbers(s Store, clock Clock) *Numbers { return &Numbers{store: s, clock: clock, block: 1} }

// Next gives a number. It must be called outside a transaction.
func (n *Numbers) Next(ctx context.Context) (string, error) {
	for {
		number, f, mine := n.take()
		if f == nil {
			return strconv.FormatInt(number, 10), nil
		}
		if mine {
			n.fetch(context.WithoutCancel(ctx), f) // others wait for it
		}
		if _, err := f.wait(ctx); err != nil {
			return "", err
		}
	}
}

// take gives a number of the block, or what is waited for if there is none left, and whether that is the caller's to fetch.
func (n *Numbers) take() (number int64, f *flight[span], mine bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next < n.end {
		n.next++
		return n.next - 1, nil, false
	}
	if n.fetching != nil {
		return 0, n.fetching, false
	}
	now := n.clock()
	if n.block = min(n.block*2, largestBlock); now.Sub(n.fetched) > time.Second {
		n.block = 1
	}
	n.fetched, n.fetching = now, newFlight[span]()
	return 0, n.fetching, true
}

func (n *Numbers) fetch(ctx context.Context, f *flight[span]) {
	landed := false
	defer func() {
		n.mu.Lock()
		n.fetching = nil
		if landed && f.err == nil {
			n.next, n.end = f.value.next, f.value.end
		}
		n.mu.Unlock()
		f.land(landed)
	}()
	f.value, f.err = n.reserve(ctx, n.block) // which only changes when nobody fetches
	landed = true
}

// reserve moves the counter on by a block.
func (n *Numbers) reserve(ctx context.Context, block int64) (got span, err error) {
	const id = "ctr_inquiry"
	err = n.store.Write(ctx, func(tx Tx) error {
		c, err := Counters.Get(ctx, tx, id)
		switch {
		case IsCode(err, NotFound):
			c = &Counter{Doc: Doc{ID: id}, Next: firstNumber + block}
			err = Counters.Insert(ctx, tx, c)
		case err == nil:
			c.Next += block
			err = Counters.Replace(ctx, tx, c)
		}
		if err == nil {
			got = span{c.Next - block, c.Next}
		}
		return err
	})
	return got, err
}
