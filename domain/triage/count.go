package triage

import (
	"context"
	"time"

	"sori/domain"
)

// CountConsumer is the name under which counting follows the feed.
const CountConsumer = "triage-count"

const markID = "trm_count"

// Count adds what events tell to the daily counts. The mark is written with them, so that an event that is shown twice counts once.
func (s *Service) Count(ctx context.Context, events []*domain.Event) error {
	t := tally{days: map[dayType]*domain.TriageDay{}}
	var err error
	if t.inquiries, t.judgements, err = s.touched(ctx, events); err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		mark, err := domain.TriageMarks.Get(ctx, tx, markID)
		isNew := domain.IsCode(err, domain.NotFound)
		if isNew {
			mark, err = &domain.TriageMark{Doc: domain.Doc{ID: markID}}, nil
		}
		if err != nil {
			return err
		}
		clear(t.days)
		for _, e := range events {
			if e.Seq <= mark.Seq {
				continue
			}
			if err := t.count(ctx, tx, e); err != nil {
				return err
			}
			mark.Seq, mark.Until = e.Seq, e.At
		}
		if err := t.add(ctx, tx); err != nil {
			return err
		}
		if isNew {
			return domain.TriageMarks.Insert(ctx, tx, mark)
		}
		return domain.TriageMarks.Replace(ctx, tx, mark)
	})
}

// Recount lets the counts be made again from the feed's start.
func (s *Service) Recount(ctx context.Context) error {
	if _, err := domain.Require(ctx, domain.ScopeTriageWrite); err != nil {
		return err
	}
	for {
		days, err := domain.TriageDays.Find(ctx, s.Store, domain.Query{Index: "day", Limit: 500})
		if err != nil {
			return err
		}
		err = s.Store.Write(ctx, func(tx domain.Tx) error {
			for _, d := range days {
				if err := domain.TriageDays.Delete(ctx, tx, d.ID); err != nil {
					return err
				}
			}
			return domain.TriageMarks.Delete(ctx, tx, markID)
		})
		if err != nil {
			return err
		}
		if len(days) == 0 {
			return domain.Rewind(ctx, s.Store, CountConsumer)
		}
	}
}

type dayType struct{ day, typeKey string }

// tally is what a batch of events adds.
type tally struct {
	days       map[dayType]*domain.TriageDay
	inquiries  map[string]*domain.Inquiry
	judgements map[string]*domain.Classification // of inquiries that had an automatic answer, by inquiry
}

// touched reads the inquiries that events are about, and what triage made of them, in one read each.
func (s *Service) touched(ctx context.Context, events []*domain.Event) (map[string]*domain.Inquiry, map[string]*domain.Classification, error) {
	var inquiryIDs, ids []string
	for _, e := range events {
		_, _, changed := typeChange(e)
		if changed {
			inquiryIDs = append(inquiryIDs, e.InquiryID)
		}
		if changed || comesBack(e) {
			ids = append(ids, domain.ClassificationID(e.InquiryID))
		}
	}
	inquiries, err := domain.Inquiries.GetMany(ctx, s.Store, domain.Distinct(inquiryIDs))
	if err != nil {
		return nil, nil, err
	}
	found, err := domain.Classifications.GetMany(ctx, s.Store, domain.Distinct(ids))
	answered := map[string]*domain.Classification{}
	for _, c := range found {
		if c.Answer != nil {
			answered[c.InquiryID] = c
		}
	}
	return inquiries, answered, err
}

// comesBack tells whether an event may say that an answer was not enough.
func comesBack(e *domain.Event) bool {
	return e.Type == domain.EventInquiryReopened || e.Type == domain.EventInteractionReceived && e.Data["kind"] == string(domain.KindMessage)
}

// on gives the counts of a day and a type, to be added to.
func (t *tally) on(at time.Time, typeKey string) *domain.TriageDay {
	return t.onDay(at.UTC().Format(time.DateOnly), typeKey)
}

func (t *tally) onDay(day, typeKey string) *domain.TriageDay {
	if typeKey == "" {
		typeKey = domain.NoType
	}
	k := dayType{day, typeKey}
	if t.days[k] == nil {
		t.days[k] = &domain.TriageDay{Doc: domain.Doc{ID: "trd_" + k.day + "_" + k.typeKey}, Day: k.day, Type: k.typeKey}
	}
	return t.days[k]
}

