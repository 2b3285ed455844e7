package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"sori/domain"
)

// JobBulk is the kind of the job that carries out a bulk run.
const JobBulk = "desk.bulk"

const (
	maxBulkIDs  = 10_000
	maxBulkDone = 100_000 // inquiries of one run
	bulkPage    = 100
)

type bulkArgs struct {
	RunID string `json:"runId"`
}

// BulkDraft is a bulk run to be started: over the inquiries of a filter, or those that are named.
type BulkDraft struct {
	Filter     *Filter
	InquiryIDs []string
	Actions    domain.Actions
}

// StartBulk does the same to many inquiries, by a job. Each inquiry is a commit of its own, with its result; one that fails holds up no other. A filter
// chooses as it stands when the run comes to each page. Invalid names every fault.
func (s *Service) StartBulk(ctx context.Context, d BulkDraft) (*domain.BulkRun, error) {
	actor, err := domain.Require(ctx, domain.ScopeInquiryWrite)
	if err != nil {
		return nil, err
	}
	if err := s.checkBulk(ctx, &d); err != nil {
		return nil, err
	}
	d.InquiryIDs = once(d.InquiryIDs)
	now := s.Clock()
	run := &domain.BulkRun{
		Doc: domain.Doc{ID: domain.BulkRuns.NewID()}, Filter: d.Filter, InquiryIDs: d.InquiryIDs, Actions: d.Actions, State: domain.BulkRunning, CreatedBy: actor, CreatedAt: now,
	}
	job, err := domain.NewJob(JobBulk, bulkArgs{run.ID}, now)
	if err != nil {
		return nil, err
	}
	var out *domain.BulkRun
	err = s.Store.Write(ctx, func(tx domain.Tx) error {
		own, work := *run, *job
		out = &own
		if err := domain.BulkRuns.Insert(ctx, tx, out); err != nil {
			return err
		}
		if err := domain.Jobs.Insert(ctx, tx, &work); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, domain.Event{Type: domain.EventBulkStarted, At: now, Subject: domain.Ref{Kind: "bulk", ID: out.ID}})
	})
	return out, err
}

// once gives each id at its first place.
func once(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}

func (s *Service) checkBulk(ctx context.Context, d *BulkDraft) error {
	var f domain.Faults
	switch {
	case (d.Filter == nil) == (len(d.InquiryIDs) == 0):
		f.Add("filter", "required", "needs either filter or inquiryIds")
	case len(d.InquiryIDs) > maxBulkIDs:
		f.Add("inquiryIds", "maxItems", "are more than %d", maxBulkIDs)
	case d.Filter != nil && sameFilter(*d.Filter, Filter{}):
		f.Add("filter", "required", "chooses nothing out: name at least one field")
	case d.Filter != nil:
		if d.Filter.Assignee == domain.ActingAgent {
			d.Filter.Assignee = domain.ActorFrom(ctx).ID
		}
		if _, err := categoriesOf(*d.Filter); err != nil {
			f.AddError("filter", err)
		}
	}
	if err := s.checkActions(ctx, &f, d.Actions); err != nil {
		return err
	}
	return f.Err()
}

// GetBulk reads a bulk run, with how far it is.
func (s *Service) GetBulk(ctx context.Context, id string) (*domain.BulkRun, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	return domain.BulkRuns.Get(ctx, s.Store, id)
}

// ListBulk gives the bulk runs, the newest first.
func (s *Service) ListBulk(ctx context.Context, req domain.PageRequest) (domain.Page[domain.BulkRun], error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return domain.Page[domain.BulkRun]{}, err
	}
	return domain.BulkRuns.Page(ctx, s.Store, req, "", nil, domain.Query{Index: "created", Reverse: true})
}

// BulkResults gives what a bulk run came to for each inquiry, in the order in which they were done.
func (s *Service) BulkResults(ctx context.Context, id string, req domain.PageRequest) (domain.Page[domain.BulkResult], error) {
	if _, err := s.GetBulk(ctx, id); err != nil {
		return domain.Page[domain.BulkResult]{}, err
	}
	return domain.BulkResults.Page(ctx, s.Store, req, "", nil, domain.Query{Index: "run", Equal: []any{id}})
}

// CancelBulk ends a run before its next inquiry. What is done stays done. Conflict if it has ended.
func (s *Service) CancelBulk(ctx context.Context, id string) (*domain.BulkRun, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryWrite); err != nil {
		return nil, err
	}
	return s.endBulk(ctx, id, domain.BulkCancelled, "")
}

