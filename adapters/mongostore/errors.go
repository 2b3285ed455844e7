package mongostore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"sori/domain"
)

// Codes and labels of the server that the engine acts on.
const (
	codeWriteConflict   = 112
	codeDuplicateKey    = 11000
	codeNamespaceExists = 48
	codeIndexNotFound   = 27
	codeTooLarge        = 10334 // BSONObjectTooLarge
	codeMaxTimeExpired  = 50
	labelTransient      = "TransientTransactionError"
	labelUnknownCommit  = "UnknownTransactionCommitResult"
)

func hasLabel(err error, label string) bool {
	var e mongo.LabeledError
	return errors.As(err, &e) && e.HasErrorLabel(label)
}

// coded is what the driver's errors with codes have in common; that of a client's bulk write is no mongo.ServerError.
type coded interface {
	error
	ErrorCodes() []int
}

func hasCode(err error, code int) bool {
	var e coded
	return errors.As(err, &e) && slices.Contains(e.ErrorCodes(), code)
}

// conflicted reports whether the transaction can simply be run again: another writer was in the way, or the primary changed before the commit.
func conflicted(err error) bool {
	return hasLabel(err, labelTransient) || hasCode(err, codeWriteConflict)
}

// toDomain gives the error as the port knows it. What has no code there is wrapped and so Internal.
func toDomain(err error) error {
	var e *domain.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e), errors.Is(err, context.Canceled):
		return err
	case hasCode(err, codeTooLarge):
		return domain.Errorf(domain.TooLarge, "the document is too large to store: %w", err)
	case hasCode(err, codeMaxTimeExpired), mongo.IsTimeout(err), mongo.IsNetworkError(err), errors.Is(err, mongo.ErrClientDisconnected), hasLabel(err, "RetryableWriteError"):
		return domain.Errorf(domain.Unavailable, "the database does not answer: %w", err)
	}
	return fmt.Errorf("mongodb: %w", err)
}
