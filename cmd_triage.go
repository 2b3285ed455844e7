package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"sori/domain"
	"sori/domain/faqrank"
	"sori/domain/textclass"
)

func triageCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "triage", Short: "measure the classifier, count anew"}
	var e triageEvaluation
	eval := &cobra.Command{
		Use:   "eval --train F --test F",
		Short: "train on labelled lines (label TAB text) and measure on others",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			data, err := e.read()
			if err != nil {
				return err
			}
			figures, err := textclass.Evaluate(cmd.Context(), data, e.precision, textclass.Options{Seed: 1})
			if err != nil {
				return err
			}
			return printFigures(cmd.OutOrStdout(), figures, e.asJSON)
		},
	}
	f := eval.Flags()
	for _, x := range []struct {
		target     *string
		name, help string
	}{
		{&e.train, "train", "lines to learn from"}, {&e.dev, "dev", "lines to set thresholds by"}, {&e.test, "test", "lines to measure on"},
		{&e.oosTrain, "oos-train", "lines that fit no type, to learn from"}, {&e.oosDev, "oos-dev", "… to set the cut by"}, {&e.oosTest, "oos-test", "… to measure on"},
	} {
		f.StringVar(x.target, x.name, "", x.help)
	}
	f.Float64Var(&e.precision, "precision", domain.DefaultPromise, "part of the answers that are to be right")
	f.BoolVar(&e.asJSON, "json", false, "as JSON")
	_ = eval.MarkFlagRequired("train") // the flags exist
	_ = eval.MarkFlagRequired("test")
	cmd.AddCommand(eval, recountCommand())
	return cmd
}

func recountCommand() *cobra.Command {
	return &cobra.Command{
		Use: "recount", Short: "count for the 80:20 report anew, from the first event on; while an embedded server runs, stop it first", Args: cobra.NoArgs,
		RunE: onStore(func(cmd *cobra.Command, p *program, _ []string) error {
			if err := p.triage.Recount(cmd.Context()); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "the server counts anew, which takes a while")
			return nil
		}),
	}
}

// triageEvaluation is what the command line says of an evaluation.
type triageEvaluation struct {
	train, dev, test          string
	oosTrain, oosDev, oosTest string
	precision                 float64
	asJSON                    bool
}

// read reads the files that are named.
func (e *triageEvaluation) read() (textclass.DataSet, error) {
	var d textclass.DataSet
	var faults []error
	for _, x := range []struct {
		path   string
		target *[]textclass.Example
	}{{e.train, &d.Train}, {e.dev, &d.Dev}, {e.test, &d.Test}, {e.oosTrain, &d.OOSTrain}, {e.oosDev, &d.OOSDev}, {e.oosTest, &d.OOSTest}} {
		if x.path == "" {
			continue
		}
		var err error
		if *x.target, err = readLines(x.path, textclass.ReadExamples); err != nil {
			faults = append(faults, err)
		}
	}
	return d, errors.Join(faults...)
}

func readLines[T any](path string, read func(io.Reader) ([]T, error)) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return lines, nil
}

// printFigures prints figures in one line of JSON, or a line each.
func printFigures(out io.Writer, figures any, asJSON bool) error {
	enc := json.NewEncoder(out)
	if !asJSON {
		enc.SetIndent("", "  ")
	}
	return enc.Encode(figures)
}

// helpCommand is the help about commands, and the measuring of the self-help: both are called help.
func helpCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "help [command]",
		Short: "help about any command; help eval measures the self-help",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, _, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			about.InitDefaultHelpFlag()
			about.InitDefaultVersionFlag()
			return about.Help()
		},
	}
	var faq, past string
	var asJSON bool
	eval := &cobra.Command{
		Use:   "eval --faq F",
		Short: "measure the self-help on lines faqId TAB topic TAB act TAB text: the first wording is the article, the rest are questions",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			wordings, err := readLines(faq, faqrank.ReadWordings)
			if err != nil {
				return err
			}
			var learnt []faqrank.Wording
			if past != "" {
				if learnt, err = readLines(past, faqrank.ReadWordings); err != nil {
					return err
				}
			}
			figures, err := faqrank.EvaluateFAQ(cmd.Context(), wordings, learnt, 1)
			if err != nil {
				return err
			}
			return printFigures(cmd.OutOrStdout(), figures, asJSON)
		},
	}
	eval.Flags().StringVar(&faq, "faq", "", "the lines to measure on")
	eval.Flags().StringVar(&past, "past", "", "lines of other articles, to learn from how people reword")
	eval.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	_ = eval.MarkFlagRequired("faq") // the flag exists
	cmd.AddCommand(eval)
	return cmd
}
