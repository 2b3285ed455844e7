package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sori/adapters/loadtest"
	"sori/domain"
)

func benchLiveCommand() *cobra.Command {
	var dir, profile string
	var l loadtest.Live
	var asJSON bool
	cmd := &cobra.Command{
		Use: "live", Short: "start a server and measure how soon many subscribers learn of events", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				fresh, err := os.MkdirTemp("", "sori-live")
				if err != nil {
					return err
				}
				defer os.RemoveAll(fresh)
				dir = fresh
			}
			if err := benchEnv(dir); err != nil {
				return err
			}
			l.Progress = cmd.ErrOrStderr()
			report, err := measureLive(cmd.Context(), l, profile)
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
	f.StringVar(&dir, "dir", "", "data directory; a fresh one if empty")
	f.StringVar(&profile, "cpuprofile", "", "write a CPU profile of the server to this file")
	f.IntVar(&l.Subscribers, "subscribers", 10_000, "how many, half of them to inquiries and half to queues")
	f.IntVar(&l.SSE, "sse", 0, "how many of them by Server-Sent Events; the others by WebSocket")
	f.Float64Var(&l.Rate, "rate", 200, "events a second")
	f.DurationVar(&l.Duration, "duration", 20*time.Second, "for how long events are written")
	f.IntVar(&l.Inquiries, "inquiries", 1000, "how many inquiries are followed")
	f.IntVar(&l.Queues, "queues", 100, "how many queues they are in")
	f.BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func measureLive(ctx context.Context, l loadtest.Live, profile string) (loadtest.LiveReport, error) {
	c, err := loadConfig(os.Getenv)
	if err != nil {
		return loadtest.LiveReport{}, err
	}
	if l.Token, err = signToken(c, domain.RoleAdmin, "bench", "", defaultTokenTTL); err != nil {
		return loadtest.LiveReport{}, err
	}
	server, err := startServer(ctx, profile)
	if err != nil {
		return loadtest.LiveReport{}, err
	}
	defer server.stop()
	l.Base = server.base
	return l.Run(ctx, func() (mib, cpuSeconds float64) { return server.memory(), server.cpuSeconds() })
}

// ticks is how many a second of CPU time has in /proc, on every Linux that Go runs on.
const ticks = 100

// cpuSeconds gives the CPU time that the server has used, 0 where the system does not tell.
func (s *child) cpuSeconds() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	used := 0.0
	for _, f := range fields[11:13] { // utime and stime (proc_pid_stat(5), fields 14 and 15)
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return 0
		}
		used += n / ticks
	}
	return used
}
