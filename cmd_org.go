package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"sori/domain"
	"sori/domain/org"
)

func orgCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "org", Short: "the whole organisation as a file; while an embedded server runs, ask its /v1/org instead",
	}
	cmd.AddCommand(orgApplyCommand(), orgExportCommand())
	return cmd
}

func orgApplyCommand() *cobra.Command {
	var o org.ApplyOptions
	cmd := &cobra.Command{
		Use: "apply FILE", Short: "make the organisation what a file says (YAML; - is standard input): all of it, or nothing", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			document, err := readDocument(cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			return onStore(func(cmd *cobra.Command, p *program, _ []string) error {
				return applyOrg(cmd, p, document, o)
			})(cmd, args)
		},
	}
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.Flags().BoolVar(&o.Prune, "prune", false, "remove what the file does not name, of the sections that it has; agents and accounts are made inactive")
	return cmd
}

func applyOrg(cmd *cobra.Command, p *program, document []byte, o org.ApplyOptions) error {
	var bar *progressbar.ProgressBar
	o.Progress = func(_, total int) {
		if bar == nil {
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(cmd.ErrOrStderr()), progressbar.OptionShowCount(), progressbar.OptionSetDescription("apply"))
		}
		_ = bar.Add(1)
	}
	plan, err := p.org.Apply(cmd.Context(), document, o)
	if bar != nil {
		fmt.Fprintln(cmd.ErrOrStderr())
	}
	var refused *domain.Error
	if errors.As(err, &refused) && len(refused.AllFaults()) > 0 {
		for _, f := range refused.AllFaults() {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", f.Field, f.Message)
		}
		return fmt.Errorf("nothing was done; faults in the file: %d", len(refused.AllFaults()))
	}
	if err != nil {
		return err
	}
	printPlan(cmd.OutOrStdout(), plan)
	return nil
}

var planMarks = map[org.PlanAction]string{org.ActionCreate: "+", org.ActionUpdate: "~", org.ActionRemove: "-"}

// printPlan tells what was done, or would be: a line for each thing that changes, and the sums.
func printPlan(out io.Writer, plan *org.Plan) {
	for _, s := range plan.Steps {
		mark, ok := planMarks[s.Action]
		if !ok {
			continue
		}
		line := mark + " " + s.Kind + " " + s.Key
		if len(s.Fields) > 0 {
			line += ": " + strings.Join(s.Fields, ", ")
		}
		fmt.Fprintln(out, line)
	}
	verb := "done"
	if !plan.Applied {
		verb = "nothing was done; it would be"
	}
	fmt.Fprintf(out, "%s: %d created, %d updated, %d removed, %d unchanged\n", verb, plan.Created, plan.Updated, plan.Removed, plan.Unchanged)
}

// readDocument reads a file, or standard input. It reads no more than a document may have, and a byte, by which one that is too long is refused.
func readDocument(in io.Reader, name string) ([]byte, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, domain.MaxOrganisation+1))
}

func orgExportCommand() *cobra.Command {
	return &cobra.Command{
		Use: "export", Short: "print the organisation as a file that apply takes", Args: cobra.NoArgs,
		RunE: onStore(func(cmd *cobra.Command, p *program, _ []string) error {
			document, err := p.org.Export(cmd.Context())
			if err == nil {
				_, err = cmd.OutOrStdout().Write(document)
			}
			return err
		}),
	}
}
