package triage

import (
	"context"
	"strings"
	"time"

	"sori/domain"
)

// TemplateDraft is a template to be made.
type TemplateDraft struct {
	Type     string
	Language string
	Name     string
	domain.TemplateTexts
	PeopleOnly bool // never sent without a person
}

// TemplatePatch changes a template. What is nil stays.
type TemplatePatch struct {
	Type      *string
	Language  *string
	Name      *string
	Subject   *string
	Text      *string
	HTML      *string
	Automatic *bool
	Active    *bool
}

const (
	maxTemplateText    = 100_000
	maxTemplateSubject = 500
)

var templates = domain.Kept[domain.Template]{
	Collection: domain.Templates, Kind: "template", Edition: domain.EditionCatalogue, Read: domain.ScopeTriageRead, Write: domain.ScopeTriageWrite,
	Head:  func(t *domain.Template) *domain.Doc { return &t.Doc },
	Touch: func(t *domain.Template, now time.Time) { t.UpdatedAt = now },
	View: func(t *domain.Template) map[string]any {
		return map[string]any{
			"type": t.Type, "language": t.Language, "name": t.Name, "subject": t.Subject, "text": t.Text, "html": t.HTML,
			"automatic": t.Automatic, "active": t.Active,
		}
	},
	Check: checkTemplate,
	Also:  keepRevision,
}

// CreateTemplate makes a template. Invalid names every fault, unknown variables among them; Conflict past 10,000 templates.
func (s *Service) CreateTemplate(ctx context.Context, d TemplateDraft) (*domain.Template, error) {
	t := &domain.Template{
		Type: d.Type, Language: d.Language, Name: d.Name, TemplateTexts: d.TemplateTexts, Automatic: !d.PeopleOnly, Active: true, CreatedAt: s.Clock(),
	}
	if strings.TrimSpace(t.Name) == "" {
		t.Name = strings.TrimSpace(d.Type + " " + d.Language)
	}
	if err := s.room(ctx, "templates", maxTemplates, func(c *catalogue) int { return len(c.templates) }); err != nil {
		return nil, err
	}
	return create(ctx, s, templates, t)
}

// EditTemplate changes a template; changed texts become a new revision. version guards it as everywhere.
func (s *Service) EditTemplate(ctx context.Context, id string, version int64, p TemplatePatch) (*domain.Template, error) {
	return edit(ctx, s, templates, id, version, func(t *domain.Template) {
		domain.SetIf(&t.Type, p.Type)
		domain.SetIf(&t.Language, p.Language)
		domain.SetIf(&t.Name, p.Name)
		domain.SetIf(&t.Subject, p.Subject)
		domain.SetIf(&t.Text, p.Text)
		domain.SetIf(&t.HTML, p.HTML)
		domain.SetIf(&t.Automatic, p.Automatic)
		domain.SetIf(&t.Active, p.Active)
	})
}

// GetTemplate reads a template.
func (s *Service) GetTemplate(ctx context.Context, id string) (*domain.Template, error) {
	return get(ctx, s, domain.Templates, id)
}

// ListTemplates gives the templates, of one type if one is named, the oldest first.
func (s *Service) ListTemplates(ctx context.Context, typeKey string, req domain.PageRequest) (domain.Page[domain.Template], error) {
	q := domain.Query{Index: "created"}
	if typeKey != "" {
		q = domain.Query{Index: "type", Equal: []any{typeKey}}
	}
	return list(ctx, s, domain.Templates, req, q)
}

// TemplateRevisions gives what a template said, the newest first, with who changed it and when.
func (s *Service) TemplateRevisions(ctx context.Context, id string, req domain.PageRequest) (domain.Page[domain.TemplateRevision], error) {
	if _, err := s.GetTemplate(ctx, id); err != nil {
		return domain.Page[domain.TemplateRevision]{}, err
	}
	return list(ctx, s, domain.TemplateRevisions, req, domain.Query{Index: "template", Equal: []any{id}, Reverse: true})
}

// PreviewTemplate fills texts in as they would be sent: for an inquiry if one is named (which takes the scope inquiry:read), else with fallbacks. Invalid names every fault of the texts.
func (s *Service) PreviewTemplate(ctx context.Context, texts domain.TemplateTexts, inquiryID string) (domain.TemplateTexts, error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageRead); err != nil {
		return domain.TemplateTexts{}, err
	}
	var f domain.Faults
	checkTexts(&f, texts)
	if err := f.Err(); err != nil {
		return domain.TemplateTexts{}, err
	}
	a := about{date: s.today()}
	if inquiryID != "" {
		if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
			return domain.TemplateTexts{}, err
		}
		q, err := domain.Inquiries.Get(ctx, s.Store, inquiryID)
		if err != nil {
			return domain.TemplateTexts{}, err
		}
		c, err := domain.Customers.Get(ctx, s.Store, q.CustomerID)
		if err != nil {
			return domain.TemplateTexts{}, err
		}
		if a, err = s.aboutInquiry(ctx, q, c); err != nil {
			return domain.TemplateTexts{}, err
		}
	}
	return filled(texts, a.value), nil
}

