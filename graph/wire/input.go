package wire

import (
	"time"

	"github.com/99designs/gqlgen/graphql"

	"sori/domain"
	"sori/domain/contact"
	"sori/domain/desk"
	"sori/domain/intake"
	"sori/domain/org"
)

// ReceiveInquiryInput is what a channel hands over: a submission, or a raw mail.
type ReceiveInquiryInput struct {
	intake.Submission
	File           *FileInput
	Raw            []byte
	IdempotencyKey string
}

// FileInput is a file in a request.
type FileInput struct {
	Name        string
	ContentType string
	Content     []byte
}

// Guard names what a mutation changes, and the version that was read; 0 is no guard.
type Guard struct {
	ID             string
	Version        int64
	IdempotencyKey string
}

// Clearing is a text of a patch that null takes away.
type Clearing = graphql.Omittable[*string]

// UpdateInquiryInput changes an inquiry.
type UpdateInquiryInput struct {
	Guard
	Subject     *string
	Status      *domain.Status
	Priority    *domain.Priority
	Type        Clearing
	Queue       Clearing
	Team        Clearing
	Assignee    Clearing
	Disposition Clearing
	Tags        *[]string
	Custom      map[string]any
}

// Patch gives the change as the desk takes it.
func (u UpdateInquiryInput) Patch() desk.Patch {
	return desk.Patch{
		Subject: u.Subject, Status: u.Status, Priority: u.Priority, Tags: u.Tags, Custom: u.Custom,
		Type: cleared(u.Type), Queue: cleared(u.Queue), Team: cleared(u.Team), Assignee: cleared(u.Assignee), Disposition: cleared(u.Disposition),
	}
}

// cleared makes of null the empty text, which takes away; what was left out stays nil.
func cleared(c Clearing) *string {
	value, set := c.ValueOK()
	if set && value == nil {
		return new(string)
	}
	return value
}

// AssignInquiryInput gives an inquiry to somebody.
type AssignInquiryInput struct {
	Guard
	Agent, Team, Queue string
}

// ResolveInquiryInput ends an inquiry.
type ResolveInquiryInput struct {
	Guard
	Disposition string
}

// ReopenInquiryInput opens an inquiry again.
type ReopenInquiryInput struct{ Guard }

// SetInquiryActivityInput says what somebody does at an inquiry.
type SetInquiryActivityInput struct {
	ID             string
	State          domain.ActivityState
	IdempotencyKey string
}

// SnoozeInquiryInput puts an inquiry away.
type SnoozeInquiryInput struct {
	Guard
	Until time.Time
}

// AddNoteInput is a private remark.
type AddNoteInput struct {
	InquiryID string
	desk.Note
	IdempotencyKey string
}

// ReplyInput is an answer to the customer.
type ReplyInput struct {
	InquiryID      string
	Text           string
	HTML           string
	To             []string
	Cc             []string
	Attachments    []*FileInput
	TemplateID     string
	Resolve        bool
	UndoSeconds    int
	Version        int64
	IdempotencyKey string
}

// Reply gives the answer as the desk takes it.
func (r ReplyInput) Reply() desk.Reply {
	out := desk.Reply{Text: r.Text, HTML: r.HTML, To: r.To, Cc: r.Cc, TemplateID: r.TemplateID, Resolve: r.Resolve, UndoSeconds: r.UndoSeconds, Version: r.Version}
	for _, f := range r.Attachments {
		out.Files = append(out.Files, desk.File{Name: f.Name, ContentType: f.ContentType, Data: f.Content})
	}
	return out
}

// CreateCustomerInput is a customer to be made.
type CreateCustomerInput struct {
	contact.Draft
	IdempotencyKey string
}

// UpdateCustomerInput changes a customer.
type UpdateCustomerInput struct {
	Guard
	contact.Patch
}

// MergeCustomersInput names two customers.
type MergeCustomersInput struct{ Into, From, IdempotencyKey string }

// EraseCustomerInput names the customer who is to be forgotten.
type EraseCustomerInput struct{ ID, IdempotencyKey string }

// CreateAccountInput is a channel account to be made.
type CreateAccountInput struct {
	org.AccountDraft
	IdempotencyKey string
}

// UpdateAccountInput changes a channel account.
type UpdateAccountInput struct {
	Guard
	org.AccountPatch
}

// Received gives what a channel other than mail hands over. Invalid names what the channel needs and lacks, or has and cannot have.
func (in ReceiveInquiryInput) Received() (intake.Submission, error) {
	var f domain.Faults
	mail, fax := in.Channel == domain.ChannelEmail, in.Channel == domain.ChannelFax
	switch {
	case mail && len(in.Raw) == 0:
		f.Add("raw", "required", "a mail is given as it came, in raw")
	case !mail && len(in.Raw) > 0:
		f.Add("raw", "channel", "belongs to the channel EMAIL only")
	}
	switch {
	case fax && in.File == nil:
		f.Add("file", "required", "a fax is given as TIFF or PDF, in file")
	case !fax && in.File != nil:
		f.Add("file", "channel", "belongs to the channel FAX only")
	}
	sub := in.Submission
	if in.File != nil {
		sub.Files = []intake.File{{Name: in.File.Name, ContentType: in.File.ContentType, Data: in.File.Content}}
	}
	return sub, f.Err()
}

// OneIdentity reads the arguments of a lookup, of which exactly one is given.
func OneIdentity(phone, email, fax, memberID *string) (kind domain.IdentityKind, raw string, err error) {
	given := 0
	for _, x := range []struct {
		kind domain.IdentityKind
		raw  *string
	}{{domain.IdentityPhone, phone}, {domain.IdentityEmail, email}, {domain.IdentityFax, fax}, {domain.IdentityMember, memberID}} {
		if x.raw != nil {
			kind, raw = x.kind, *x.raw
			given++
		}
	}
	if given != 1 {
		return "", "", domain.InvalidField("phone", "one", "exactly one of phone, email, fax and memberId is needed")
	}
	return kind, raw, nil
}
