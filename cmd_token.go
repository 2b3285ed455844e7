package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sori/adapters/auth"
	"sori/domain"
)

const defaultTokenTTL = 12 * time.Hour

func tokenCommand() *cobra.Command {
	var role, subject, scope string
	var ttl time.Duration
	cmd := &cobra.Command{
		Use: "token", Short: "print a token that the server takes", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig(os.Getenv)
			if err != nil {
				return err
			}
			token, err := signToken(c, domain.Role(role), subject, scope, ttl)
			if err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), token)
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&role, "role", "", "admin, supervisor, agent, integration or visitor")
	f.StringVar(&subject, "subject", "cli", "on whose behalf it speaks")
	f.StringVar(&scope, "scope", "", "scopes, separated by spaces (default: the role's)")
	f.DurationVar(&ttl, "ttl", defaultTokenTTL, "how long it holds")
	_ = cmd.MarkFlagRequired("role")
	return cmd
}

// signToken makes a token with the secret of the configuration.
func signToken(c Config, role domain.Role, subject, scope string, ttl time.Duration) (string, error) {
	if c.JWTSecret == "" {
		return "", fmt.Errorf("SORI_JWT_SECRET is needed to make tokens; with SORI_JWKS_URL they come from elsewhere")
	}
	v, err := auth.New(auth.Options{Secret: []byte(c.JWTSecret), Issuer: c.JWTIssuer, Audience: c.JWTAudience, Clock: domain.SystemClock})
	if err != nil {
		return "", err
	}
	var scopes []domain.Scope
	for _, s := range strings.Fields(scope) {
		scopes = append(scopes, domain.Scope(s))
	}
	return v.Sign(subject, role, scopes, ttl)
}
