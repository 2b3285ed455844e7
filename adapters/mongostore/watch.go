package mongostore

import (
	"context"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// news tells everybody at once that documents may have been numbered.
type news struct {
	mu sync.Mutex
	ch chan struct{}
}

func (n *news) channel() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ch == nil {
		n.ch = make(chan struct{})
	}
	return n.ch
}

func (n *news) broadcast() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ch != nil {
		close(n.ch)
		n.ch = nil
	}
}

// Committed gives a channel that is closed when documents of a sequenced collection may have been numbered since the call, by this node or another.
func (s *Store) Committed() <-chan struct{} { return s.news.channel() }

// Only what others must hear of is sent over the wire: numbers given, calls to the holder, a lease that became free. Heartbeats are not.
var leaseChanges = mongo.Pipeline{
	bson.D{{Key: "$match", Value: bson.D{{Key: "$or", Value: bson.A{
		bson.D{{Key: "operationType", Value: bson.D{{Key: "$in", Value: bson.A{"insert", "replace"}}}}},
		bson.D{{Key: "updateDescription.updatedFields.last", Value: bson.D{{Key: "$exists", Value: true}}}},
		bson.D{{Key: "updateDescription.updatedFields.calls", Value: bson.D{{Key: "$exists", Value: true}}}},
		bson.D{{Key: "updateDescription.updatedFields.holder", Value: ""}},
	}}}}},
}

// watch follows the leases' documents, by which nodes hear of each other, until ctx ends. A stream that breaks is taken up where it
// broke; whenever that cannot be, everybody is told to look.
func (s *Store) watch(ctx context.Context) {
	var resume bson.Raw
	for attempt := 0; ctx.Err() == nil; attempt++ {
		token, err := s.follow(ctx, resume)
		if token != nil {
			resume, attempt = token, 0
		} else {
			resume = nil
		}
		if ctx.Err() != nil {
			return
		}
		s.log.Warn("the change stream broke; opening it again", "error", err)
		if pause(ctx, attempt) != nil {
			return
		}
	}
}

// follow reads one stream to its end and gives the place where it ended, if anything came.
func (s *Store) follow(ctx context.Context, resume bson.Raw) (bson.Raw, error) {
	opts := options.ChangeStream().SetMaxAwaitTime(time.Second)
	if resume != nil {
		opts.SetResumeAfter(resume)
	}
	stream, err := s.leases.Watch(ctx, leaseChanges, opts)
	if err != nil {
		return nil, err
	}
	defer stream.Close(context.WithoutCancel(ctx))
	if resume == nil {
		s.everybodyLook()
	}
	for stream.Next(ctx) {
		id, _ := stream.Current.Lookup("documentKey", fieldID).StringValueOK()
		s.heard(id)
	}
	return stream.ResumeToken(), stream.Err()
}

// heard passes on that a lease's document has changed.
func (s *Store) heard(id string) {
	kind, name, _ := strings.Cut(id, ":")
	c := s.collections[name]
	if c == nil || c.sequencer == nil {
		return
	}
	switch kind {
	case "sequence":
		s.news.broadcast()
		signal(c.sequencer.moved)
	case "wake":
		signal(c.sequencer.moved)
	}
}

func (s *Store) everybodyLook() {
	s.news.broadcast()
	for _, c := range s.collections {
		if c.sequencer != nil {
			signal(c.sequencer.moved)
		}
	}
}
