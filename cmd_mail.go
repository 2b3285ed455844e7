package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sori/adapters/email"
)

func mailCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "mail", Short: "look at mails"}
	var asJSON bool
	parse := &cobra.Command{
		Use: "parse FILE", Short: "print what a mail becomes", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			m := email.NewParser(email.Options{}).Parse(raw)
			if asJSON {
				return email.WriteJSON(cmd.OutOrStdout(), m)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Kind:     %s\nFrom:     %s <%s>\nSubject:  %s\nDate:     %s\nFiles:    %d\nProblems: %s\n\n%s\n",
				m.Kind, m.From.Name, m.From.Address, m.Subject, m.Date.Format("2006-01-02 15:04:05 -0700"), len(m.Attachments), strings.Join(m.Problems, "; "), m.Text)
			return nil
		},
	}
	parse.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	cmd.AddCommand(parse, mailboxCommand(), quarantineCommand())
	return cmd
}
