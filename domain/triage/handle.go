package triage

import (
	"context"
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"sori/domain"
)

// JobInquiry is the kind of the job that takes one message of a customer its way.
const JobInquiry = "triage.inquiry"

type inquiryArgs struct {
	InteractionID string `json:"interactionId"`
}

// FollowUps gives the job that a new interaction calls for: what comes in is triaged, if anything is set by which it can be.
func (s *Service) FollowUps(ctx context.Context, x *domain.Interaction) ([]*domain.Job, error) {
	if x.Direction != domain.Inbound {
		return nil, nil
	}
	if decides, err := s.Decides(ctx); err != nil || !decides {
		return nil, err
	}
	job, err := domain.NewJob(JobInquiry, inquiryArgs{x.ID}, x.ReceivedAt)
	return []*domain.Job{job}, err
}

// item is one message on its way.
type item struct {
	job *domain.Job
	x   *domain.Interaction
	q   *domain.Inquiry
	c   *domain.Customer // nil if erased

	ruling    ruling
	verdict   Verdict
	decision  domain.Decision
	reason    string
	typeKey   string // what the message is taken for
	typeName  string
	template  *domain.Template // that answers it
	suggested []string         // ids of templates
	answered  *domain.Interaction
	clocks    domain.Clockwork
	err       error
}

// opens tells whether the message opened its inquiry.
func (it *item) opens() bool { return opened(it.x, it.q) }

func opened(x *domain.Interaction, q *domain.Inquiry) bool { return q.CreatedAt.Equal(x.ReceivedAt) }

// wording is what is classified of a message, and learnt. The subject of what comes later is that of the thread, and says nothing of what is wanted now.
func wording(x *domain.Interaction, q *domain.Inquiry) string {
	if own := x.Written(); !opened(x, q) && strings.TrimSpace(own) != "" {
		return own
	}
	return whole(x.Subject, x.Written())
}

// leave turns an answer into suggestions.
func (it *item) leave(reason string) {
	it.decision, it.reason, it.template = domain.DecideSuggest, reason, nil
}

// Sizes of batches.
const (
	claimBatch    = 256
	recordChunk   = 64
	answerAbreast = 32
	jobLease      = 2 * time.Minute
	idle          = time.Second
	pause         = 20 * time.Millisecond
)

// Run takes messages their way until ctx ends. Any number of nodes may run it.
func (s *Service) Run(ctx context.Context, node string) {
	ctx = domain.WithActor(ctx, domain.System("triage"))
	for ctx.Err() == nil {
		committed := s.Store.Committed()
		n, err := s.RunBatch(ctx, node)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("triage", "err", err)
		}
		if n > 0 && err == nil {
			continue
		}
		domain.Rest(ctx, nil, pause)
		domain.Rest(ctx, committed, idle)
	}
}

// RunBatch claims the messages that are due, takes them their way together, and gives how many there were. One that fails is tried again later and holds up no other.
func (s *Service) RunBatch(ctx context.Context, node string) (int, error) {
	decides, err := s.Decides(ctx)
	if err != nil {
		return 0, err
	}
	if !decides {
		return s.passOver(ctx)
	}
	jobs, err := domain.ClaimJobs(ctx, s.Store, JobInquiry, node, s.Clock(), jobLease, claimBatch)
	if err != nil || len(jobs) == 0 {
		return 0, err
	}
	ctx, done := domain.WithGrace(ctx)
	defer done()
	items := make([]*item, len(jobs))
	for i, job := range jobs {
		items[i] = &item{job: job}
	}
	if err := s.process(ctx, items); err != nil {
		return len(jobs), err
	}
	for _, it := range items {
		if it.err == nil {
			continue
		}
		s.Log.Warn("message not triaged", "job", it.job.ID, "attempt", it.job.Attempts, "err", it.err)
		if err := domain.FailJob(ctx, s.Store, it.job, it.err, s.Clock()); err != nil {
			return len(jobs), err
		}
	}
	return len(jobs), nil
}

