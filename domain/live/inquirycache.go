package live

import (
	"context"
	"sync"

	"sori/domain"
)

// keptInquiries is how many inquiries a node keeps for those who are told of their changes.
const keptInquiries = 2048

// inquiryCache keeps inquiries as they were after the newest event that tells of them, so that a change that a thousand see is read once. Whatever changes an inquiry
// is an event, and each event renews or drops what is kept; so what is kept is as new as the stream.
type inquiryCache struct {
	mu    *sync.Mutex
	kept  map[string]*domain.Inquiry
	order []string // of keeping, a ring
	next  int
	epoch int // counts renewals, so that what was read before one is not kept after it
}

func newInquiryCache() inquiryCache {
	return inquiryCache{mu: &sync.Mutex{}, kept: map[string]*domain.Inquiry{}, order: make([]string, keptInquiries)}
}

// renew keeps what was read after these events, and drops what they have made old.
func (c *inquiryCache) renew(events []*domain.Event, found map[string]*domain.Inquiry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	for _, e := range events {
		delete(c.kept, e.InquiryID)
	}
	c.keep(found)
}

func (c *inquiryCache) keep(found map[string]*domain.Inquiry) {
	for id, q := range found {
		if _, ok := c.kept[id]; !ok {
			delete(c.kept, c.order[c.next])
			c.order[c.next] = id
			c.next = (c.next + 1) % keptInquiries
		}
		c.kept[id] = q
	}
}

// get gives what is kept of these, which others are missing, and the epoch for a later add.
func (c *inquiryCache) get(ids []string) (found map[string]*domain.Inquiry, missing []string, epoch int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found = make(map[string]*domain.Inquiry, len(ids))
	for _, id := range ids {
		if q := c.kept[id]; q != nil {
			found[id] = q
		} else {
			missing = append(missing, id)
		}
	}
	return found, missing, c.epoch
}

// add keeps what was read, unless events came since the epoch that may have made it old.
func (c *inquiryCache) add(found map[string]*domain.Inquiry, epoch int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch == epoch {
		c.keep(found)
	}
}

// EventInquiry gives the inquiry of an event that a stream gave, not older than the event; nil if it has none. It is shared and must not be changed.
func (s *Service) EventInquiry(ctx context.Context, e *domain.Event) (*domain.Inquiry, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil || e.InquiryID == "" {
		return nil, err
	}
	found, err := s.inquiries(ctx, []string{e.InquiryID})
	return found[e.InquiryID], err
}

// inquiries reads inquiries that events told of.
func (s *Service) inquiries(ctx context.Context, ids []string) (map[string]*domain.Inquiry, error) {
	found, missing, epoch := s.hub.seen.get(ids)
	if len(missing) == 0 {
		return found, nil
	}
	read, err := domain.Inquiries.GetMany(ctx, s.Store, missing)
	if err != nil {
		return nil, err
	}
	s.hub.seen.add(read, epoch)
	for id, q := range read {
		found[id] = q
	}
	return found, nil
}
