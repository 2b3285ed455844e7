package loadtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"
)

// Live measures how soon many subscribers learn of events: half of them follow an inquiry each, half a queue.
type Live struct {
	Base        string // http://127.0.0.1:8080
	Token       string
	Subscribers int
	SSE         int     // how many of them come by Server-Sent Events, not by WebSocket
	Rate        float64 // events a second
	Duration    time.Duration
	Inquiries   int
	Queues      int
	Progress    io.Writer

	ids    []string
	client *http.Client
}

// LiveReport is what came of it. Times are from an event's own time, taken before its commit, to the moment when the client has it.
type LiveReport struct {
	Subscribers  int           `json:"subscribers"`
	ServerSent   int           `json:"serverSent"` // of them by Server-Sent Events
	ConnectTime  time.Duration `json:"connect"`    // nanoseconds, all
	Events       int           `json:"events"`
	EventRate    float64       `json:"eventsPerSecond"`
	Deliveries   int           `json:"deliveries"`
	DeliveryRate float64       `json:"deliveriesPerSecond"`
	P50          time.Duration `json:"p50"`
	P99          time.Duration `json:"p99"`
	Max          time.Duration `json:"max"`
	Missing      int           `json:"missing"`
	Doubles      int           `json:"doubles"`
	Broken       int           `json:"broken"` // connections that ended
	Error        string        `json:"error,omitempty"`
	ServerMiB    float64       `json:"serverMiB"`
	ServerCPU    float64       `json:"serverCPU"` // cores used while events came
	ServerRoutes int           `json:"serverGoroutines"`
}

// Usage tells what a server has used: resident MiB, and seconds of CPU since its start.
type Usage func() (mib, cpuSeconds float64)

const (
	noteWorkers = 32
	settleTime  = 3 * time.Second
)

// Run connects the subscribers, writes notes at the rate for the duration, and counts what came where.
func (l *Live) Run(ctx context.Context, usage Usage) (LiveReport, error) {
	l.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: noteWorkers}, Timeout: time.Minute}
	if err := l.prepare(ctx); err != nil {
		return LiveReport{}, err
	}
	followers, err := l.connect(ctx)
	defer closeAll(followers)
	if err != nil {
		return LiveReport{}, err
	}
	report := LiveReport{Subscribers: l.Subscribers, ServerSent: l.SSE, ConnectTime: time.Since(followers[0].begun)}
	fmt.Fprintf(l.Progress, "%d subscribers connected in %s; writing %g events a second\n", l.Subscribers, report.ConnectTime.Round(time.Millisecond), l.Rate)
	time.Sleep(settleTime)
	_, before := usage()
	begun := time.Now()
	notes, err := l.write(ctx)
	took := time.Since(begun)
	report.ServerMiB, report.ServerCPU = usage()
	report.ServerCPU = (report.ServerCPU - before) / took.Seconds()
	if err != nil {
		return report, err
	}
	time.Sleep(settleTime)
	report.ServerRoutes = l.goroutines(ctx)
	l.count(&report, followers, notes, took)
	return report, nil
}