// Decides reports whether there is a rule or a model by which messages are judged. If not, nothing comes of any message, and nobody need wait for it.
func (s *Service) Decides(ctx context.Context) (bool, error) {
	cat, err := s.catalogue(ctx)
	if err != nil || slices.ContainsFunc(cat.rules, func(r *compiledRule) bool { return r.Active }) {
		return err == nil, err
	}
	m, err := s.model(ctx)
	return m != nil, err
}

// passOver removes the messages that are due: they came before everything by which they could be judged was taken away.
func (s *Service) passOver(ctx context.Context) (n int, err error) {
	due := domain.Query{Index: "due", Equal: []any{JobInquiry, domain.JobWaiting}, To: s.Clock().Add(time.Millisecond), Limit: claimBatch}
	if waiting, err := domain.Jobs.Find(ctx, s.Store, domain.Query{Index: due.Index, Equal: due.Equal, To: due.To, Limit: 1}); err != nil || len(waiting) == 0 {
		return 0, err
	}
	err = s.Store.Write(ctx, func(tx domain.Tx) error {
		jobs, err := domain.Jobs.Find(ctx, tx, due)
		if err != nil {
			return err
		}
		n = len(jobs)
		for _, job := range jobs {
			if err := domain.Jobs.Delete(ctx, tx, job.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// process takes items their way: judge all, answer those that may be, record what became of each. Messages of one inquiry go one after another.
func (s *Service) process(ctx context.Context, items []*item) error {
	cat, err := s.catalogue(ctx)
	if err != nil {
		return err
	}
	m, err := s.model(ctx)
	if err != nil {
		return err
	}
	for len(items) > 0 {
		if err := s.load(ctx, items); err != nil {
			return err
		}
		now, later := turns(items)
		abreast(now, answerAbreast, func(it *item) {
			if it.job.Attempts > 1 && it.x != nil {
				it.answered, it.err = s.givenAnswer(ctx, it.x.ID)
			}
		})
		abreast(now, runtime.GOMAXPROCS(0), func(it *item) { plan(cat, m, it) })
		abreast(now, answerAbreast, func(it *item) {
			if it.decision != domain.DecideAnswer || it.answered != nil || it.err != nil {
				return
			}
			if s.Answerer == nil {
				it.leave(ReasonOff)
				return
			}
			it.err = s.answer(ctx, &cat.settings, it)
		})
		for chunk := range slices.Chunk(now, recordChunk) {
			s.record(ctx, &cat.settings, chunk)
		}
		items = later
	}
	return nil
}

// turns gives the first item of each inquiry, and the others.
func turns(items []*item) (now, later []*item) {
	seen := make(map[string]bool, len(items))
	for _, it := range items {
		if it.q != nil && seen[it.q.ID] {
			later = append(later, it)
			continue
		}
		if it.q != nil {
			seen[it.q.ID] = true
		}
		now = append(now, it)
	}
	return now, later
}

// abreast does something with every item, n at a time.
func abreast(items []*item, n int, do func(*item)) {
	next := make(chan *item)
	var wg sync.WaitGroup
	for range min(n, len(items)) {
		wg.Go(func() {
			for it := range next {
				do(it)
			}
		})
	}
	for _, it := range items {
		next <- it
	}
	close(next)
	wg.Wait()
}

// load reads what the items are about, in one read for each noun. An item whose message is gone keeps no x.
func (s *Service) load(ctx context.Context, items []*item) error {
	ids := make([]string, len(items))
	for i, it := range items {
		var args inquiryArgs
		if err := json.Unmarshal([]byte(it.job.Args), &args); err != nil {
			return err
		}
		ids[i] = args.InteractionID
	}
	messages, err := domain.Interactions.GetMany(ctx, s.Store, domain.Distinct(ids))
	if err != nil {
		return err
	}
	var inquiryIDs, customerIDs []string
	for _, x := range messages {
		inquiryIDs, customerIDs = append(inquiryIDs, x.InquiryID), append(customerIDs, x.CustomerID)
	}
	inquiries, err := domain.Inquiries.GetMany(ctx, s.Store, domain.Distinct(inquiryIDs))
	if err != nil {
		return err
	}
	customers, err := domain.Customers.GetMany(ctx, s.Store, domain.Distinct(customerIDs))
	if err != nil {
		return err
	}
	for i, it := range items {
		it.x, it.q, it.c = messages[ids[i]], nil, nil
		if it.x != nil {
			it.q, it.c = inquiries[it.x.InquiryID], customers[it.x.CustomerID]
		}
	}
	return nil
}

func messageOf(x *domain.Interaction, q *domain.Inquiry) message {
	return message{
		channel: x.Channel, account: x.Account, tier: q.Tier, language: languageOf(x.Written(), q.Language), kind: x.Kind, sender: x.From.Email,
		subject: x.Subject, text: x.Written(), at: x.ReceivedAt,
	}
}

// plan decides what is to be done with an item, by rules first.
func plan(cat *catalogue, m *loadedModel, it *item) {
	if it.x == nil || it.q == nil {
		return
	}
	msg := messageOf(it.x, it.q)
	it.ruling = try(cat.rules, msg, nil)
	if it.x.Kind != domain.KindMessage {
		return // what a machine sent is not classified
	}
	v := judge(cat, m, wording(it.x, it.q), msg.language)
	it.verdict, it.decision, it.typeKey = v, v.Decision, v.Type
	actions := &it.ruling.actions
	if !cat.activeType(actions.Type) {
		actions.Type = ""
	}
	if actions.Type != "" {
		it.typeKey = actions.Type
	}
	if t := cat.types[it.typeKey]; t != nil {
		it.typeName = t.Name
	}
	it.template = cat.templates[v.Template]
	it.suggested = suggestedTemplates(cat, it, msg.language)
	it.reason = whyNot(cat, m, it, msg.language)
	if t := cat.templates[actions.Template]; t != nil && t.Active {
		if it.decision == domain.DecideRoute {
			it.decision = domain.DecideSuggest
		}
		if actions.Answer && t.Automatic {
			it.decision, it.template, it.reason = domain.DecideAnswer, t, ""
		}
	}
	if it.answered != nil { // before the job's end was lost
		it.decision, it.reason = domain.DecideAnswer, ""
		return
	}
	if it.decision != domain.DecideAnswer {
		it.template = nil
		return
	}
	it.checkAnswer(&cat.settings)
}

// checkAnswer leaves to people what must not be answered.
func (it *item) checkAnswer(set *domain.TriageSettings) {
	actions := &it.ruling.actions
	switch reason := forbids(set, it); {
	case actions.People:
		it.leave(ReasonRule)
	case reason != "":
		it.leave(reason)
	case actions.Answer:
	case actions.Type != "" && actions.Type != it.verdict.Type, it.q.Type != "" && it.q.Type != it.verdict.Type:
		it.leave(ReasonType)
	}
}

// whyNot says why the classifier does not answer, "" if it does.
func whyNot(cat *catalogue, m *loadedModel, it *item, language string) string {
	v := &it.verdict
	switch t := cat.types[v.Type]; {
	case v.Decision == domain.DecideAnswer:
		return ""
	case m == nil:
		return ReasonUntrained
	case t == nil || !v.InScope:
		return ReasonScope
	case t.Threshold.Mode == domain.ThresholdOff:
		return ReasonOff
	case v.Confidence < threshold(t.Threshold, v.Type, m):
		return ReasonUnsure
	case cat.automatic(v.Type, language) == nil:
		return ReasonNoTemplate
	}
	return ReasonUnsure
}

// maxSuggested is how many templates are suggested.
const maxSuggested = 5

// suggestedTemplates gives templates for the agent: the rule's, those of the type, then the first of each other likely type.
func suggestedTemplates(cat *catalogue, it *item, language string) []string {
	var out []string
	add := func(t *domain.Template) {
		if t != nil && t.Active && len(out) < maxSuggested && !slices.Contains(out, t.ID) {
			out = append(out, t.ID)
		}
	}
	add(cat.templates[it.ruling.actions.Template])
	for _, t := range cat.fitting(it.typeKey, language) {
		add(t)
	}
	for _, a := range it.verdict.Alternatives {
		if fits := cat.fitting(a.Type, language); len(fits) > 0 {
			add(fits[0])
		}
	}
	return out
}