// today is the date as customers have it.
func (s *Service) today() string {
	now := s.Clock()
	if s.Zone != nil {
		now = now.In(s.Zone)
	}
	return now.Format(time.DateOnly)
}

// aboutInquiry gathers what a template may say of an inquiry.
func (s *Service) aboutInquiry(ctx context.Context, q *domain.Inquiry, c *domain.Customer) (about, error) {
	cat, err := s.catalogue(ctx)
	if err != nil {
		return about{}, err
	}
	a := about{customer: c, inquiry: q, date: s.today()}
	if t := cat.types[q.Type]; t != nil {
		a.typeName = t.Name
	}
	a.account, err = domain.Accounts.First(ctx, s.Store, domain.Query{Index: "key", Equal: []any{q.Account, q.Channel}})
	if domain.IsCode(err, domain.NotFound) {
		err = nil
	}
	return a, err
}

// KnownTemplate answers Invalid (Field = templateId) if there is no such template that is active.
func (s *Service) KnownTemplate(ctx context.Context, templateID string) error {
	_, err := s.activeTemplate(ctx, templateID)
	return err
}

func (s *Service) activeTemplate(ctx context.Context, id string) (*domain.Template, error) {
	cat, err := s.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	t := cat.templates[id]
	if t == nil || !t.Active {
		return nil, domain.InvalidField("templateId", "known", "there is no active template %q", domain.Clip(id, 80))
	}
	return t, nil
}

// FillTemplate gives a template's texts, filled in for an inquiry. Invalid (Field = templateId) if there is no such template that is active. It takes the scope
// inquiry:read.
func (s *Service) FillTemplate(ctx context.Context, templateID, inquiryID string) (domain.TemplateTexts, error) {
	none := domain.TemplateTexts{}
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return none, err
	}
	t, err := s.activeTemplate(ctx, templateID)
	if err != nil {
		return none, err
	}
	q, err := domain.Inquiries.Get(ctx, s.Store, inquiryID)
	if err != nil {
		return none, err
	}
	c, err := domain.Customers.Get(ctx, s.Store, q.CustomerID)
	if err != nil {
		return none, err
	}
	a, err := s.aboutInquiry(ctx, q, c)
	return filled(t.TemplateTexts, a.value), err
}

func checkTemplate(ctx context.Context, r domain.Reader, t *domain.Template) error {
	var f domain.Faults
	domain.CheckText(&f, "name", t.Name, maxName)
	checkLanguage(&f, t.Language)
	checkTexts(&f, t.TemplateTexts)
	if err := checkKnownType(ctx, r, &f, "type", t.Type); err != nil {
		return err
	}
	return f.Err()
}

func checkTexts(f *domain.Faults, t domain.TemplateTexts) {
	if strings.TrimSpace(t.Text) == "" && strings.TrimSpace(t.HTML) == "" {
		f.Add("text", "required", "needs text or html")
	}
	if strings.ContainsAny(t.Subject, "\r\n") {
		f.Add("subject", "line", "must be one line")
	}
	for _, x := range []struct {
		field, text string
		max         int
	}{{"subject", t.Subject, maxTemplateSubject}, {"text", t.Text, maxTemplateText}, {"html", t.HTML, maxTemplateText}} {
		domain.CheckText(f, x.field, x.text, x.max)
		parseTemplate(f, x.field, x.text)
	}
}

// keepRevision counts the revision up and keeps what the template now says, if that changed.
func keepRevision(ctx context.Context, tx domain.Tx, t *domain.Template) error {
	if t.Revision > 0 {
		last, err := domain.TemplateRevisions.First(ctx, tx, domain.Query{Index: "template", Equal: []any{t.ID, t.Revision}})
		if err != nil || last.TemplateTexts == t.TemplateTexts {
			return err
		}
	}
	t.Revision++
	return domain.TemplateRevisions.Insert(ctx, tx, &domain.TemplateRevision{
		TemplateID: t.ID, Revision: t.Revision, TemplateTexts: t.TemplateTexts, By: domain.ActorFrom(ctx).Ref(), At: t.UpdatedAt,
	})
}
