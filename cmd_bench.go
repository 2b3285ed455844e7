package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sori/adapters/loadtest"
	"sori/domain"
)

func benchCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "bench", Short: "make a realistic store, and measure whole paths over HTTP"}
	cmd.AddCommand(benchFillCommand(), benchRunCommand(), benchLiveCommand())
	return cmd
}

// benchEnv points the settings to the benchmark's own store, so that it never fills a real one by accident.
func benchEnv(dir string) error {
	for name, value := range map[string]string{"SORI_DEV": "1", "SORI_DATA_DIR": dir, "SORI_LOG_LEVEL": "error"} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	if os.Getenv("SORI_MONGO_URI") != "" && os.Getenv("SORI_MONGO_DATABASE") == "" {
		return os.Setenv("SORI_MONGO_DATABASE", "sori_bench")
	}
	return nil
}

func benchFillCommand() *cobra.Command {
	var dir, profile string
	var inquiries, customers int
	cmd := &cobra.Command{
		Use: "fill", Short: "fill a store: Korean and English, all channels, few customers who ask a lot", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := benchEnv(dir); err != nil {
				return err
			}
			p, err := open(cmd.Context())
			if err != nil {
				return err
			}
			defer p.store.Close()
			stop, err := startProfile(profile)
			if err != nil {
				return err
			}
			defer stop()
			begun := time.Now()
			f := loadtest.Filler{Intake: p.intake, Desk: p.desk, Org: p.org, Inquiries: inquiries, Customers: customers, Progress: cmd.ErrOrStderr()}
			if err := f.Run(domain.WithActor(cmd.Context(), domain.System("bench"))); err != nil {
				return err
			}
			filled := time.Since(begun)
			err = p.settle(cmd.Context())
			fmt.Fprintf(cmd.OutOrStdout(), "\n%d inquiries in %s; indexed, triaged and counted in %s\n", inquiries, filled.Round(time.Second), time.Since(begun).Round(time.Second))
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "./var/bench", "data directory of the benchmark")
	cmd.Flags().StringVar(&profile, "cpuprofile", "", "write a CPU profile to this file")
	cmd.Flags().IntVar(&inquiries, "inquiries", 20_000, "how many inquiries")
	cmd.Flags().IntVar(&customers, "customers", 0, "how many customers (default: a third of the inquiries)")
	cmd.PreRun = func(*cobra.Command, []string) {
		if customers == 0 {
			customers = max(100, inquiries/3)
		}
	}
	return cmd
}

// startProfile begins a CPU profile, if a file is named, and gives what ends it.
func startProfile(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close()
	}, nil
}

// settle does all that waits behind the doors: what reads the feed comes to its end, and every message is triaged.
func (p *program) settle(ctx context.Context) error {
	ctx = domain.WithActor(ctx, domain.System("bench"))
	var steps []func() (int, error)
	for _, f := range p.followers() {
		steps = append(steps, func() (int, error) { return f.RunOnce(ctx) })
	}
	steps = append(steps, func() (int, error) { return p.triage.RunBatch(ctx, p.node) })
	for busy := true; busy; {
		busy = false
		for _, step := range steps {
			n, err := step()
			if err != nil {
				return err
			}
			busy = busy || n > 0
		}
	}
	return nil
}

