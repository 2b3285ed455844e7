package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"sori/adapters/sqlitestore"
	"sori/domain"
)

func backupCommand() *cobra.Command {
	return &cobra.Command{
		Use: "backup DIR", Short: "copy the embedded store, as it is at one moment, into a new directory; the server may go on", Args: cobra.ExactArgs(1),
		Long: "Copies the embedded store, as it is at one moment, into a new directory, while the server goes on. To restore it, stop the server and set SORI_DATA_DIR to that directory, or put its files back.\n\n" +
			"The keys that seal personal data (SORI_SEAL_KEYS, SORI_INDEX_KEYS; with SORI_DEV the file secrets.env) are not copied: keep them elsewhere. MongoDB is backed up with mongodump --oplog.",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			c, err := loadConfig(os.Getenv)
			if err != nil {
				return err
			}
			if c.MongoURI != "" {
				return errors.New("the store is MongoDB: use mongodump --oplog")
			}
			store, err := sqlitestore.Open(cmd.Context(), sqlitestore.Options{Dir: c.DataDir, Specs: domain.Declared(), ReadOnly: true, Logger: newLogger(c)})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			if err := store.Backup(cmd.Context(), args[0]); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "copied to %s; keep the keys elsewhere: without them what is sealed stays sealed\n", args[0])
			return nil
		},
	}
}
