// Command sori is a headless Voice-of-Customer backend. See README.md for what it does and docs/architecture.md for how.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // calendars name time zones, and the machine may know none

	"github.com/spf13/cobra"
)

// version is set by the build.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := rootCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "sori:", err)
		os.Exit(1)
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "sori",
		Short:         "Sori (소리): a headless Voice-of-Customer backend",
		Long:          "Sori takes in every inquiry a customer makes, keeps them in one model, and serves them over REST and GraphQL.\n\n" + settingsHelp(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(
		serveCommand(), tokenCommand(), apikeyCommand(), importCommand(), mailCommand(), doctorCommand(), migrateCommand(), backupCommand(), benchCommand(), triageCommand(), orgCommand(), versionCommand(),
	)
	root.SetHelpCommand(helpCommand())
	return root
}

func settingsHelp() string {
	out := "Settings (environment, or NAME=value lines in the file that SORI_CONFIG names):\n"
	for _, s := range settings {
		out += fmt.Sprintf("  %-22s %s", s.name, s.help)
		if s.fallback != "" {
			out += " (default " + s.fallback + ")"
		}
		out += "\n"
	}
	return out
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print the version", Args: cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), "sori", version) },
	}
}
