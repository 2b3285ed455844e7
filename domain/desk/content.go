package desk

import (
	"context"

	"sori/domain"
)

// Raw gives the source of an interaction, byte for byte as it came. NotFound if it has none. Where a resident number was found in it, it takes the
// scope pii:read, and the reading is an event.
func (s *Service) Raw(ctx context.Context, interactionID string) ([]byte, string, error) {
	x, err := s.Interaction(ctx, interactionID)
	if err != nil {
		return nil, "", err
	}
	if x.RawID == "" {
		return nil, "", domain.Errorf(domain.NotFound, "the interaction has no raw source")
	}
	return s.content(ctx, x, x.RawID)
}

// Attachment gives the n-th attachment (from 1) of an interaction and its content. NotFound if there is none; else as Raw.
func (s *Service) Attachment(ctx context.Context, interactionID string, n int) (*domain.Attachment, []byte, error) {
	x, err := s.Interaction(ctx, interactionID)
	if err != nil {
		return nil, nil, err
	}
	if n < 1 || n > len(x.Attachments) {
		return nil, nil, domain.Errorf(domain.NotFound, "the interaction has no attachment %d", n)
	}
	a := &x.Attachments[n-1]
	content, _, err := s.content(ctx, x, a.BlobID)
	return a, content, err
}

func (s *Service) content(ctx context.Context, x *domain.Interaction, blobID string) ([]byte, string, error) {
	b, err := domain.Blobs.Get(ctx, s.Store, blobID)
	if err != nil {
		return nil, "", err
	}
	if b.Sealed != "" {
		if err := s.noteSealedRead(ctx, x); err != nil {
			return nil, "", err
		}
	}
	content, err := domain.ReadBlob(ctx, s.Store.Blobs(), s.Vault, b)
	return content, b.ContentType, err
}

func (s *Service) noteSealedRead(ctx context.Context, x *domain.Interaction) error {
	if _, err := domain.Require(ctx, domain.ScopePIIRead); err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		return domain.Emit(ctx, tx, domain.Event{
			Type: domain.EventPIIRevealed, At: s.Clock(), InquiryID: x.InquiryID, CustomerID: x.CustomerID,
			Subject: domain.Ref{Kind: "interaction", ID: x.ID}, Data: map[string]any{"source": true},
		})
	})
}
