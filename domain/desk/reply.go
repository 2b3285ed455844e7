package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"sori/domain"
)

// Reply is an answer to the customer. One of Text, HTML and TemplateID is needed; with HTML alone, Text is made from it.
type Reply struct {
	Text    string
	HTML    string
	To      []string // addresses other than the customer's own, for a mail
	Cc      []string
	Files   []File
	Resolve bool // and the inquiry is done with it

	Subject    string // of a mail; none is the inquiry's
	TemplateID string // the template that it is made from; without a text the template's, filled in
	Version    int64  // of the inquiry, guards it; 0 is no guard
	// UndoSeconds is how long a mail waits before it is sent, and can be taken back; 0 sends at once.
	UndoSeconds int
	ID          string // of the interaction that it becomes, for an answer that must not be given twice: Duplicate (Field = id) if it was
	// Guard, if not nil, is asked in the transaction whether the inquiry may be answered. It is pure, and its error is passed on.
	Guard func(*domain.Inquiry) error
}

// File is a file that goes along with a reply.
type File struct {
	Name        string
	ContentType string
	Data        []byte
}

const (
	maxAddresses = 50
	maxFiles     = 50
)

// Reply answers the customer on the inquiry's channel. The answer is part of the history at once; a mail is sent by a job of the same commit, and on channels that
// others deliver (board, chat) the event interaction.sent tells them. Unless Resolve is set the inquiry then waits for the customer.
// Invalid names every fault; Conflict if the inquiry is closed, or if it is a mail's and no address is known.
func (s *Service) Reply(ctx context.Context, inquiryID string, r Reply) (*domain.Interaction, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryWrite); err != nil {
		return nil, err
	}
	e, err := s.replyEntry(ctx, inquiryID, r)
	if err != nil {
		return nil, err
	}
	status := domain.StatusWaiting
	if r.Resolve {
		status = domain.StatusResolved
	}
	e.move = func(q *domain.Inquiry, now time.Time) error {
		if r.Guard != nil {
			if err := r.Guard(q); err != nil {
				return err
			}
		}
		return q.MoveTo(status, now)
	}
	return s.write(ctx, inquiryID, r.Version, e)
}

// replyEntry makes an answer ready to be written: its template filled in, its files stored.
func (s *Service) replyEntry(ctx context.Context, inquiryID string, r Reply) (entry, error) {
	if err := s.fillTemplate(ctx, inquiryID, &r); err != nil {
		return entry{}, err
	}
	if err := s.checkReply(&r); err != nil {
		return entry{}, err
	}
	x := domain.Interaction{
		Doc: domain.Doc{ID: r.ID}, Direction: domain.Outbound, Kind: domain.KindReply, Subject: r.Subject, Text: r.Text, HTML: r.HTML, To: emails(r.To), Cc: emails(r.Cc),
	}
	blobs, err := s.stageFiles(ctx, &x, r.Files)
	if err != nil {
		return entry{}, err
	}
	e := entry{interaction: x, verb: domain.EventInteractionSent, blobs: blobs, outbound: true, hold: time.Duration(r.UndoSeconds) * time.Second}
	if r.TemplateID != "" {
		e.data = map[string]any{"templateId": r.TemplateID}
	}
	return e, nil
}

// fillTemplate puts a template's texts, filled in for the inquiry, where the answer has none of its own.
func (s *Service) fillTemplate(ctx context.Context, inquiryID string, r *Reply) error {
	if r.TemplateID == "" {
		return nil
	}
	if strings.TrimSpace(r.Text) != "" || strings.TrimSpace(r.HTML) != "" {
		return s.Templates.KnownTemplate(ctx, r.TemplateID)
	}
	texts, err := s.Templates.FillTemplate(ctx, r.TemplateID, inquiryID)
	if err != nil {
		return err
	}
	r.Text, r.HTML = texts.Text, texts.HTML
	if r.Subject == "" {
		r.Subject = texts.Subject
	}
	return nil
}

