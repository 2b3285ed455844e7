package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"sori/domain"
	"sori/domain/intake"
)

func mailboxCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "mailbox", Short: "make, list and remove the IMAP folders that mail is fetched from; while an embedded server runs, ask its /v1/mailboxes instead"}
	cmd.AddCommand(mailboxAddCommand(), mailboxListCommand(), mailboxRemoveCommand())
	return cmd
}

func mailboxAddCommand() *cobra.Command {
	var d intake.MailboxDraft
	var security, auth, after, passwordFile string
	cmd := &cobra.Command{
		Use: "add", Short: "fetch from a folder from now on, and print the mailbox's id", Args: cobra.NoArgs,
		RunE: onStore(func(cmd *cobra.Command, p *program, _ []string) error {
			d.Security, d.Auth, d.After = domain.MailSecurity(security), domain.MailboxAuth(auth), domain.AfterFetch(after)
			if passwordFile != "" {
				content, err := os.ReadFile(passwordFile)
				if err != nil {
					return err
				}
				d.Secret.Password = firstLineOf(content)
			}
			m, err := p.intake.CreateMailbox(cmd.Context(), d)
			if err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), m.ID)
			}
			return err
		}),
	}
	f := cmd.Flags()
	f.StringVar(&d.Account, "account", domain.DefaultAccount, "key of the e-mail account that the mail belongs to")
	f.StringVar(&d.Host, "host", "", "IMAP server")
	f.IntVar(&d.Port, "port", 0, "its port (default 993, without tls 143)")
	f.StringVar(&security, "security", string(domain.SecurityTLS), "tls, starttls or none")
	f.StringVar(&d.User, "user", "", "user name")
	f.StringVar(&auth, "auth", string(domain.MailboxPassword), "password or oauth2")
	f.StringVar(&passwordFile, "password-file", "", "file with the password or the bearer token in its first line")
	f.StringVar(&d.SecretEnv, "password-env", "", "environment variable SORI_MAILBOX_… of the server that holds it, instead")
	f.StringVar(&d.Folder, "folder", "INBOX", "folder to fetch from")
	f.StringVar(&after, "after", string(domain.AfterSeen), "what becomes of a stored mail on its server: seen, move or keep")
	f.StringVar(&d.MoveTo, "move-to", "", "folder, for --after move")
	for _, name := range []string{"host", "user"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}

func firstLineOf(content []byte) string {
	for i, c := range content {
		if c == '\n' || c == '\r' {
			return string(content[:i])
		}
	}
	return string(content)
}

func mailboxListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "list the mailboxes and how far they are fetched", Args: cobra.NoArgs,
		RunE: onStore(func(cmd *cobra.Command, p *program, _ []string) error {
			return eachPage(func(req domain.PageRequest) (domain.Page[domain.Mailbox], error) {
				return p.intake.ListMailboxes(cmd.Context(), "", req)
			}, func(m *domain.Mailbox) error {
				_, st, err := p.intake.GetMailbox(cmd.Context(), m.ID)
				if err != nil {
					return err
				}
				state := "not fetched yet"
				if st != nil {
					state = fmt.Sprintf("%d taken, %d in quarantine", st.Taken, st.Quarantined)
					if st.Failing {
						state += "; failing: " + st.LastError
					}
				}
				if !m.Active {
					state = "off; " + state
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s  %-12s %s@%s %s  %s\n", m.ID, m.Account, m.User, m.Address(), m.Folder, state)
				return err
			})
		}),
	}
}

func mailboxRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "remove ID", Short: "fetch from a folder no more; what was taken in stays", Args: cobra.ExactArgs(1),
		RunE: onStore(func(cmd *cobra.Command, p *program, args []string) error {
			return p.intake.DeleteMailbox(cmd.Context(), args[0])
		}),
	}
}

func quarantineCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "quarantine", Short: "look at mails that could not be taken in; while an embedded server runs, ask its /v1/quarantine instead"}
	one := func(use, short string, do func(cmd *cobra.Command, p *program, id string) error) *cobra.Command {
		return &cobra.Command{Use: use + " ID", Short: short, Args: cobra.ExactArgs(1), RunE: onStore(func(cmd *cobra.Command, p *program, args []string) error { return do(cmd, p, args[0]) })}
	}
	cmd.AddCommand(
		quarantineListCommand(),
		one("source", "print a mail as it came", func(cmd *cobra.Command, p *program, id string) error {
			raw, err := p.intake.QuarantinedSource(cmd.Context(), id)
			if err == nil {
				_, err = cmd.OutOrStdout().Write(raw)
			}
			return err
		}),
		one("reprocess", "try to take a mail in once more", func(cmd *cobra.Command, p *program, id string) error {
			r, err := p.intake.ReprocessQuarantined(cmd.Context(), id)
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "inquiry %s, interaction %s\n", r.Number, r.Interaction)
			}
			return err
		}),
		one("delete", "throw a mail away, for good", func(cmd *cobra.Command, p *program, id string) error {
			return p.intake.DeleteQuarantined(cmd.Context(), id)
		}),
	)
	return cmd
}

func quarantineListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "list the mails, the newest first", Args: cobra.NoArgs,
		RunE: onStore(func(cmd *cobra.Command, p *program, _ []string) error {
			return eachPage(func(req domain.PageRequest) (domain.Page[domain.Quarantined], error) {
				return p.intake.ListQuarantined(cmd.Context(), "", req)
			}, func(q *domain.Quarantined) error {
				if asJSON {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(q)
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s  %s  %-12s %8d bytes, %d tries: %s\n", q.ID, q.CreatedAt.Format("2006-01-02 15:04"), q.Account, q.Size, q.Attempts, q.Error)
				return err
			})
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON, one line a mail")
	return cmd
}

// eachPage goes through a whole list.
func eachPage[T any](list func(domain.PageRequest) (domain.Page[T], error), do func(*T) error) error {
	req := domain.PageRequest{Limit: domain.MaxLimit}
	for {
		page, err := list(req)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := do(item); err != nil {
				return err
			}
		}
		if req.Cursor = page.NextCursor; req.Cursor == "" {
			return nil
		}
	}
}
