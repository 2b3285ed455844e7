package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"sori/domain"
)

// Counts of views are a rollup of the feed: whenever an inquiry changes, the tallies that it leaves and those that it joins are moved by one. What an inquiry is
// counted in is remembered in its place, so that a batch of events which is shown twice counts once. A new view, or one whose filter was changed, is
// counted by a job that walks the inquiries which were there before.

// ViewConsumer is the reader of the feed that counts.
const ViewConsumer = "views"

// JobTally is the kind of the job that counts what was there before a view.
const JobTally = "desk.tally"

type tallyArgs struct {
	ViewID     string `json:"viewId"`
	Generation int64  `json:"generation"`
}

// viewSet is every view, in memory.
type viewSet struct {
	edition int64
	all     []*domain.View
}

func newViewSet(store domain.Store, clock domain.Clock) *domain.Snapshot[viewSet] {
	return &domain.Snapshot[viewSet]{Edition: domain.EditionViews, Store: store, Clock: clock, Load: func(ctx context.Context, r domain.Reader) (*viewSet, error) {
		edition, err := domain.EditionOf(ctx, r, domain.EditionViews)
		if err != nil {
			return nil, err
		}
		set := &viewSet{edition: edition}
		err = r.Select(ctx, &domain.Views.Spec, domain.Query{Index: "all"}, func(d domain.Document, _ domain.Position) (bool, error) {
			set.all = append(set.all, d.(*domain.View))
			return true, nil
		})
		return set, err
	}}
}

func generation(v *domain.View) string { return fmt.Sprintf("%s#%d", v.ID, v.Generation) }

// perAgent tells whether a view shows each agent something else.
func perAgent(v *domain.View) bool { return v.Filter.Assignee == domain.ActingAgent }

// tallyID names the count of a view, for an agent where that makes a difference.
func tallyID(v *domain.View, agent string) string {
	if !perAgent(v) {
		agent = ""
	}
	return domain.HashID(domain.ViewTallies.Prefix, generation(v)+"|"+agent)
}

// builtID names the mark that a view was counted from the beginning.
func builtID(v *domain.View) string {
	return domain.HashID(domain.ViewTallies.Prefix, generation(v)+"|built")
}

// tallies gives the ids of the counts that an inquiry is in.
func (set *viewSet) tallies(q *domain.Inquiry) []string {
	var out []string
	for _, v := range set.all {
		f := v.Filter
		if perAgent(v) {
			if f.Assignee = q.Assignee; q.Assignee == "" {
				continue
			}
		}
		if holds(f, q) {
			out = append(out, tallyID(v, q.Assignee))
		}
	}
	return out
}

// beginTally has the inquiries counted that are there when a view is made or its filter changes.
func beginTally(ctx context.Context, tx domain.Tx, v *domain.View) error {
	job, err := domain.NewJob(JobTally, tallyArgs{v.ID, v.Generation}, v.UpdatedAt)
	if err != nil {
		return err
	}
	if _, err := domain.ViewTallies.Get(ctx, tx, builtID(v)); !domain.IsCode(err, domain.NotFound) {
		return err
	}
	return domain.Jobs.Insert(ctx, tx, job)
}

// endTally removes the counts of a view that is removed. Where they were for each agent, they are left: nothing names them any more.
func endTally(ctx context.Context, tx domain.Tx, v *domain.View) error {
	if err := domain.ViewTallies.Delete(ctx, tx, tallyID(v, "")); err != nil {
		return err
	}
	return domain.ViewTallies.Delete(ctx, tx, builtID(v))
}

// Tally counts what events say of inquiries. It bears to be shown them again.
func (s *Service) Tally(ctx context.Context, events []*domain.Event) error {
	set, err := s.views.Get(ctx)
	if err != nil || len(set.all) == 0 {
		return err
	}
	var ids []string
	for _, e := range events {
		if e.InquiryID != "" && !slices.Contains(ids, e.InquiryID) {
			ids = append(ids, e.InquiryID)
		}
	}
	return s.tally(ctx, set, ids)
}

// RunTally does a JobTally.
func (s *Service) RunTally(ctx context.Context, job *domain.Job) error {
	var args tallyArgs
	if err := json.Unmarshal([]byte(job.Args), &args); err != nil {
		return err
	}
	v, err := domain.Views.Get(ctx, s.Store, args.ViewID)
	if domain.IsCode(err, domain.NotFound) || err == nil && v.Generation != args.Generation {
		return nil // it was changed again, and that has a job of its own
	}
	if err != nil {
		return err
	}
	s.views.Expire()
	for _, category := range domain.StatusCategories {
		if err := s.tallyAll(ctx, category); err != nil {
			return err
		}
	}
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		if _, err := domain.ViewTallies.Get(ctx, tx, builtID(v)); !domain.IsCode(err, domain.NotFound) {
			return err
		}
		return domain.ViewTallies.Insert(ctx, tx, &domain.ViewTally{Doc: domain.Doc{ID: builtID(v)}})
	})
}

