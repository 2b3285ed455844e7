package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"sori/domain"
)

func serveCommand() *cobra.Command {
	var profile string
	cmd := &cobra.Command{
		Use: "serve", Short: "take in, keep and answer: start the server", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
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
			paceCollector(cmd.Context())
			return p.serve(cmd.Context(), cmd.OutOrStdout(), nil)
		},
	}
	cmd.Flags().StringVar(&profile, "cpuprofile", "", "write a CPU profile to this file")
	return cmd
}

// Timeouts of the server. Writing has none: streams and long answers go on.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
)

// serve opens the doors and works until ctx ends, then lets requests finish. ready, if not nil, is told the address.
func (p *program) serve(ctx context.Context, out io.Writer, ready chan<- net.Addr) error {
	handler, err := p.doors(ctx)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", p.config.Addr)
	if err != nil {
		return fmt.Errorf("SORI_ADDR: %w", err)
	}
	mail, err := mailDoors(ctx, p.config.Mail, p.config.MaxMail, p.intake, p.clock, p.log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		p.run(work, mail)
	}()
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return requests },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	p.greet(out, listener.Addr())
	if ready != nil {
		ready <- listener.Addr()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	p.log.Info("stopping")
	drain, cancel := context.WithTimeout(context.Background(), p.config.DrainTime)
	defer cancel()
	time.AfterFunc(p.config.DrainTime/2, endRequests) // streams would never finish by themselves
	err = errors.Join(server.Shutdown(drain), p.telemetry.Close(drain))
	stopWork()
	<-worked
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}

// greet tells a new user where everything is.
func (p *program) greet(out io.Writer, addr net.Addr) {
	base := "http://" + localAddress(addr)
	p.log.Info("serving", "addr", addr.String(), "store", p.storeName(), "version", version)
	if !p.config.Dev {
		return
	}
	fmt.Fprintf(out, "\nSori serves at %s\n  REST     %s/v1        explorer %s/docs\n  GraphQL  %s/graphql   explorer %s/graphiql\n  store    %s\n",
		base, base, base, base, base, p.storeName())
	token, err := signToken(p.config, domain.RoleAdmin, "dev", "", defaultTokenTTL)
	if err != nil {
		return // tokens come from elsewhere
	}
	fmt.Fprintf(out, "\nAn admin token, for %s:\n\n  export TOKEN=%s\n\nThree commands to try:\n\n", defaultTokenTTL, token)
	fmt.Fprintf(out, "  curl -s %s/v1/intake/email -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: message/rfc822' --data-binary @testdata/mail/korean-cp949.eml\n", base)
	fmt.Fprintf(out, "  curl -s '%s/v1/inquiries?limit=5' -H \"Authorization: Bearer $TOKEN\"\n", base)
	fmt.Fprintf(out, "  curl -s %s/graphql -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' -d '{\"query\":\"{inquiries(first:5){edges{node{number subject customer{name}}}}}\"}'\n\n", base)
}

func (p *program) storeName() string {
	if p.config.MongoURI != "" {
		return "MongoDB, database " + p.config.MongoDatabase
	}
	return "embedded, in " + p.config.DataDir
}

// localAddress gives an address that a browser on this machine can go to.
func localAddress(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "bring the store's schema up to date (serve does it too)", Args: cobra.NoArgs,
		RunE: onStore(func(cmd *cobra.Command, p *program, _ []string) error {
			fmt.Fprintf(cmd.OutOrStdout(), "the store is up to date (%s)\n", p.storeName())
			return nil
		}),
	}
}
