package graph

import (
	"context"

	"sori/domain"
	"sori/domain/desk"
	"sori/graph/wire"
)

func (m mutation) TransferInquiry(ctx context.Context, in wire.TransferInquiryInput) (*wire.Changed, error) {
	return m.changeInquiry(ctx, "transferInquiry", in.Guard, in, func(ctx context.Context) (*domain.Inquiry, error) {
		return m.Desk.Transfer(ctx, in.ID, in.Version, in.Transfer)
	})
}

func (m mutation) MarkInquiryRead(ctx context.Context, in wire.MarkInquiryReadInput) (*wire.Changed, error) {
	return m.changeInquiry(ctx, "markInquiryRead", wire.Guard{IdempotencyKey: in.IdempotencyKey}, in, func(ctx context.Context) (*domain.Inquiry, error) {
		return m.Desk.MarkRead(ctx, in.ID, in.Unread)
	})
}

func (m mutation) MergeInquiries(ctx context.Context, in wire.MergeInquiriesInput) (*wire.Changed, error) {
	return m.changeInquiry(ctx, "mergeInquiries", in.Guard, in, func(ctx context.Context) (*domain.Inquiry, error) {
		return m.Desk.MergeInquiries(ctx, in.ID, in.Into, in.Version)
	})
}

func (m mutation) UnmergeInquiry(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.changeInquiry(ctx, "unmergeInquiry", wire.Guard{IdempotencyKey: in.IdempotencyKey}, in, func(ctx context.Context) (*domain.Inquiry, error) {
		return m.Desk.UnmergeInquiry(ctx, in.ID)
	})
}

func (m mutation) SplitInquiry(ctx context.Context, in wire.SplitInquiryInput) (*wire.Changed, error) {
	return m.changeInquiry(ctx, "splitInquiry", in.Guard, in, func(ctx context.Context) (*domain.Inquiry, error) {
		return m.Desk.Split(ctx, in.ID, in.Version, in.Split)
	})
}

func (m mutation) RunMacro(ctx context.Context, in wire.RunMacroInput) (*wire.Changed, error) {
	return m.changeInquiry(ctx, "runMacro", in.Guard, in, func(ctx context.Context) (*domain.Inquiry, error) {
		return m.Desk.RunMacro(ctx, in.ID, in.Macro, in.Version)
	})
}

// Draft gives what one is about to write on an inquiry, null if nothing.
func (f inquiryFields) Draft(ctx context.Context, q *domain.Inquiry) (*domain.Draft, error) {
	d, err := f.Desk.Draft(ctx, q.ID)
	if domain.IsCode(err, domain.NotFound) {
		return nil, nil
	}
	return d, err
}

func (m mutation) SaveDraft(ctx context.Context, in wire.SaveDraftInput) (*wire.Changed, error) {
	return m.once(ctx, "saveDraft", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		d, err := m.Desk.SaveDraft(ctx, in.InquiryID, in.Version, in.DraftText)
		return tell(wire.ChangedDraft, d, err)
	})
}

func (m mutation) DeleteDraft(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteDraft", in, m.Desk.DropDraft)
}

func (m mutation) Unsend(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.once(ctx, "unsend", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		d, err := m.Desk.Unsend(ctx, in.ID)
		return tell(wire.ChangedDraft, d, err)
	})
}

// Draft gives the draft that a mutation changed.
func (f changedFields) Draft(ctx context.Context, c *wire.Changed) (*domain.Draft, error) {
	return changedNoun(ctx, c, f.Desk.Draft)
}

func (q query) Macros(ctx context.Context, first *int, after *string) (*wire.MacroConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Desk.ListMacros(ctx, req))
}

func (q query) Macro(ctx context.Context, id string) (*domain.Macro, error) {
	return q.Desk.GetMacro(ctx, id)
}

func (m mutation) CreateMacro(ctx context.Context, in wire.CreateMacroInput) (*wire.Changed, error) {
	return m.once(ctx, "createMacro", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Desk.CreateMacro(ctx, desk.MacroDraft{Key: in.Key, Name: in.Name, Description: in.Description, Actions: in.Actions.Actions()})
		return tell(wire.ChangedMacro, x, err)
	})
}

func (m mutation) UpdateMacro(ctx context.Context, in wire.UpdateMacroInput) (*wire.Changed, error) {
	return m.once(ctx, "updateMacro", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Desk.EditMacro(ctx, in.ID, in.Version, in.Patch())
		return tell(wire.ChangedMacro, x, err)
	})
}

func (m mutation) DeleteMacro(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteMacro", in, m.Desk.DeleteMacro)
}

// Macro gives the macro that a mutation changed.
func (f changedFields) Macro(ctx context.Context, c *wire.Changed) (*domain.Macro, error) {
	return changedNoun(ctx, c, f.Desk.GetMacro)
}

func (q query) CustomFields(ctx context.Context, first *int, after *string) (*wire.CustomFieldConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Desk.ListFields(ctx, req))
}

func (q query) CustomField(ctx context.Context, id string) (*domain.CustomField, error) {
	return q.Desk.GetField(ctx, id)
}

func (m mutation) CreateCustomField(ctx context.Context, in wire.CreateCustomFieldInput) (*wire.Changed, error) {
	return m.once(ctx, "createCustomField", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Desk.DeclareField(ctx, in.CustomFieldDraft)
		return tell(wire.ChangedCustomField, x, err)
	})
}

func (m mutation) UpdateCustomField(ctx context.Context, in wire.UpdateCustomFieldInput) (*wire.Changed, error) {
	return m.once(ctx, "updateCustomField", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Desk.EditField(ctx, in.ID, in.Version, in.CustomFieldPatch)
		return tell(wire.ChangedCustomField, x, err)
	})
}

func (m mutation) DeleteCustomField(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteCustomField", in, m.Desk.DeleteField)
}

// CustomField gives the custom field that a mutation changed.
func (f changedFields) CustomField(ctx context.Context, c *wire.Changed) (*domain.CustomField, error) {
	return changedNoun(ctx, c, f.Desk.GetField)
}
