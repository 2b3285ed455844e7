package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sori/domain"
)

func doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "check configuration, store, disk and clock, and say what to do", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := doctor{out: cmd.OutOrStdout()}
			d.run(cmd.Context())
			if d.ill > 0 {
				return fmt.Errorf("%d checks failed", d.ill)
			}
			return nil
		},
	}
}

// doctor runs checks one after another and prints a line each.
type doctor struct {
	out io.Writer
	ill int
}

// finding is what a check says: an error, and what to do about it.
type finding struct {
	detail string
	err    error
	advice string
}

func (d *doctor) say(name string, f finding) {
	if f.err == nil {
		fmt.Fprintf(d.out, "ok    %-14s %s\n", name, f.detail)
		return
	}
	d.ill++
	fmt.Fprintf(d.out, "FAIL  %-14s %v\n      → %s\n", name, f.err, f.advice)
}

func (d *doctor) run(ctx context.Context) {
	c, err := loadConfig(os.Getenv)
	d.say("configuration", finding{"all settings can be read", err, "set what is named above; `sori --help` lists every setting"})
	if err != nil {
		return
	}
	d.say("directory", checkDirectory(c.DataDir))
	d.say("disk", checkDisk(c.DataDir))
	store, err := openStore(ctx, c, newLogger(c))
	advice := "a running server holds the store: ask its /readyz instead, or stop it first"
	if c.MongoURI != "" {
		advice = "check SORI_MONGO_URI, and that MongoDB (8.0 or newer) runs as a replica set"
	}
	if err != nil {
		d.say("store", finding{err: err, advice: advice})
		return
	}
	defer store.Close()
	err = store.Ping(ctx)
	d.say("store", finding{"reads and writes", err, advice})
	if err == nil {
		d.say("clock", checkClock(ctx, store))
		d.say("jobs", checkJobs(ctx, store))
	}
}

func checkDirectory(dir string) finding {
	advice := "create it, or point SORI_DATA_DIR to a directory that this user may write"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return finding{err: err, advice: advice}
	}
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return finding{err: err, advice: advice}
	}
	_, err = f.WriteString("x")
	err = errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
	return finding{filepath.Clean(dir) + " can be written", err, advice}
}

// leastFree is how much of the disk must be free, in bytes.
const leastFree = 1 << 30

func checkDisk(dir string) finding {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return finding{err: err, advice: "point SORI_DATA_DIR to a disk that can be asked"}
	}
	free := int64(fs.Bavail) * fs.Bsize
	f := finding{detail: fmt.Sprintf("%.1f GiB free", float64(free)/(1<<30)), advice: "free some space, or move SORI_DATA_DIR"}
	if free < leastFree {
		f.err = fmt.Errorf("only %.1f GiB free", float64(free)/(1<<30))
	}
	return f
}

// checkClock compares the clock with the newest event: a clock that was set back would date new events before old ones.
func checkClock(ctx context.Context, store domain.Store) finding {
	now := domain.SystemClock()
	f := finding{detail: now.Format(time.RFC3339), advice: "synchronise the clock (NTP): tokens, leases and service levels depend on it"}
	if now.Year() < 2026 {
		f.err = fmt.Errorf("the clock says %s", now.Format(time.RFC3339))
		return f
	}
	last, err := domain.Events.Find(ctx, store, domain.Query{Index: domain.SeqIndex, Reverse: true, Limit: 1})
	if err != nil {
		f.err = err
		return f
	}
	if len(last) == 1 && last[0].At.After(now.Add(time.Minute)) {
		f.err = fmt.Errorf("the newest event is from %s, ahead of the clock", last[0].At.Format(time.RFC3339))
	}
	return f
}

// checkJobs looks for jobs that were given up.
func checkJobs(ctx context.Context, store domain.Store) finding {
	for _, kind := range jobKinds {
		failed, err := domain.Jobs.Find(ctx, store, domain.Query{Index: "due", Equal: []any{kind, domain.JobFailed}, Limit: 1})
		if err != nil {
			return finding{err: err, advice: "see the check of the store"}
		}
		if len(failed) > 0 {
			return finding{err: fmt.Errorf("a job %s was given up: %s", kind, failed[0].LastError), advice: "mend the cause; the job is kept under " + failed[0].ID}
		}
	}
	return finding{detail: "none was given up"}
}