func benchRunCommand() *cobra.Command {
	var dir, only, profile string
	var connections int
	var duration time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use: "run", Short: "start a server on the filled store and measure it", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := benchEnv(dir); err != nil {
				return err
			}
			report, err := measure(cmd.Context(), connections, duration, only, profile)
			if err != nil {
				return err
			}
			if asJSON {
				return report.WriteJSON(cmd.OutOrStdout())
			}
			return report.WriteTable(cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "dir", "./var/bench", "data directory of the benchmark")
	f.StringVar(&profile, "cpuprofile", "", "write a CPU profile of the server to this file")
	f.StringVar(&only, "only", "", "measure only the questions whose name holds this")
	f.IntVar(&connections, "connections", 64, "connections")
	f.DurationVar(&duration, "duration", 10*time.Second, "how long each question is asked")
	f.BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func measure(ctx context.Context, connections int, duration time.Duration, only, profile string) (loadtest.Report, error) {
	c, err := loadConfig(os.Getenv)
	if err != nil {
		return loadtest.Report{}, err
	}
	token, err := signToken(c, domain.RoleAdmin, "bench", "", defaultTokenTTL)
	if err != nil {
		return loadtest.Report{}, err
	}
	server, err := startServer(ctx, profile)
	if err != nil {
		return loadtest.Report{}, err
	}
	defer server.stop()
	report := loadtest.Report{Store: "SQLite", Connections: connections, ReadySecs: server.ready.Seconds()}
	if c.MongoURI != "" {
		report.Store = "MongoDB"
	}
	plan := loadtest.Plan{Base: server.base, Token: token, Customers: 1000, Workers: connections}
	questions := slices.DeleteFunc(plan.Questions(), func(q loadtest.Question) bool { return !strings.Contains(q.Name, only) })
	if err := plan.Prepare(questions); err != nil {
		return report, err
	}
	server.settle(ctx)
	runner := &loadtest.Runner{Connections: connections, Duration: duration, Token: token}
	for _, q := range questions {
		fmt.Fprintln(os.Stderr, "measuring:", q.Name)
		report.Results = append(report.Results, server.ask(ctx, runner, q))
	}
	report.MemoryMiB = server.memory()
	return report, nil
}

// child is a server of our own program in a process of its own, so that its memory is its own.
type child struct {
	cmd   *exec.Cmd
	base  string
	ready time.Duration
}

func startServer(ctx context.Context, profile string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	l.Close()
	cmd := exec.CommandContext(ctx, self, "serve", "--cpuprofile", profile) //nolint:gosec // our own program
	cmd.Env = append(os.Environ(), "SORI_ADDR="+addr)
	cmd.Stderr = os.Stderr
	s := &child{cmd: cmd, base: "http://" + addr}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for time.Since(begun) < time.Minute {
		resp, err := http.Get(s.base + "/readyz") //nolint:noctx // a loopback call of a benchmark
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				s.ready = time.Since(begun)
				return s, nil
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("the server was not ready within a minute")
}

func (s *child) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may be gone already
	_ = s.cmd.Wait()
}

// A server has settled when it uses less than settledShare of one processor. It is not waited for longer than settleTime.
const (
	settledShare = 0.05
	settleTime   = 2 * time.Minute
	settleStep   = 500 * time.Millisecond
)

// ask puts one question, then lets the server finish what the requests left behind, so that it does not fall on the next one.
func (s *child) ask(ctx context.Context, runner *loadtest.Runner, q loadtest.Question) loadtest.Result {
	before, own := s.used(), usedBy(os.Getpid())
	res := runner.Ask(ctx, q)
	own = usedBy(os.Getpid()) - own
	res.Behind = s.settle(ctx)
	if res.Requests > 0 {
		res.Client = own / time.Duration(res.Requests)
		res.CPU = (s.used() - before) / time.Duration(res.Requests)
	}
	return res
}

// settle waits until the server has nothing more to do, and gives how long that took.
func (s *child) settle(ctx context.Context) (behind time.Duration) {
	begun := time.Now()
	for last := s.used(); time.Since(begun) < settleTime && ctx.Err() == nil; {
		domain.Rest(ctx, nil, settleStep)
		used := s.used()
		if used-last < time.Duration(settledShare*float64(settleStep)) {
			break
		}
		last, behind = used, time.Since(begun)
	}
	return behind
}

func (s *child) used() time.Duration { return usedBy(s.cmd.Process.Pid) }

// usedBy gives the processor time that a process has taken, 0 where the system does not tell (proc(5): fields 14 and 15 of stat, in hundredths).
func usedBy(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err1 != nil || err2 != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// memory gives the resident memory in MiB, 0 where the system does not tell.
func (s *child) memory() float64 {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				return 0
			}
			return kib / 1024
		}
	}
	return 0
}