// prepare makes the inquiries, each in a queue.
func (l *Live) prepare(ctx context.Context) error {
	l.ids = make([]string, l.Inquiries)
	for i := range min(l.Queues, l.Inquiries) {
		if err := l.post(ctx, "/v1/queues", map[string]any{"key": l.queue(i), "mode": "pull"}, nil); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(noteWorkers)
	run := time.Now().UnixNano()
	for i := range l.ids {
		group.Go(func() error {
			var got struct{ Inquiry struct{ ID string } }
			memo := map[string]any{"from": map[string]string{"email": fmt.Sprintf("live-%d-%d@bench.test", run, i)}, "subject": "live", "text": "follow me", "memo": map[string]any{"location": "bench"}}
			if err := l.post(ctx, "/v1/intake/memo", memo, &got); err != nil {
				return err
			}
			l.ids[i] = got.Inquiry.ID
			return l.post(ctx, "/v1/inquiries/"+got.Inquiry.ID+"/assign", map[string]any{"queue": l.queue(i)}, nil)
		})
	}
	return group.Wait()
}

func (l *Live) queue(inquiry int) string { return fmt.Sprintf("live%d", inquiry%l.Queues) }

func (l *Live) post(ctx context.Context, path string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.Base+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+l.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := l.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("POST %s: %d %.200s %w", path, resp.StatusCode, got, err)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(got, into)
}

// connect opens all subscriptions, some at a time.
func (l *Live) connect(ctx context.Context) ([]*follower, error) {
	followers := make([]*follower, l.Subscribers)
	var group errgroup.Group
	group.SetLimit(64)
	for i := range followers {
		f := &follower{number: i, begun: time.Now(), inquiry: -1, queue: -1}
		if followers[i] = f; i%2 == 0 {
			f.inquiry = i / 2 % l.Inquiries
		} else {
			f.queue = i / 2 % l.Queues
		}
		open := l.overWebSocket
		if i < l.SSE {
			open = l.overSSE
		}
		group.Go(func() error { return open(ctx, f) })
	}
	return followers, group.Wait()
}

func closeAll(followers []*follower) {
	for _, f := range followers {
		if f.close != nil {
			f.close()
		}
	}
}

// write adds notes to the inquiries in turn, at the rate, and gives how many each inquiry got.
func (l *Live) write(ctx context.Context) ([]int, error) {
	notes := make([]int, l.Inquiries)
	total := int(l.Rate * l.Duration.Seconds())
	work := make(chan int)
	group, ctx := errgroup.WithContext(ctx)
	for range noteWorkers {
		group.Go(func() error {
			for i := range work {
				if err := l.post(ctx, "/v1/inquiries/"+l.ids[i]+"/notes", map[string]string{"text": "a note for those who follow"}, nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
	tick := time.NewTicker(time.Duration(float64(time.Second) / l.Rate))
	defer tick.Stop()
	for n := 0; n < total && ctx.Err() == nil; n++ {
		i := n * 7 % l.Inquiries
		notes[i]++
		<-tick.C
		select {
		case work <- i:
		case <-ctx.Done():
		}
	}
	close(work)
	return notes, group.Wait()
}

// goroutines asks the server's metrics how many it has.
func (l *Live) goroutines(ctx context.Context) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.Base+"/metrics", nil)
	if err != nil {
		return 0
	}
	resp, err := l.client.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0
	}
	var n float64
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "go_goroutines "); ok {
			_, _ = fmt.Sscan(rest, &n) // 0 is shown for what cannot be read
		}
	}
	return int(n)
}

// count compares what each subscriber got with what was written for it.
func (l *Live) count(r *LiveReport, followers []*follower, notes []int, took time.Duration) {
	perQueue := make([]int, l.Queues)
	for i, n := range notes {
		perQueue[i%l.Queues] += n
		r.Events += n
	}
	var all []time.Duration
	for _, f := range followers {
		f.mu.Lock()
		want := 0
		switch {
		case f.inquiry >= 0:
			want = notes[f.inquiry]
		case f.queue >= 0:
			want = perQueue[f.queue]
		}
		r.Missing += max(0, want-len(f.times))
		r.Doubles += f.doubles + max(0, len(f.times)-want)
		all = append(all, f.times...)
		if f.err != nil {
			if r.Broken++; r.Error == "" {
				r.Error = f.err.Error()
			}
		}
		f.mu.Unlock()
	}
	r.EventRate = float64(r.Events) / took.Seconds()
	if r.Deliveries = len(all); r.Deliveries == 0 {
		return
	}
	slices.Sort(all)
	r.DeliveryRate = float64(len(all)) / took.Seconds()
	r.P50, r.P99, r.Max = all[len(all)/2], all[len(all)*99/100], all[len(all)-1]
}

// WriteTable prints the report for people.
func (r LiveReport) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "subscribers\t%d, of them %d by SSE; connected in %s\n", r.Subscribers, r.ServerSent, r.ConnectTime.Round(time.Millisecond))
	fmt.Fprintf(t, "events\t%d, %.0f a second\n", r.Events, r.EventRate)
	fmt.Fprintf(t, "deliveries\t%d, %.0f a second; missing %d, doubles %d, broken connections %d\n", r.Deliveries, r.DeliveryRate, r.Missing, r.Doubles, r.Broken)
	fmt.Fprintf(t, "event to client\tp50 %s, p99 %s, max %s\n", r.P50.Round(100*time.Microsecond), r.P99.Round(100*time.Microsecond), r.Max.Round(100*time.Microsecond))
	fmt.Fprintf(t, "server\t%.0f MiB resident, %.2f cores, %d goroutines\n", r.ServerMiB, r.ServerCPU, r.ServerRoutes)
	if r.Error != "" {
		fmt.Fprintf(t, "first error\t%s\n", r.Error)
	}
	return t.Flush()
}

// WriteJSON prints the report for programs.
func (r LiveReport) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// follower is one subscriber, to an inquiry or to a queue; the other is -1.
type follower struct {
	number  int
	inquiry int
	queue   int
	begun   time.Time
	close   func()
	closed  atomic.Bool

	mu      sync.Mutex
	last    int64 // the newest event's number
	times   []time.Duration
	doubles int
	err     error
}