func (s *Service) endBulk(ctx context.Context, id string, state domain.BulkState, message string) (out *domain.BulkRun, err error) {
	now := s.Clock()
	err = s.Store.Write(ctx, func(tx domain.Tx) error {
		out, err = domain.BulkRuns.Update(ctx, tx, id, func(r *domain.BulkRun) error {
			if r.State != domain.BulkRunning {
				return domain.Errorf(domain.Conflict, "the run has ended")
			}
			r.State, r.FinishedAt, r.Message = state, &now, message
			return nil
		})
		if err != nil {
			return err
		}
		return domain.Emit(ctx, tx, domain.Event{
			Type: domain.EventBulkFinished, At: now, Subject: domain.Ref{Kind: "bulk", ID: id}, Data: map[string]any{"state": string(state), "done": out.Done, "failed": out.Failed},
		})
	})
	return out, err
}

// RunBulk does a JobBulk. After a death it goes on where it was: an inquiry that has its result is passed over.
func (s *Service) RunBulk(ctx context.Context, job *domain.Job) error {
	var args bulkArgs
	if err := json.Unmarshal([]byte(job.Args), &args); err != nil {
		return err
	}
	for {
		run, err := domain.BulkRuns.Get(ctx, s.Store, args.RunID)
		if domain.IsCode(err, domain.NotFound) || err == nil && run.State != domain.BulkRunning {
			return nil
		}
		if err != nil {
			return err
		}
		if run.Done+run.Failed >= maxBulkDone {
			_, err := s.endBulk(ctx, run.ID, domain.BulkFinished, "it came to the most that one run does; the rest is for another")
			return err
		}
		more, err := s.bulkPage(domain.WithActor(ctx, run.CreatedBy), run)
		if err != nil {
			return err
		}
		if !more {
			_, err := s.endBulk(ctx, run.ID, domain.BulkFinished, "")
			if domain.IsCode(err, domain.Conflict) {
				return nil // it was cancelled at the end
			}
			return err
		}
	}
}

// bulkPage does the next inquiries of a run, and tells whether there may be more.
func (s *Service) bulkPage(ctx context.Context, run *domain.BulkRun) (more bool, err error) {
	ids, cursor, err := s.bulkIDs(ctx, run)
	if err != nil {
		return false, err
	}
	done, failed := 0, 0
	for _, id := range ids {
		ok, isNew, err := s.bulkOne(ctx, run, id)
		switch {
		case err != nil:
			return false, err
		case !isNew:
		case ok:
			done++
		default:
			failed++
		}
	}
	err = s.Store.Write(ctx, func(tx domain.Tx) error {
		_, err := domain.BulkRuns.Update(ctx, tx, run.ID, func(r *domain.BulkRun) error {
			r.Done, r.Failed, r.Cursor = r.Done+done, r.Failed+failed, cursor
			return nil
		})
		return err
	})
	return cursor != "", err
}

// bulkIDs gives the next inquiries, and where the ones after them begin, "" at the end.
func (s *Service) bulkIDs(ctx context.Context, run *domain.BulkRun) (ids []string, cursor string, err error) {
	if run.Filter != nil {
		page, err := s.List(ctx, *run.Filter, SortCreated, domain.PageRequest{Limit: bulkPage, Cursor: run.Cursor})
		for _, q := range page.Items {
			ids = append(ids, q.ID)
		}
		return ids, page.NextCursor, err
	}
	from := 0
	if run.Cursor != "" {
		from = slices.Index(run.InquiryIDs, run.Cursor)
	}
	to := min(from+bulkPage, len(run.InquiryIDs))
	if to < len(run.InquiryIDs) {
		cursor = run.InquiryIDs[to]
	}
	return run.InquiryIDs[from:to], cursor, nil
}

// bulkOne does one inquiry with its result. isNew is false if it had its result before. An error is the store's; what the inquiry cannot take is in its result.
func (s *Service) bulkOne(ctx context.Context, run *domain.BulkRun, id string) (ok, isNew bool, err error) {
	result := domain.BulkResult{Doc: domain.Doc{ID: domain.HashID(domain.BulkResults.Prefix, run.ID+id)}, RunID: run.ID, InquiryID: id, OK: true, At: s.Clock()}
	if _, err := domain.BulkResults.Get(ctx, s.Store, result.ID); !domain.IsCode(err, domain.NotFound) {
		return false, false, err
	}
	w, err := s.workOf(ctx, id, run.Actions)
	if err == nil {
		err = s.commit(ctx, func(tx deskTx) error {
			own := result
			if err := domain.BulkResults.Insert(ctx, tx, &own); err != nil {
				return err
			}
			_, _, err := s.doIn(ctx, tx, id, w)
			return err
		})
	}
	if err == nil {
		return true, true, nil
	}
	var e *domain.Error
	if !errors.As(err, &e) || slices.Contains([]domain.Code{domain.Unavailable, domain.Stale, domain.Duplicate}, e.Code) {
		return false, false, err // the job is tried again
	}
	result.OK, result.Code, result.Message = false, string(e.Code), cmp.Or(e.Message, err.Error())
	err = s.commit(ctx, func(tx deskTx) error {
		own := result
		return domain.BulkResults.Insert(ctx, tx, &own)
	})
	return false, true, err
}
