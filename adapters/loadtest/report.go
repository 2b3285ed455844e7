package loadtest

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Report is what a run found.
type Report struct {
	Store       string   `json:"store"`
	Connections int      `json:"connections"`
	ReadySecs   float64  `json:"readySeconds"`
	MemoryMiB   float64  `json:"memoryMiB"` // resident, of the server, after the run
	Results     []Result `json:"results"`
}

// WriteTable prints the report for people.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "question\trequests/s\tgoal\tp50\tp99\tserver CPU\tclient CPU\tbehind\trequests\terrors\t")
	for _, x := range r.Results {
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t\n", x.Name, x.Rate, x.Goal, x.P50.Round(10*time.Microsecond), x.P99.Round(10*time.Microsecond),
			x.CPU.Round(time.Microsecond), x.Client.Round(time.Microsecond), x.Behind.Round(100*time.Millisecond), x.Requests, x.Errors)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, x := range r.Results {
		if x.Error != "" {
			fmt.Fprintf(w, "%s: first error: %s\n", x.Name, x.Error)
		}
	}
	_, err := fmt.Fprintf(w, "%s, %d connections; ready after %.2f s, %.0f MiB resident at the end\n", r.Store, r.Connections, r.ReadySecs, r.MemoryMiB)
	return err
}

// WriteJSON prints the report for programs.
func (r Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
