package loadtest

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Question is one thing that is asked again and again.
type Question struct {
	Name string
	Goal float64 // requests a second, for the report; 0 is none
	// Pages of the inbox that are paged through before, to know what to ask for.
	Pages int
	// Make gives the n-th request of a worker.
	Make func(worker, n int) (*http.Request, error)
}

// Result of one question.
type Result struct {
	Name     string        `json:"name"`
	Requests int           `json:"requests"`
	Errors   int           `json:"errors"`
	Rate     float64       `json:"ratePerSecond"`
	P50      time.Duration `json:"p50"`       // nanoseconds
	P99      time.Duration `json:"p99"`       // nanoseconds
	CPU      time.Duration `json:"serverCPU"` // nanoseconds of the server's processors a request, with the work that requests leave behind
	Behind   time.Duration `json:"behind"`    // nanoseconds that the server went on working after the last answer
	Client   time.Duration `json:"clientCPU"` // nanoseconds of processors that asking took, a request
	Goal     float64       `json:"goalPerSecond,omitempty"`
	Error    string        `json:"error,omitempty"` // the first one
}

// Runner asks questions over so many connections, each kept for a whole question.
type Runner struct {
	Connections int
	Duration    time.Duration
	Token       string
}

type tally struct {
	times  []time.Duration
	errors int
	first  string
}

// Ask asks one question for the runner's duration.
func (r *Runner) Ask(ctx context.Context, q Question) Result {
	ctx, cancel := context.WithTimeout(ctx, r.Duration)
	defer cancel()
	tallies := make([]tally, r.Connections)
	var wg sync.WaitGroup
	start := time.Now()
	for w := range r.Connections {
		wg.Go(func() { r.work(ctx, q, w, &tallies[w]) })
	}
	wg.Wait()
	return sum(q, tallies, time.Since(start))
}

func (r *Runner) work(ctx context.Context, q Question, w int, t *tally) {
	c := conn{token: r.Token}
	defer c.close()
	for n := 0; ctx.Err() == nil; n++ {
		req, err := q.Make(w, n)
		if err != nil {
			t.errors, t.first = t.errors+1, err.Error()
			return
		}
		begun := time.Now()
		if err := c.ask(req); err != nil {
			if t.errors++; t.first == "" {
				t.first = err.Error()
			}
			continue
		}
		t.times = append(t.times, time.Since(begun))
	}
}

func sum(q Question, tallies []tally, took time.Duration) Result {
	res := Result{Name: q.Name, Goal: q.Goal}
	var all []time.Duration
	for _, t := range tallies {
		all = append(all, t.times...)
		res.Errors += t.errors
		if res.Error == "" {
			res.Error = t.first
		}
	}
	if res.Requests = len(all); res.Requests == 0 {
		return res
	}
	slices.Sort(all)
	res.Rate = float64(len(all)) / took.Seconds()
	res.P50, res.P99 = all[len(all)/2], all[len(all)*99/100]
	return res
}
