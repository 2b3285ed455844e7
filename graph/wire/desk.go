package wire

import (
	"sori/domain"
	"sori/domain/desk"
)

// TransferInquiryInput hands an inquiry on.
type TransferInquiryInput struct {
	Guard
	desk.Transfer
}

// MarkInquiryReadInput says that somebody has looked, or should.
type MarkInquiryReadInput struct {
	ID             string
	Unread         bool
	IdempotencyKey string
}

// MergeInquiriesInput puts an inquiry into another.
type MergeInquiriesInput struct {
	Guard
	Into string
}

// SplitInquiryInput makes a new inquiry from some interactions of one.
type SplitInquiryInput struct {
	Guard
	desk.Split
}

// SaveDraftInput keeps what one is about to write.
type SaveDraftInput struct {
	InquiryID string
	Version   int64
	desk.DraftText
	IdempotencyKey string
}

// ActionsInput is what is to be done to an inquiry.
type ActionsInput struct {
	Type          Clearing
	Queue         Clearing
	Team          Clearing
	Assignee      Clearing
	Disposition   Clearing
	Priority      *domain.Priority
	Status        *domain.Status
	AddTags       []string
	RemoveTags    []string
	Custom        map[string]any
	SnoozeSeconds int
	Note          string
	Reply         *domain.ActionReply
}

// Actions gives them as the desk takes them.
func (a ActionsInput) Actions() domain.Actions {
	return domain.Actions{
		Type: cleared(a.Type), Queue: cleared(a.Queue), Team: cleared(a.Team), Assignee: cleared(a.Assignee), Disposition: cleared(a.Disposition),
		Priority: a.Priority, Status: a.Status, AddTags: a.AddTags, RemoveTags: a.RemoveTags, Custom: a.Custom, SnoozeSeconds: a.SnoozeSeconds, Note: a.Note, Reply: a.Reply,
	}
}

// CreateMacroInput is a macro to be made.
type CreateMacroInput struct {
	Key            string
	Name           string
	Description    string
	Actions        ActionsInput
	IdempotencyKey string
}

// UpdateMacroInput changes a macro.
type UpdateMacroInput struct {
	Guard
	Name        *string
	Description Clearing
	Active      *bool
	Actions     *ActionsInput
}

// Patch gives the change as the desk takes it.
func (u UpdateMacroInput) Patch() desk.MacroPatch {
	p := desk.MacroPatch{Name: u.Name, Description: cleared(u.Description), Active: u.Active}
	if u.Actions != nil {
		a := u.Actions.Actions()
		p.Actions = &a
	}
	return p
}

// RunMacroInput names a macro and an inquiry.
type RunMacroInput struct {
	Guard
	Macro string
}

// CreateCustomFieldInput declares a custom field.
type CreateCustomFieldInput struct {
	desk.CustomFieldDraft
	IdempotencyKey string
}

// UpdateCustomFieldInput changes a declaration.
type UpdateCustomFieldInput struct {
	Guard
	desk.CustomFieldPatch
}

// CreateViewInput saves a filter.
type CreateViewInput struct {
	desk.ViewDraft
	IdempotencyKey string
}

// UpdateViewInput changes a view.
type UpdateViewInput struct {
	Guard
	desk.ViewPatch
}

// StartBulkInput does the same to many inquiries.
type StartBulkInput struct {
	Filter         *domain.InquiryFilter
	InquiryIDs     []string
	Actions        ActionsInput
	IdempotencyKey string
}

// ChangedDraft tells of a draft.
func ChangedDraft(d *domain.Draft) *Changed { return &Changed{ID: d.InquiryID, Noun: d} }

// ChangedMacro tells of a macro.
func ChangedMacro(m *domain.Macro) *Changed { return &Changed{ID: m.ID, Noun: m} }

// ChangedCustomField tells of a custom field.
func ChangedCustomField(c *domain.CustomField) *Changed { return &Changed{ID: c.ID, Noun: c} }

// ChangedView tells of a view.
func ChangedView(v *domain.View) *Changed { return &Changed{ID: v.ID, Noun: v} }

// ChangedBulkRun tells of a bulk run.
func ChangedBulkRun(r *domain.BulkRun) *Changed { return &Changed{ID: r.ID, Noun: r} }

// MacroConnection is a page of macros.
type MacroConnection = Connection[domain.Macro]

// MacroEdge is one of its rows.
type MacroEdge = Edge[domain.Macro]

// CustomFieldConnection is a page of custom fields.
type CustomFieldConnection = Connection[domain.CustomField]

// CustomFieldEdge is one of its rows.
type CustomFieldEdge = Edge[domain.CustomField]

// ViewConnection is a page of views.
type ViewConnection = Connection[domain.View]

// ViewEdge is one of its rows.
type ViewEdge = Edge[domain.View]

// BulkRunConnection is a page of bulk runs.
type BulkRunConnection = Connection[domain.BulkRun]

// BulkRunEdge is one of its rows.
type BulkRunEdge = Edge[domain.BulkRun]

// BulkResultConnection is a page of what a bulk run came to.
type BulkResultConnection = Connection[domain.BulkResult]

// BulkResultEdge is one of its rows.
type BulkResultEdge = Edge[domain.BulkResult]
