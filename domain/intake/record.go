package intake

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"sori/domain"
)

// arrival is a submission or a mail when everything is done that needs no transaction.
type arrival struct {
	account     *domain.Account
	identities  []domain.Identity
	name        string
	number      string // for a new inquiry
	interaction *domain.Interaction
	inquiry     *domain.Inquiry // as it would be, if it is new
	blobs       []*domain.Blob
	now         time.Time
	inquiryID   string       // the inquiry it names
	mail        *domain.Mail // if it is one
	clocks      domain.Clockwork
	followUps   []*domain.Job
}

// Receive takes in what came on a channel other than mail. Invalid names every fault; Forbidden without the scope intake:write.
func (s *Service) Receive(ctx context.Context, sub Submission) (res Result, err error) {
	ctx, end := domain.Step(ctx, "intake", "receive")
	defer func() { end(err) }()
	if _, err := domain.Require(ctx, domain.ScopeIntake); err != nil {
		return Result{}, err
	}
	now := s.Clock()
	if err := sub.Validate(now); err != nil {
		return Result{}, err
	}
	ids, err := s.identities(sub.From)
	if err != nil {
		return Result{}, err
	}
	acc, err := s.account(ctx, sub.Channel, sub.Account)
	if err != nil {
		return Result{}, err
	}
	a := &arrival{account: acc, identities: ids, now: now, inquiryID: sub.InquiryID}
	if err := s.prepare(a, &sub); err != nil {
		return Result{}, err
	}
	if err := s.stageFiles(ctx, a, sub.Files, false); err != nil {
		return Result{}, err
	}
	return s.record(ctx, a)
}

// prepare makes the interaction and the inquiry-to-be of a submission.
func (s *Service) prepare(a *arrival, sub *Submission) error {
	sealed := sealer{vault: s.Vault}
	once := sub.onceKey(a.account.Key)
	sealed.text("subject", &sub.Subject)
	inquirySealed := sealed.take()
	for i := range inquirySealed {
		inquirySealed[i].Field = "subject"
	}
	custom := sealed.fields("custom", sub.Custom)
	inquirySealed = append(inquirySealed, sealed.take()...)
	sealed.text("text", &sub.Text)
	sealed.text("from.name", &sub.From.Name)
	sealed.names("to", sub.To)
	sealed.labels(&sub.Campaign)
	for i := range sub.Tags {
		sealed.labels(&sub.Tags[i])
	}
	for _, t := range sub.partTexts() {
		if t.free {
			sealed.text(t.field, t.value)
		}
	}
	for i := range sub.Files {
		field := "attachments." + strconv.Itoa(i)
		sealed.text(field+".name", &sub.Files[i].Name)
		sub.Files[i].sealed = sealed.content(field+".content", sub.Files[i].Name, sub.Files[i].ContentType, sub.Files[i].Data)
	}
	if sealed.err != nil {
		return sealed.err
	}
	own := append(slices.Clone(subjectOnly(inquirySealed)), sealed.take()...)
	occurred := a.now
	if sub.OccurredAt != nil {
		occurred = domain.Instant(*sub.OccurredAt)
	}
	a.name = sub.From.Name
	a.interaction = &domain.Interaction{
		Account: a.account.Key, Channel: sub.Channel, Direction: domain.Inbound, Kind: domain.KindMessage,
		ExternalID: sub.ExternalID, OnceKey: once, From: sub.From, To: sub.To, Subject: sub.Subject, Text: sub.Text,
		Sealed: own, OccurredAt: occurred, ReceivedAt: a.now,
		Board: sub.Board, Phone: sub.Phone, Fax: sub.Fax, Memo: sub.Memo, Chat: sub.Chat,
	}
	if p := sub.Phone; p != nil {
		if p.Direction == domain.Outbound {
			a.interaction.Direction = domain.Outbound
		}
		instants(p.StartedAt, p.AnsweredAt, p.EndedAt)
	}
	a.inquiry = s.newInquiry(a, sub.Subject, sub.Text)
	a.inquiry.Type, a.inquiry.Tags, a.inquiry.Custom, a.inquiry.Sealed = sub.Type, cleanTags(sub.Tags), custom, inquirySealed
	a.inquiry.Origin.Campaign = sub.Campaign
	if sub.Memo != nil && sub.Memo.Urgent {
		a.inquiry.Priority = "urgent"
	}
	return nil
}

