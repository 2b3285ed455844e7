package domain

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Job is work to be done later. It is inserted in the transaction that calls for it and claimed with a lease, so that it is done though
// a node dies; a worker must bear that a job runs twice.
type Job struct {
	Doc       `json:",inline"`
	Kind      string    `json:"kind"`
	Args      string    `json:"args,omitempty"` // JSON
	Key       string    `json:"key,omitempty"`  // at most one job with this key at a time
	State     JobState  `json:"state"`
	RunAt     time.Time `json:"runAt"` // when due; while leased, when the lease ends
	Lease     string    `json:"lease,omitempty"`
	Attempts  int       `json:"attempts"`
	LastError string    `json:"lastError,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
}

// JobState is where a job stands. A job that succeeded is deleted: what it did is in the events.
type JobState string

// The states of a job.
const (
	JobWaiting JobState = "waiting" // due at RunAt; also one that is leased, whose RunAt is the end of the lease
	JobFailed  JobState = "failed"  // given up after MaxAttempts
)

// MaxJobAttempts is how often a job is tried before it is given up.
const MaxJobAttempts = 12

// Jobs holds what is to be done.
var Jobs = declare[Job](Spec{
	Name: "jobs", Prefix: prefixJob, Noun: "job",
	Indexes: []Index{
		{Name: "due", Fields: []string{"kind", "state", "runAt"}},
		{Name: "key", Fields: []string{"key"}, Unique: true},
	},
})

// NewJob makes a job that is due at once.
func NewJob(kind string, args any, now time.Time) (*Job, error) {
	b, err := json.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("arguments of job %s: %w", kind, err)
	}
	return &Job{Kind: kind, Args: string(b), State: JobWaiting, RunAt: now, CreatedAt: now}, nil
}

// ClaimJobs leases up to n due jobs of a kind until now+lease. Two callers never get the same job while its lease lasts.
func ClaimJobs(ctx context.Context, s Store, kind, worker string, now time.Time, lease time.Duration, n int) ([]*Job, error) {
	due := Query{Index: "due", Equal: []any{kind, JobWaiting}, To: now.Add(time.Millisecond), Limit: n}
	if waiting, err := Jobs.Find(ctx, s, Query{Index: due.Index, Equal: due.Equal, To: due.To, Limit: 1}); err != nil || len(waiting) == 0 {
		return nil, err // an idle worker does not trouble the writer
	}
	var claimed []*Job
	err := s.Write(ctx, func(tx Tx) error {
		var err error
		if claimed, err = Jobs.Find(ctx, tx, due); err != nil {
			return err
		}
		for _, j := range claimed {
			j.Lease, j.RunAt, j.Attempts = worker, now.Add(lease), j.Attempts+1
			if err := Jobs.Replace(ctx, tx, j); err != nil {
				return err
			}
		}
		return nil
	})
	return claimed, err
}

// ReturnJobs gives back jobs that were claimed and not begun, or not ended, because the node stops: others may have them at once, and the attempt does not count. It
// heeds ctx's values, not its end.
func ReturnJobs(ctx context.Context, s Store, jobs []*Job, now time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	ids := make([]string, len(jobs))
	for i, j := range jobs {
		ids[i] = j.ID
	}
	return s.Write(ctx, func(tx Tx) error {
		stored, err := Jobs.GetMany(ctx, tx, ids)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			mine := stored[j.ID]
			if mine == nil || mine.Version != j.Version {
				continue // it is done, or another has it
			}
			mine.Lease, mine.RunAt, mine.Attempts = "", now, mine.Attempts-1
			if err := Jobs.Replace(ctx, tx, mine); err != nil {
				return err
			}
		}
		return nil
	})
}

// FinishJob removes a job that is done, inside the transaction of what it did. Stale if the lease was lost to another.
func FinishJob(ctx context.Context, tx Tx, j *Job) error {
	stored, err := Jobs.Get(ctx, tx, j.ID)
	if err != nil || stored.Version != j.Version {
		return Errorf(Stale, "the lease of job %s was lost", j.ID)
	}
	return Jobs.Delete(ctx, tx, j.ID)
}

// FailJob notes an error and sets the next try, later each time (2, 4, 8 … seconds, at most an hour), or gives the job up.
func FailJob(ctx context.Context, s Store, j *Job, cause error, now time.Time) error {
	return s.Write(ctx, func(tx Tx) error {
		stored, err := Jobs.Get(ctx, tx, j.ID)
		if err != nil || stored.Version != j.Version {
			return err // another has it now
		}
		stored.LastError, stored.Lease = Clip(cause.Error(), 500), ""
		stored.RunAt = now.Add(min(time.Hour, time.Second<<min(stored.Attempts, 12)))
		if stored.Attempts >= MaxJobAttempts {
			stored.State, stored.Key = JobFailed, ""
		}
		return Jobs.Replace(ctx, tx, stored)
	})
}
