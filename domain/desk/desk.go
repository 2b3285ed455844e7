// Package desk is where agents work: the inbox, an inquiry with its interactions, and what people do with it.
//
//	desk.go      reading one
//	list.go      the inbox: filters, orders, pages
//	edit.go      changing fields, moving the status
//	commit.go    what is done to one inquiry in one commit; entry.go an interaction of ours in it
//	note.go      notes
//	reply.go     answers to the customer; unsend.go takes them back; draft.go what is about to be written
//	transfer.go  handing on
//	action.go    several things at once; macro.go under a name; bulk.go to many inquiries
//	merge.go     two inquiries made one, and apart again; split.go one made two
//	view.go      saved filters; tally.go what they count
//	customfield.go  fields with a type
//	notice.go    mail to the customer beside the conversation
//	content.go   raw sources and attachments
package desk

import (
	"context"
	"log/slog"

	"sori/domain"
)

// Deps is what the desk needs.
type Deps struct {
	Store      domain.Store
	Clock      domain.Clock
	Vault      domain.Vault
	Normaliser domain.Normaliser
	HTML       domain.HTMLCleaner
	// Prepare completes an interaction of ours before it is stored, in the same transaction: what a mail says of itself.
	Prepare func(context.Context, domain.Tx, *domain.Inquiry, *domain.Interaction) error
	// FollowUps gives the jobs that an interaction of ours calls for, such as sending it; they are part of its commit.
	FollowUps func(*domain.Interaction) []*domain.Job
	Templates Templates
	Numbers   *domain.Numbers
	Clocks    domain.Clocks                      // nil: nothing is promised
	Directory *domain.Snapshot[domain.Directory] // nil: agents, teams and queues go by any name
	Log       *slog.Logger
}

// Templates fills standard answers in.
type Templates interface {
	// FillTemplate gives a template's texts, filled in for an inquiry. Invalid (Field = templateId) if there is no such template that is active.
	FillTemplate(ctx context.Context, templateID, inquiryID string) (domain.TemplateTexts, error)
	// KnownTemplate answers the same Invalid, and fills nothing in.
	KnownTemplate(ctx context.Context, templateID string) error
}

// Service is the desk.
type Service struct {
	Deps
	kinds *domain.Snapshot[domain.FieldKinds]
	views *domain.Snapshot[viewSet]
	board *domain.Board[ViewCount]
}

// New makes the service.
func New(d Deps) *Service {
	if d.FollowUps == nil {
		d.FollowUps = func(*domain.Interaction) []*domain.Job { return nil }
	}
	if d.Prepare == nil {
		d.Prepare = func(context.Context, domain.Tx, *domain.Inquiry, *domain.Interaction) error { return nil }
	}
	if d.Clocks == nil {
		d.Clocks = domain.NoClocks
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Deps: d, kinds: domain.NewFieldKinds(d.Store, d.Clock), views: newViewSet(d.Store, d.Clock)}
	s.board = &domain.Board[ViewCount]{Store: d.Store, Log: d.Log, Name: "views", Read: s.readBoard, Same: func(a, b ViewCount) bool { return a == b }}
	return s
}

// RunBoard shows the counts of views to those who watch them, until ctx ends.
func (s *Service) RunBoard(ctx context.Context) { s.board.Run(ctx) }

// Get reads an inquiry. NotFound if nobody has the id.
func (s *Service) Get(ctx context.Context, id string) (*domain.Inquiry, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	return domain.Inquiries.Get(ctx, s.Store, id)
}

// GetMany reads inquiries by id; those that do not exist are left out.
func (s *Service) GetMany(ctx context.Context, ids []string) (map[string]*domain.Inquiry, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	return domain.Inquiries.GetMany(ctx, s.Store, ids)
}

// Interaction reads an interaction. NotFound if nobody has the id.
func (s *Service) Interaction(ctx context.Context, id string) (*domain.Interaction, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	return domain.Interactions.Get(ctx, s.Store, id)
}

// InteractionsByID reads interactions by id; those that do not exist are left out.
func (s *Service) InteractionsByID(ctx context.Context, ids []string) (map[string]*domain.Interaction, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	return domain.Interactions.GetMany(ctx, s.Store, ids)
}

// Interactions gives the interactions of an inquiry, the newest first. NotFound if nobody has the id.
func (s *Service) Interactions(ctx context.Context, inquiryID string, req domain.PageRequest) (domain.Page[domain.Interaction], error) {
	if _, err := s.Get(ctx, inquiryID); err != nil {
		return domain.Page[domain.Interaction]{}, err
	}
	return s.interactions(ctx, inquiryID, req)
}

func (s *Service) interactions(ctx context.Context, inquiryID string, req domain.PageRequest) (domain.Page[domain.Interaction], error) {
	q := domain.Query{Index: "inquiry", Equal: []any{inquiryID}, Reverse: true}
	return domain.Interactions.Page(ctx, s.Store, req, "", nil, q)
}

// WithInteractions reads an inquiry and the newest of its interactions.
func (s *Service) WithInteractions(ctx context.Context, id string, newest int) (*domain.Inquiry, []*domain.Interaction, error) {
	q, err := s.Get(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.interactions(ctx, id, domain.PageRequest{Limit: newest})
	return q, p.Items, err
}

// LatestInteractions gives the first page of several inquiries' interactions, by inquiry: one read for each inquiry, none for anything else.
func (s *Service) LatestInteractions(ctx context.Context, inquiryIDs []string, first int) (map[string]domain.Page[domain.Interaction], error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	out := make(map[string]domain.Page[domain.Interaction], len(inquiryIDs))
	for _, id := range inquiryIDs {
		p, err := s.interactions(ctx, id, domain.PageRequest{Limit: first})
		if err != nil {
			return nil, err
		}
		out[id] = p
	}
	return out, nil
}
