package contact

import (
	"context"
	"encoding/json"
	"time"

	"sori/domain"
)

// move says which inquiries and interactions change their customer: all of From's, which then remember where they came from; or, in an
// undo, those of From that remember Home.
type move struct {
	From string `json:"from"`
	To   string `json:"to"`
	Home string `json:"home,omitempty"`
}

// JobRehome moves what is left of a move that was too much for one transaction.
const JobRehome = "customer.rehome"

// moveBatch is how many inquiries and how many interactions move in one transaction.
const moveBatch = 200

// rehome moves one batch inside the transaction and leaves a job for the rest.
func rehome(ctx context.Context, tx domain.Tx, m move, now time.Time) error {
	more, err := moveSome(ctx, tx, m, now)
	if err != nil || !more {
		return err
	}
	job, err := domain.NewJob(JobRehome, m, now)
	if err != nil {
		return err
	}
	return domain.Jobs.Insert(ctx, tx, job)
}

// RunRehome does a JobRehome: it moves batches until nothing is left. Running it twice does no harm.
func (s *Service) RunRehome(ctx context.Context, job *domain.Job) error {
	var m move
	if err := json.Unmarshal([]byte(job.Args), &m); err != nil {
		return err
	}
	for more := true; more; {
		err := s.Store.Write(ctx, func(tx domain.Tx) error {
			still, err := inForce(ctx, tx, m)
			if err != nil || !still {
				more = false
				return err
			}
			more, err = moveSome(ctx, tx, m, s.Clock())
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inForce reports whether a move still says what the customers say: a later merge or undo moves them its own way.
func inForce(ctx context.Context, tx domain.Tx, m move) (bool, error) {
	from, err := domain.Customers.Get(ctx, tx, m.From)
	if err != nil {
		return false, err
	}
	to, err := domain.Customers.Get(ctx, tx, m.To)
	if err != nil {
		return false, err
	}
	if m.Home != "" {
		return to.MergedInto == "", nil
	}
	return from.MergedInto == m.To, nil
}

func moveSome(ctx context.Context, tx domain.Tx, m move, now time.Time) (more bool, err error) {
	for _, q := range m.inquiries() {
		moved, err := moveInquiries(ctx, tx, m, q, now)
		if err != nil {
			return false, err
		}
		more = more || moved == moveBatch
	}
	moved, err := moveInteractions(ctx, tx, m)
	return more || moved == moveBatch, err
}

func (m move) inquiries() []domain.Query {
	if m.Home != "" {
		return []domain.Query{m.remembered()}
	}
	var out []domain.Query
	for _, c := range domain.StatusCategories {
		out = append(out, domain.Query{Index: "customerId.last", Equal: []any{m.From, c}, Limit: moveBatch})
	}
	return out
}

func (m move) remembered() domain.Query {
	return domain.Query{Index: "home", Equal: []any{m.Home, m.From}, Limit: moveBatch}
}

func moveInquiries(ctx context.Context, tx domain.Tx, m move, q domain.Query, now time.Time) (int, error) {
	list, err := domain.Inquiries.Find(ctx, tx, q)
	if err != nil {
		return 0, err
	}
	for _, x := range list {
		x.CustomerID, x.HomeID = m.target(x.HomeID)
		x.UpdatedAt = now
		if err := domain.Inquiries.Replace(ctx, tx, x); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func moveInteractions(ctx context.Context, tx domain.Tx, m move) (int, error) {
	q := domain.Query{Index: "customer", Equal: []any{m.From}, Limit: moveBatch}
	if m.Home != "" {
		q = m.remembered()
	}
	list, err := domain.Interactions.Find(ctx, tx, q)
	if err != nil {
		return 0, err
	}
	for _, x := range list {
		x.CustomerID, x.HomeID = m.target(x.HomeID)
		if err := domain.Interactions.Replace(ctx, tx, x); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// target gives the new customer and the new home of something that moves.
func (m move) target(home string) (customer, newHome string) {
	switch {
	case m.Home == m.To:
		return m.To, ""
	case home != "": // it came from an earlier merge, and remembers that one
		return m.To, home
	}
	return m.To, m.From
}
