package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"sori/domain"
	"sori/domain/org"
)

func apikeyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "apikey", Short: "make, list and revoke API keys in the store; while an embedded server runs, ask its /v1/api-keys instead"}
	cmd.AddCommand(apikeyCreateCommand(), apikeyListCommand(), apikeyRevokeCommand())
	return cmd
}

// onStore opens the program for a command that works on the store as the command line's own actor.
func onStore(fn func(cmd *cobra.Command, p *program, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		p, err := open(cmd.Context())
		if err != nil {
			return err
		}
		defer p.store.Close()
		cmd.SetContext(domain.WithActor(cmd.Context(), domain.System("cli")))
		return fn(cmd, p, args)
	}
}

func apikeyCreateCommand() *cobra.Command {
	var d org.APIKeyDraft
	var role string
	var scopes []string
	cmd := &cobra.Command{
		Use: "create", Short: "make a key and print its secret, this once", Args: cobra.NoArgs,
		RunE: onStore(func(cmd *cobra.Command, p *program, _ []string) error {
			d.Role = domain.Role(role)
			for _, s := range scopes {
				d.Scopes = append(d.Scopes, domain.Scope(s))
			}
			_, secret, err := p.org.CreateAPIKey(cmd.Context(), d)
			if err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), secret)
			}
			return err
		}),
	}
	cmd.Flags().StringVar(&d.Name, "name", "", "what the key is for")
	cmd.Flags().StringVar(&role, "role", string(domain.RoleIntegration), "admin, supervisor, agent or integration")
	cmd.Flags().StringSliceVar(&scopes, "scope", nil, "scopes (default: the role's)")
	_ = cmd.MarkFlagRequired("name")
	return cmd
}

func apikeyListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "list the keys, without secrets", Args: cobra.NoArgs,
		RunE: onStore(func(cmd *cobra.Command, p *program, _ []string) error {
			req := domain.PageRequest{Limit: domain.MaxLimit}
			for {
				page, err := p.org.ListAPIKeys(cmd.Context(), req)
				if err != nil {
					return err
				}
				for _, k := range page.Items {
					state := "active"
					if k.RevokedAt != nil {
						state = "revoked"
					}
					fmt.Fprintf(cmd.OutOrStdout(), "%s  %-8s %-12s %s…  %s\n", k.ID, state, k.Role, k.Hint, k.Name)
				}
				if req.Cursor = page.NextCursor; req.Cursor == "" {
					return nil
				}
			}
		}),
	}
}

func apikeyRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "end a key for good", Args: cobra.ExactArgs(1),
		RunE: onStore(func(cmd *cobra.Command, p *program, args []string) error {
			_, err := p.org.RevokeAPIKey(cmd.Context(), args[0])
			return err
		}),
	}
}