func (s *Service) checkReply(r *Reply) error {
	var f domain.Faults
	if strings.TrimSpace(r.Text) == "" && strings.TrimSpace(r.HTML) == "" {
		f.Add("text", "required", "needs text or html")
	}
	domain.CheckText(&f, "text", r.Text, maxText)
	domain.CheckText(&f, "html", r.HTML, maxText)
	domain.CheckText(&f, "subject", r.Subject, maxSubject)
	if len(r.To) > maxAddresses || len(r.Cc) > maxAddresses {
		f.Add("to", "maxItems", "are more than %d", maxAddresses)
	}
	if r.UndoSeconds < 0 || r.UndoSeconds > maxUndoSeconds {
		f.Add("undoSeconds", "range", "must be from 0 to %d", maxUndoSeconds)
	}
	if len(r.Files) > maxFiles {
		f.Add("attachments", "maxItems", "are more than %d", maxFiles)
	}
	checkAddresses(&f, s.Normaliser, "to", r.To)
	checkAddresses(&f, s.Normaliser, "cc", r.Cc)
	if err := f.Err(); err != nil {
		return err
	}
	if r.HTML != "" {
		var text string
		if r.HTML, text = s.HTML.Clean(r.HTML); r.Text == "" {
			r.Text = text
		}
	}
	return nil
}

func checkAddresses(f *domain.Faults, n domain.Normaliser, field string, list []string) {
	for _, a := range list {
		if _, err := n.Identity(domain.IdentityEmail, a); err != nil {
			f.AddError(field, err)
		}
	}
}

func emails(list []string) []domain.Party {
	var out []domain.Party
	for _, a := range list {
		out = append(out, domain.Party{Email: strings.TrimSpace(a)})
	}
	return out
}

// stageFiles makes the files durable before the commit that names them; those that hold a resident number, encrypted.
func (s *Service) stageFiles(ctx context.Context, x *domain.Interaction, files []File) ([]*domain.Blob, error) {
	var blobs []*domain.Blob
	for i, file := range files {
		field := "attachments." + strconv.Itoa(i)
		name, inName, err := s.Vault.Seal(field+".name", domain.Clip(file.Name, maxKey))
		if err != nil {
			return nil, err
		}
		inFile, err := domain.SealedContent(s.Vault, field+".content", file.Name, file.ContentType, file.Data)
		if err != nil {
			return nil, err
		}
		var vault domain.Vault
		if len(inFile) > 0 {
			vault = s.Vault
		}
		b, err := domain.StageBlob(ctx, s.Store.Blobs(), vault, file.Data, file.ContentType, s.Clock())
		if err != nil {
			return nil, err
		}
		blobs = append(blobs, b)
		x.Attachments = append(x.Attachments, domain.Attachment{N: i + 1, Name: name, ContentType: file.ContentType, Size: b.Size, BlobID: b.ID})
		x.Sealed = append(append(x.Sealed, inName...), inFile...)
	}
	return blobs, nil
}

// addressMail gives a mail its recipient, the customer's address that the last mail came from or the first that can be reached, unless the agent named others.
func (s *Service) addressMail(ctx context.Context, tx domain.Tx, q *domain.Inquiry, x *domain.Interaction) error {
	if q.Channel != domain.ChannelEmail || len(x.To) > 0 {
		return nil
	}
	c, err := domain.Customers.Get(ctx, tx, q.CustomerID)
	if err != nil {
		return err
	}
	to, err := reachable(ctx, tx, q.ID, c)
	x.To = []domain.Party{to}
	return err
}

// latestLooked is how many of the latest interactions are looked at for what was said last.
const latestLooked = 50

// reachable gives to whom mail in an inquiry goes: the address that the customer's last mail in it came from, for he may have several, and after a merge somebody else's;
// where there is none, or it cannot be reached, the first that can. Conflict if none can.
func reachable(ctx context.Context, r domain.Reader, inquiryID string, c *domain.Customer) (domain.Party, error) {
	var addresses []domain.Identity
	for _, id := range c.Identities {
		if id.Kind == domain.IdentityEmail && !id.Undeliverable {
			addresses = append(addresses, id)
		}
	}
	if len(addresses) == 0 {
		return domain.Party{}, domain.Errorf(domain.Conflict, "the customer has no e-mail address that can be reached")
	}
	if len(addresses) > 1 {
		latest, err := domain.Interactions.Find(ctx, r, domain.Query{Index: "inquiry", Equal: []any{inquiryID}, Reverse: true, Limit: latestLooked})
		if err != nil {
			return domain.Party{}, err
		}
		for _, x := range latest {
			came := func(id domain.Identity) bool { return id.Key == x.Via }
			if n := slices.IndexFunc(addresses, came); n >= 0 && x.Direction == domain.Inbound && x.Kind == domain.KindMessage {
				return domain.Party{Name: cmp.Or(x.From.Name, c.Name), Email: addresses[n].Value}, nil
			}
		}
	}
	return domain.Party{Name: c.Name, Email: addresses[0].Value}, nil
}