func subjectOnly(found []domain.Sealed) []domain.Sealed {
	return slices.DeleteFunc(slices.Clone(found), func(x domain.Sealed) bool { return x.Field != "subject" })
}

func instants(times ...*time.Time) {
	for _, t := range times {
		if t != nil {
			*t = domain.Instant(*t)
		}
	}
}

// cleanTags trims tags and gives each once.
func cleanTags(tags []string) []string {
	var out []string
	for _, t := range tags {
		if t = strings.TrimSpace(t); !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// newInquiry is the inquiry that the arrival opens, if it belongs to none.
func (s *Service) newInquiry(a *arrival, subject, text string) *domain.Inquiry {
	if strings.TrimSpace(subject) == "" {
		subject = firstLine(text)
	}
	q := &domain.Inquiry{
		Doc:     domain.Doc{ID: domain.Inquiries.NewID()},
		Subject: subject, Status: domain.StatusNew, StatusCategory: domain.CategoryOpen, Priority: domain.PriorityNormal,
		Account: a.account.Key, Channel: a.interaction.Channel, Origin: domain.Origin{Channel: a.interaction.Channel},
		Language:  a.account.Language,
		CreatedAt: a.now, UpdatedAt: a.now, LastInteractionAt: a.now,
	}
	q.SetDue(nil)
	return q
}

// firstLine stands in for a subject that was not given.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return domain.Clip(strings.TrimSpace(line), 120)
}

// stageFiles makes the attachments durable before the commit that names them.
func (s *Service) stageFiles(ctx context.Context, a *arrival, files []File, seal bool) error {
	for i, f := range files {
		b, err := s.stage(ctx, f.Data, f.ContentType, a.now, seal || f.sealed)
		if err != nil {
			return err
		}
		a.blobs = append(a.blobs, b)
		a.interaction.Attachments = append(a.interaction.Attachments, domain.Attachment{
			N: i + 1, Name: f.Name, ContentType: f.ContentType, Size: int64(len(f.Data)), BlobID: b.ID, ContentID: f.ContentID, Inline: f.Inline,
		})
	}
	return nil
}

// stage makes one content durable, encrypted if it holds a resident number.
func (s *Service) stage(ctx context.Context, data []byte, contentType string, now time.Time, seal bool) (*domain.Blob, error) {
	var vault domain.Vault
	if seal {
		vault = s.Vault
	}
	return domain.StageBlob(ctx, s.Store.Blobs(), vault, data, contentType, now)
}

// maxIdentifyRaces bounds how often an arrival is tried again when another one made its customer in the same moment.
const maxIdentifyRaces = 8

// record commits the arrival, or finds that it had come before.
func (s *Service) record(ctx context.Context, a *arrival) (Result, error) {
	number, err := s.Numbers.Next(ctx)
	if err != nil {
		return Result{}, err
	}
	a.number = number
	a.interaction.ID = domain.Interactions.NewID()
	if a.clocks, err = s.Clocks(ctx); err != nil {
		return Result{}, err
	}
	if a.followUps, err = s.FollowUps(ctx, a.interaction); err != nil {
		return Result{}, err
	}
	var res Result
	for range maxIdentifyRaces {
		err = s.Store.Write(ctx, func(tx domain.Tx) (err error) {
			res, err = s.commit(ctx, tx, a)
			return err
		})
		if !takenKey(err, "identity") {
			break
		}
	}
	if err == nil {
		return res, nil
	}
	return s.afterFailure(ctx, a.interaction.OnceKey, err)
}

// afterFailure answers with what came before, if that is why the arrival could not be committed, or if it could not because of what has become of its inquiry since.
// Nobody looks for it first: most things come once, and the unique key tells of those that come twice.
func (s *Service) afterFailure(ctx context.Context, key string, failure error) (Result, error) {
	if takenKey(failure, "once") {
		first, err := s.rival(ctx, key)
		return s.duplicate(ctx, first, err)
	}
	if first, err := s.before(ctx, key); first != nil && err == nil {
		return s.duplicate(ctx, first, nil)
	}
	return Result{}, failure
}

// How long, and how often, the one that came at the same time is looked for.
const (
	rivalWait = 2 * time.Second
	rivalPoll = 20 * time.Millisecond
)

// rival gives the interaction that took the once-key. A store may tell of the key before the rival's commit can be read, so it waits a little for that;
// nil if it is not seen even then.
func (s *Service) rival(ctx context.Context, key string) (*domain.Interaction, error) {
	for waited := time.Duration(0); ; waited += rivalPoll {
		first, err := s.before(ctx, key)
		if first != nil || err != nil || waited >= rivalWait {
			return first, err
		}
		select {
		case <-time.After(rivalPoll):
		case <-ctx.Done():
			return nil, domain.Errorf(domain.Unavailable, "stopped waiting: %w", ctx.Err())
		}
	}
}

func takenKey(err error, index string) bool {
	return domain.IsCode(err, domain.Duplicate) && domain.FieldOf(err) == index
}

// before gives the interaction that came with the same once-key, nil if there is none.
func (s *Service) before(ctx context.Context, key string) (*domain.Interaction, error) {
	if key == "" {
		return nil, nil
	}
	x, err := domain.Interactions.First(ctx, s.Store, domain.Query{Index: "once", Equal: []any{key}})
	if domain.IsCode(err, domain.NotFound) {
		return nil, nil
	}
	return x, err
}

func (s *Service) duplicate(ctx context.Context, first *domain.Interaction, err error) (Result, error) {
	if err != nil {
		return Result{}, err
	}
	if first == nil {
		return Result{}, domain.Errorf(domain.Unavailable, "the same thing was taken in just now; ask again")
	}
	q, err := domain.Inquiries.Get(ctx, s.Store, first.InquiryID)
	if err != nil {
		return Result{}, err
	}
	return Result{Duplicate: true, InquiryID: q.ID, Number: q.Number, Interaction: first.ID, CustomerID: first.CustomerID}, nil
}

// commit is the one transaction. It may run more than once, so it works on copies.
func (s *Service) commit(ctx context.Context, tx domain.Tx, a *arrival) (Result, error) {
	whose, err := s.identify(ctx, tx, slices.Clone(a.identities), a.name, a.now)
	if err != nil {
		return Result{}, err
	}
	th, err := s.thread(ctx, tx, a, whose.customer)
	if err != nil {
		return Result{}, err
	}
	x := *a.interaction
	x.CustomerID, x.HomeID, x.Via = whose.customer.ID, whose.home(), whose.via.Key
	q, err := s.placeInInquiry(ctx, tx, a, th, whose)
	if err != nil {
		return Result{}, err
	}
	x.InquiryID, x.HomeInquiry = q.ID, th.home
	if err := s.insertInteraction(ctx, tx, a, &x); err != nil {
		return Result{}, err
	}
	domain.Made(ctx, x.ID)
	return Result{InquiryID: q.ID, Number: q.Number, Interaction: x.ID, CustomerID: x.CustomerID}, nil
}

// Again gives the result of an arrival that was taken in before, as that of a duplicate.
func (s *Service) Again(ctx context.Context, interactionID string) (Result, error) {
	if _, err := domain.Require(ctx, domain.ScopeIntake); err != nil {
		return Result{}, err
	}
	first, err := domain.Interactions.Get(ctx, s.Store, interactionID)
	return s.duplicate(ctx, first, err)
}

func (s *Service) thread(ctx context.Context, tx domain.Tx, a *arrival, c *domain.Customer) (thread, error) {
	if a.mail != nil {
		return s.threadOfMail(ctx, tx, a, c)
	}
	return explicitThread(ctx, tx, a.inquiryID, c, a.now)
}

// placeInInquiry adds to the thread's inquiry, or opens a new one.
func (s *Service) placeInInquiry(ctx context.Context, tx domain.Tx, a *arrival, th thread, whose found) (*domain.Inquiry, error) {
	if th.inquiry != nil {
		return th.inquiry, s.touch(ctx, tx, a, th.inquiry)
	}
	q := *a.inquiry
	q.Number, q.CustomerID, q.HomeID, q.Tier, q.PreviousID = a.number, whose.customer.ID, whose.home(), whose.customer.Tier, th.previous
	a.begin(&q)
	if err := a.clocks.Tick(ctx, tx, &q, a.now); err != nil {
		return nil, err
	}
	if err := domain.Inquiries.Insert(ctx, tx, &q); err != nil {
		return nil, err
	}
	data := map[string]any{"number": q.Number, "channel": string(q.Channel)}
	if q.Type != "" {
		data["type"] = q.Type
	}
	if th.previous != "" {
		data["previousId"] = th.previous
	}
	return &q, domain.Emit(ctx, tx, domain.InquiryEvent(domain.EventInquiryCreated, &q, a.now, data))
}

// touch moves a known inquiry on: a customer's message opens what waited or was resolved, what a machine sent does not.
func (s *Service) touch(ctx context.Context, tx domain.Tx, a *arrival, q *domain.Inquiry) error {
	q.LastInteractionAt, q.UpdatedAt = a.now, a.now
	reopened := false
	if a.fromCustomer() {
		reopened = q.CustomerWrote(a.now)
	}
	for _, t := range a.inquiry.Tags {
		if !slices.Contains(q.Tags, t) && len(q.Tags) < maxTags {
			q.Tags = append(q.Tags, t)
		}
	}
	if err := a.clocks.Tick(ctx, tx, q, a.now); err != nil {
		return err
	}
	if err := domain.Inquiries.Replace(ctx, tx, q); err != nil || !reopened {
		return err
	}
	return domain.Emit(ctx, tx, domain.InquiryEvent(domain.EventInquiryReopened, q, a.now, map[string]any{"by": "customer"}))
}

// begin says of a new inquiry whether the customer waits for an answer. Who called and was spoken to has had one.
func (a *arrival) begin(q *domain.Inquiry) {
	if !a.fromCustomer() {
		return
	}
	q.Unread, q.CustomerSince = true, &a.now
	if p := a.interaction.Phone; p != nil && p.AnsweredAt != nil {
		q.FirstAnsweredAt, q.CustomerSince = p.AnsweredAt, nil
	}
}

// fromCustomer tells whether a person wrote it, not a machine, and not one of us.
func (a *arrival) fromCustomer() bool {
	return a.interaction.Kind == domain.KindMessage && a.interaction.Direction == domain.Inbound
}

func (s *Service) insertInteraction(ctx context.Context, tx domain.Tx, a *arrival, x *domain.Interaction) error {
	for _, b := range a.blobs {
		record := *b
		if err := domain.Blobs.Insert(ctx, tx, &record); err != nil {
			return err
		}
	}
	if err := domain.Interactions.Insert(ctx, tx, x); err != nil {
		return err
	}
	for _, job := range a.followUps {
		record := *job
		if err := domain.Jobs.Insert(ctx, tx, &record); err != nil {
			return err
		}
	}
	verb := domain.EventInteractionReceived
	if x.Direction == domain.Outbound {
		verb = domain.EventInteractionSent
	}
	return domain.Emit(ctx, tx, domain.Event{
		Type: verb, At: a.now, InquiryID: x.InquiryID, CustomerID: x.CustomerID, Subject: domain.Ref{Kind: "interaction", ID: x.ID},
		Data: map[string]any{"channel": string(x.Channel), "kind": string(x.Kind), "attachments": len(x.Attachments)},
	})
}
