package sqlitestore

import (
	"errors"
	"strings"

	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// fault gives SQLite's error as ours: Unavailable for what may pass (a full or failing disk, a lock), Internal for what will not.
// Errors that are not SQLite's go through as they are.
func fault(err error) error {
	if err == nil {
		return nil
	}
	var ours *domain.Error
	if errors.As(err, &ours) {
		return err
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultError: // also what is not SQLite's at all
		return err
	case sqlite.ResultFull, sqlite.ResultIOErr, sqlite.ResultBusy, sqlite.ResultLocked, sqlite.ResultCantOpen, sqlite.ResultReadOnly,
		sqlite.ResultNoMem, sqlite.ResultInterrupt, sqlite.ResultAbort, sqlite.ResultPerm:
		return domain.Errorf(domain.Unavailable, "the store cannot be used: %w", err)
	}
	return domain.Errorf(domain.Internal, "the store failed: %w", err)
}

// takenKey gives the columns whose values are taken, "table.column, table.column", if that is what the error says.
func takenKey(err error) (columns string, ok bool) {
	switch sqlite.ErrCode(err) {
	case sqlite.ResultConstraintUnique, sqlite.ResultConstraintPrimaryKey, sqlite.ResultConstraintRowID:
		_, columns, _ = strings.Cut(err.Error(), "UNIQUE constraint failed: ")
		return columns, true
	}
	return "", false
}

func duplicate(t *table, index string) error {
	err := domain.Errorf(domain.Duplicate, "another %s has the same %s", t.spec.Noun, index)
	err.Field, err.Rule = index, "unique"
	return err
}
