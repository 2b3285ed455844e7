package contact

import (
	"context"
	"encoding/json"
	"slices"
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

// A transaction that began before a merge, its undo or an erasure may be committed after it, and then knows nothing of it: it read the customer, and wrote only what is new. (The embedded store
// commits one after the other; MongoDB compares what is written, not what is read.) So all is gone through again when such transactions are most likely over, and once
// more when they must be: MongoDB ends them after 60 s (transactionLifetimeLimitSeconds).
const (
	lookAgain = time.Second
	lookLast  = 90 * time.Second
)

// leaveJobs leaves two jobs: one that is due at first, and one that looks for what was written behind the back of that one.
func leaveJobs(ctx context.Context, tx domain.Tx, kind string, args any, now, first time.Time) error {
	for _, due := range []time.Time{first, now.Add(lookLast)} {
		job, err := domain.NewJob(kind, args, now)
		if err != nil {
			return err
		}
		job.RunAt = due
		if err := domain.Jobs.Insert(ctx, tx, job); err != nil {
			return err
		}
	}
	return nil
}

// rehome moves one batch inside the transaction and leaves the rest to jobs.
func rehome(ctx context.Context, tx domain.Tx, m move, now time.Time) error {
	more, err := moveSome(ctx, tx, m, now)
	if err != nil {
		return err
	}
	first := now
	if !more {
		first = now.Add(lookAgain)
	}
	return leaveJobs(ctx, tx, JobRehome, m, now, first)
}

// RunRehome does a JobRehome: it moves batches until nothing is left. Running it twice does no harm.
func (s *Service) RunRehome(ctx context.Context, job *domain.Job) error {
	var m move
	if err := json.Unmarshal([]byte(job.Args), &m); err != nil {
		return err
	}
	for more := true; more; {
		err := s.Store.Write(ctx, func(tx domain.Tx) (err error) {
			more, err = s.moveOn(ctx, tx, m)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// moveOn moves one batch to where it belongs by now.
func (s *Service) moveOn(ctx context.Context, tx domain.Tx, m move) (more bool, err error) {
	moves, err := m.standing(ctx, tx)
	for _, m := range moves {
		some, err := moveSome(ctx, tx, m, s.Clock())
		if err != nil {
			return false, err
		}
		more = more || some
	}
	return more, err
}

// standing gives what is left to do of a move, by what the customers say now: one of them may have been merged further, or back. What was said with a customer is his in whom he has
// ended, and in an undo it may have been taken along by whom it is to be taken from.
func (m move) standing(ctx context.Context, tx domain.Tx) ([]move, error) {
	whose := m.From
	if m.Home != "" {
		whose = m.Home
	}
	owners, err := mergedInto(ctx, tx, whose)
	if err != nil {
		return nil, err
	}
	owner, places := owners[len(owners)-1], []string{m.From}
	if m.Home != "" {
		if places, err = mergedInto(ctx, tx, m.From); err != nil {
			return nil, err
		}
	}
	var out []move
	for _, place := range places {
		if place != owner {
			out = append(out, move{From: place, To: owner, Home: m.Home})
		}
	}
	return out, nil
}

// mergedInto gives a customer, the one into whom he was merged, the one into whom that one was, to the end.
func mergedInto(ctx context.Context, tx domain.Tx, id string) ([]string, error) {
	var out []string
	for id != "" && !slices.Contains(out, id) {
		c, err := domain.Customers.Get(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		out, id = append(out, id), c.MergedInto
	}
	return out, nil
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
