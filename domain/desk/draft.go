package desk

import (
	"context"
	"strings"
	"time"

	"sori/domain"
)

// DraftText is what somebody is about to write.
type DraftText struct {
	Kind       domain.DraftKind // "" is a reply
	Subject    string
	Text       string
	HTML       string
	To         []string
	Cc         []string
	TemplateID string
}

// SaveDraft keeps what the actor is about to write on an inquiry. version guards it: Stale if it is not the stored one; 0 is no guard.
// Sending a reply, or writing a note, removes the draft of its kind.
func (s *Service) SaveDraft(ctx context.Context, inquiryID string, version int64, t DraftText) (*domain.Draft, error) {
	actor, err := domain.Require(ctx, domain.ScopeInquiryWrite)
	if err != nil {
		return nil, err
	}
	d, err := s.makeDraft(inquiryID, actor.Ref(), t)
	if err != nil {
		return nil, err
	}
	var out *domain.Draft
	err = s.Store.Write(ctx, func(tx domain.Tx) error {
		if _, err := domain.Inquiries.Get(ctx, tx, inquiryID); err != nil {
			return err
		}
		own := *d
		out = &own
		return putDraft(ctx, tx, out, version)
	})
	return out, err
}

func (s *Service) makeDraft(inquiryID string, author domain.Ref, t DraftText) (*domain.Draft, error) {
	var f domain.Faults
	if t.Kind == "" {
		t.Kind = domain.DraftReply
	}
	if t.Kind != domain.DraftReply && t.Kind != domain.DraftNote {
		f.Add("kind", "enum", "must be reply or note")
	}
	domain.CheckText(&f, "text", t.Text, maxText)
	domain.CheckText(&f, "html", t.HTML, maxText)
	domain.CheckText(&f, "subject", t.Subject, maxSubject)
	domain.CheckText(&f, "templateId", t.TemplateID, maxKey)
	for field, list := range map[string][]string{"to": t.To, "cc": t.Cc} {
		if len(list) > maxAddresses {
			f.Add(field, "maxItems", "are more than %d", maxAddresses)
		}
		domain.CheckText(&f, field, strings.Join(list, ""), maxAddresses*maxKey)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if t.HTML != "" {
		t.HTML, _ = s.HTML.Clean(t.HTML)
	}
	x := domain.Interaction{Subject: t.Subject, Text: t.Text, HTML: t.HTML}
	if err := s.seal(&x); err != nil {
		return nil, err
	}
	return &domain.Draft{
		Doc: domain.Doc{ID: domain.DraftID(inquiryID, author)}, InquiryID: inquiryID, Author: author, Kind: t.Kind, Subject: x.Subject, Text: x.Text, HTML: x.HTML,
		Sealed: x.Sealed, To: t.To, Cc: t.Cc, TemplateID: t.TemplateID, UpdatedAt: s.Clock(),
	}, nil
}

// putDraft stores a draft over the one that was there.
func putDraft(ctx context.Context, tx domain.Tx, d *domain.Draft, version int64) error {
	stored, err := domain.Drafts.Get(ctx, tx, d.ID)
	if domain.IsCode(err, domain.NotFound) {
		return domain.Drafts.Insert(ctx, tx, d)
	}
	if err != nil {
		return err
	}
	if version != 0 && version != stored.Version {
		return domain.Errorf(domain.Stale, "the draft was changed since version %d", version)
	}
	d.Version = stored.Version
	return domain.Drafts.Replace(ctx, tx, d)
}

// Draft gives the actor's draft on an inquiry. NotFound if there is none.
func (s *Service) Draft(ctx context.Context, inquiryID string) (*domain.Draft, error) {
	actor, err := domain.Require(ctx, domain.ScopeInquiryWrite)
	if err != nil {
		return nil, err
	}
	return domain.Drafts.Get(ctx, s.Store, domain.DraftID(inquiryID, actor.Ref()))
}

// DropDraft removes the actor's draft on an inquiry. It is no error if there is none; NotFound if there is no inquiry.
func (s *Service) DropDraft(ctx context.Context, inquiryID string) error {
	actor, err := domain.Require(ctx, domain.ScopeInquiryWrite)
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		if _, err := domain.Inquiries.Get(ctx, tx, inquiryID); err != nil {
			return err
		}
		return domain.Drafts.Delete(ctx, tx, domain.DraftID(inquiryID, actor.Ref()))
	})
}

// dropDraft removes the draft that an interaction was written from.
func dropDraft(ctx context.Context, tx domain.Tx, x *domain.Interaction) error {
	if x.Author.Kind == "system" {
		return nil
	}
	d, err := domain.Drafts.Get(ctx, tx, domain.DraftID(x.InquiryID, x.Author))
	if domain.IsCode(err, domain.NotFound) {
		return nil
	}
	if err != nil || (d.Kind == domain.DraftNote) != (x.Kind == domain.KindNote) {
		return err
	}
	return domain.Drafts.Delete(ctx, tx, d.ID)
}

// keepAsDraft gives a mail that was taken back to its author as a draft.
func keepAsDraft(ctx context.Context, tx domain.Tx, x *domain.Interaction, now time.Time) (*domain.Draft, error) {
	d := &domain.Draft{
		Doc: domain.Doc{ID: domain.DraftID(x.InquiryID, x.Author)}, InquiryID: x.InquiryID, Author: x.Author, Kind: domain.DraftReply, Subject: x.Subject, Text: x.Text,
		HTML: x.HTML, Sealed: x.Sealed, To: addresses(x.To), Cc: addresses(x.Cc), UpdatedAt: now,
	}
	return d, putDraft(ctx, tx, d, 0)
}

func addresses(list []domain.Party) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.Email)
	}
	return out
}
