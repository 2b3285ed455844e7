package domain

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Consumer remembers how far one reader of the event feed has come, and which node reads for it. It is also the lease of other work that one node at a time does.
type Consumer struct {
	Doc   `json:",inline"`
	Seq   int64     `json:"seq"`   // the last event that was handled
	Node  string    `json:"node"`  // who reads
	Until time.Time `json:"until"` // when its lease ends
}

// Consumers holds the readers of the feed.
var Consumers = declare[Consumer](Spec{Name: "consumers", Prefix: "con", Noun: "consumer"})

// Follower reads the whole feed in order, once for all nodes: one node at a time holds the lease. What Handle answered nil for is not shown
// again; after a death in between it is, so Handle must bear it.
type Follower struct {
	Name   string
	Node   string
	Store  Store
	Feed   *Feed
	Clock  Clock
	Log    *slog.Logger
	Batch  int           // events handled at once, at most
	Pace   time.Duration // least time between two batches that are not full, for a reader in no hurry: it spares the store many small ones
	Handle func(context.Context, []*Event) error
}

const (
	followerLease = 10 * time.Second
	followerRetry = 2 * time.Second
)

// Run follows the feed until ctx ends, and then gives its lease back.
func (f Follower) Run(ctx context.Context) {
	defer func() {
		if err := EndLease(ctx, f.Store, f.leaseID(), f.Node, f.Clock()); err != nil {
			f.Log.Warn("lease of a feed consumer", "consumer", f.Name, "err", err)
		}
	}()
	for ctx.Err() == nil {
		committed := f.Store.Committed()
		n, err := f.RunOnce(ctx)
		switch {
		case err != nil && !IsCode(err, Conflict) && ctx.Err() == nil:
			f.Log.Error("feed consumer", "consumer", f.Name, "err", err)
			fallthrough
		case err != nil:
			Rest(ctx, nil, followerRetry)
		case n == 0:
			Rest(ctx, committed, followerLease/2)
		case n < f.Batch && f.Pace > 0:
			Rest(ctx, nil, f.Pace)
		}
	}
}

// Rest waits until wake is closed, or this long, or until ctx ends, whichever is first. A nil wake never is.
func Rest(ctx context.Context, wake <-chan struct{}, at time.Duration) {
	t := time.NewTimer(at)
	defer t.Stop()
	select {
	case <-wake:
	case <-t.C:
	case <-ctx.Done():
	}
}

// RunOnce handles the next events, and answers how many. Conflict if another node has the lease.
func (f Follower) RunOnce(ctx context.Context) (int, error) {
	c, err := f.lease(ctx)
	if err != nil {
		return 0, err
	}
	events, err := f.Feed.After(ctx, c.Seq, f.Batch)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	if err := f.Handle(ctx, events); err != nil {
		return 0, err
	}
	c.Seq, c.Until = events[len(events)-1].Seq, f.Clock().Add(followerLease)
	err = f.Store.Write(ctx, func(tx Tx) error {
		copied := *c
		return Consumers.Replace(ctx, tx, &copied)
	})
	return len(events), err
}

func (f Follower) lease(ctx context.Context) (*Consumer, error) {
	return Lease(ctx, f.Store, f.leaseID(), f.Node, f.Clock(), followerLease)
}

func (f Follower) leaseID() string { return "con_" + f.Name }

// Lease takes or keeps, for so long, the right of one node to do what only one may do at a time. It writes only when half of the time is gone. Conflict if another
// node has it.
func Lease(ctx context.Context, s Store, id, node string, now time.Time, length time.Duration) (*Consumer, error) {
	c, err := Consumers.Get(ctx, s, id)
	if err == nil && c.Node == node && c.Until.After(now.Add(length/2)) {
		return c, nil
	}
	if err == nil && c.Node != node && c.Until.After(now) {
		return nil, errLeased(id, c)
	}
	var out *Consumer
	err = s.Write(ctx, func(tx Tx) error {
		stored, err := Consumers.Get(ctx, tx, id)
		if IsCode(err, NotFound) {
			out = &Consumer{Doc: Doc{ID: id}, Node: node, Until: now.Add(length)}
			return Consumers.Insert(ctx, tx, out)
		}
		if err != nil {
			return err
		}
		if stored.Node != node && stored.Until.After(now) {
			return errLeased(id, stored)
		}
		stored.Node, stored.Until = node, now.Add(length)
		out = stored
		return Consumers.Replace(ctx, tx, stored)
	})
	if IsCode(err, Duplicate) || IsCode(err, Stale) {
		return nil, Errorf(Conflict, "another node was first")
	}
	return out, err
}

// EndLease gives a lease back when a node stops, so that no other has to wait for its end. It heeds ctx's values, not its end; it is no error if the node has no lease.
func EndLease(ctx context.Context, s Store, id, node string, now time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if c, err := Consumers.Get(ctx, s, id); IsCode(err, NotFound) || err == nil && c.Node != node {
		return nil
	}
	return s.Write(ctx, func(tx Tx) error {
		_, err := Consumers.Update(ctx, tx, id, func(c *Consumer) error {
			if c.Node == node {
				c.Until = now
			}
			return nil
		})
		return err
	})
}

func errLeased(id string, c *Consumer) error {
	return Errorf(Conflict, "node %s has the lease of %s", c.Node, id)
}

// Rewind lets a consumer read the feed from the start again.
func Rewind(ctx context.Context, s Store, name string) error {
	err := s.Write(ctx, func(tx Tx) error {
		_, err := Consumers.Update(ctx, tx, "con_"+name, func(c *Consumer) error {
			c.Seq = 0
			return nil
		})
		return err
	})
	var missing *Error
	if errors.As(err, &missing) && missing.Code == NotFound {
		return nil // it has read nothing yet
	}
	return err
}