const tallyPage = 200

// tallyAll counts the inquiries of a category, a page a commit. One that moves to another category meanwhile is counted by its event.
func (s *Service) tallyAll(ctx context.Context, category domain.StatusCategory) error {
	query := domain.Query{Index: "created", Equal: []any{category}, Limit: tallyPage}
	for {
		var ids []string
		var last domain.Position
		err := s.Store.Select(ctx, &domain.Inquiries.Spec, query, func(d domain.Document, at domain.Position) (bool, error) {
			ids, last = append(ids, d.Head().ID), at
			return true, nil
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		set, err := s.views.Get(ctx)
		if err != nil {
			return err
		}
		if err := s.tally(ctx, set, ids); err != nil {
			return err
		}
		query.After = &last
	}
}

// tally moves the counts by what has changed of these inquiries. It must know every view that there is, or it would take an inquiry out of one made just now.
func (s *Service) tally(ctx context.Context, set *viewSet, ids []string) error {
	for chunk := range slices.Chunk(ids, tallyPage) {
		err := s.Store.Write(ctx, func(tx domain.Tx) error {
			edition, err := domain.EditionOf(ctx, tx, domain.EditionViews)
			if err != nil {
				return err
			}
			if edition != set.edition {
				s.views.Expire()
				return domain.Errorf(domain.Conflict, "the views were changed meanwhile")
			}
			moves, err := replace(ctx, tx, set, chunk)
			if err != nil {
				return err
			}
			return moves.apply(ctx, tx)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// moves are by how much counts change, by the tally's id.
type moves map[string]*domain.ViewTally

func (m moves) add(id string, count, unread int64) {
	t := m[id]
	if t == nil {
		t = &domain.ViewTally{}
		m[id] = t
	}
	t.Count, t.Unread = t.Count+count, t.Unread+unread
}

// replace writes the places of inquiries anew, and gives what that changes.
func replace(ctx context.Context, tx domain.Tx, set *viewSet, ids []string) (moves, error) {
	inquiries, err := domain.Inquiries.GetMany(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	placeIDs := make([]string, len(ids))
	for i, id := range ids {
		placeIDs[i] = domain.HashID(domain.ViewPlaces.Prefix, id)
	}
	places, err := domain.ViewPlaces.GetMany(ctx, tx, placeIDs)
	if err != nil {
		return nil, err
	}
	out := moves{}
	for i, id := range ids {
		place, isNew := places[placeIDs[i]], false
		if place == nil {
			place, isNew = &domain.ViewPlace{Doc: domain.Doc{ID: placeIDs[i]}}, true
		}
		changed := out.shift(place, set, inquiries[id])
		switch {
		case !changed:
		case isNew:
			err = domain.ViewPlaces.Insert(ctx, tx, place)
		default:
			err = domain.ViewPlaces.Replace(ctx, tx, place)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// shift moves a place to where its inquiry is now. An inquiry that is gone is nowhere.
func (m moves) shift(place *domain.ViewPlace, set *viewSet, q *domain.Inquiry) (changed bool) {
	var now []string
	unread := false
	if q != nil {
		now, unread = set.tallies(q), q.Unread
	}
	if slices.Equal(now, place.Tallies) && (unread == place.Unread || len(now) == 0) {
		return false
	}
	for _, id := range place.Tallies {
		m.add(id, -1, -one(place.Unread))
	}
	for _, id := range now {
		m.add(id, 1, one(unread))
	}
	place.Tallies, place.Unread = now, unread
	return true
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (m moves) apply(ctx context.Context, tx domain.Tx) error {
	for id, by := range m {
		if by.Count == 0 && by.Unread == 0 {
			continue
		}
		_, err := domain.ViewTallies.Update(ctx, tx, id, func(t *domain.ViewTally) error {
			t.Count, t.Unread = t.Count+by.Count, t.Unread+by.Unread
			return nil
		})
		if domain.IsCode(err, domain.NotFound) {
			err = domain.ViewTallies.Insert(ctx, tx, &domain.ViewTally{Doc: domain.Doc{ID: id}, Count: by.Count, Unread: by.Unread})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