func (t *tally) count(ctx context.Context, tx domain.Tx, e *domain.Event) error {
	typeKey, _ := e.Data["type"].(string)
	switch e.Type {
	case domain.EventInquiryCreated:
		t.on(e.At, typeKey).Inquiries++
	case domain.EventInquiryClassified:
		t.countDecision(e, typeKey)
	case domain.EventInquiryAnswered:
		if first, _ := e.Data["first"].(bool); first {
			t.on(e.At, typeKey).Answered++
		}
	case domain.EventHelpAsked:
		t.on(e.At, "").HelpAsked++
	case domain.EventHelpJudged:
		t.countHelp(e)
	}
	before, after, changed := typeChange(e)
	if changed {
		t.move(e, before, after)
	}
	byPerson := e.Actor.Kind != systemKind
	switch {
	case changed && byPerson:
		return t.judge(ctx, tx, e, domain.JudgedCorrected)
	case comesBack(e):
		return t.judge(ctx, tx, e, domain.JudgedReopened)
	}
	return nil
}

func (t *tally) countDecision(e *domain.Event, typeKey string) {
	switch e.Data["decision"] {
	case string(domain.DecideSuggest):
		t.on(e.At, typeKey).Suggested++
	case string(domain.DecideRoute):
		t.on(e.At, typeKey).Routed++
	}
}

func (t *tally) countHelp(e *domain.Event) {
	day, _ := e.Data["askedAt"].(string)
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		day = e.At.UTC().Format(time.DateOnly)
	}
	switch e.Data["outcome"] {
	case string(domain.HelpHelped):
		t.onDay(day, "").HelpHelped++
	case string(domain.HelpOpened):
		t.onDay(day, "").HelpOpened++
	}
}

// move counts an inquiry under its new type, on the day on which it came.
func (t *tally) move(e *domain.Event, before, after string) {
	q := t.inquiries[e.InquiryID]
	if q == nil {
		return // it is gone
	}
	t.on(q.CreatedAt, before).Inquiries--
	t.on(q.CreatedAt, after).Inquiries++
	if e.Actor.Kind != systemKind && after != "" {
		t.on(e.At, after).Chosen++
	}
}

// judge notes on the automatic answer that was an inquiry's last when something was said against it, once, that it was not right.
func (t *tally) judge(ctx context.Context, tx domain.Tx, e *domain.Event, how string) error {
	known := t.judgements[e.InquiryID]
	if known == nil || against(e, known) == nil {
		return nil
	}
	c, err := domain.Classifications.Get(ctx, tx, known.ID)
	if err != nil {
		return err
	}
	a := against(e, c)
	if a == nil {
		return nil
	}
	day := t.on(a.At, a.Type)
	if how == domain.JudgedCorrected {
		day.Corrected++
	} else {
		day.Reopened++
	}
	if a.JudgedSeq == e.Seq {
		return nil // counted again from the start
	}
	a.Judged, a.JudgedSeq = how, e.Seq
	return domain.Classifications.Replace(ctx, tx, c)
}

// against gives the automatic answer that an event speaks against, nil if there is none or something else has spoken against it.
func against(e *domain.Event, c *domain.Classification) *domain.AutomaticAnswer {
	a := c.AnswerBefore(e.At)
	if a == nil || e.Subject.ID == a.To || a.Judged != "" && a.JudgedSeq != e.Seq {
		return nil
	}
	return a
}

// add writes the counts.
func (t *tally) add(ctx context.Context, tx domain.Tx) error {
	for _, d := range t.days {
		stored, err := domain.TriageDays.Get(ctx, tx, d.ID)
		if domain.IsCode(err, domain.NotFound) {
			own := *d
			if err := domain.TriageDays.Insert(ctx, tx, &own); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		addDay(stored, d)
		if err := domain.TriageDays.Replace(ctx, tx, stored); err != nil {
			return err
		}
	}
	return nil
}

func addDay(to, d *domain.TriageDay) {
	to.Inquiries += d.Inquiries
	to.Answered += d.Answered
	to.Suggested += d.Suggested
	to.Routed += d.Routed
	to.Reopened += d.Reopened
	to.Corrected += d.Corrected
	to.Chosen += d.Chosen
	to.HelpAsked += d.HelpAsked
	to.HelpHelped += d.HelpHelped
	to.HelpOpened += d.HelpOpened
}
