package org

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"sori/domain"
)

// section is one kind of thing in the document of an organisation.
type section[T any] struct {
	domain.Kept[T]
	name    string // in the document
	most    int
	order   string // index that lists them
	in      func(*domain.Organisation) *[]T
	key     func(*T) string
	born    func(*T) *time.Time // when it was made
	leave   func(*T)            // what is done to one that is not in the document; nil removes it
	keptOne func(*T) bool       // what is never pruned; nil is nothing
}

// part is a section, whatever its type.
type part interface {
	apply(ctx context.Context, tx domain.Tx, a *application) error
	prune(ctx context.Context, tx domain.Tx, a *application) error
	export(ctx context.Context, r domain.Reader, o *domain.Organisation) error
	count(o *domain.Organisation) int
}

// sections are in the order in which they name each other: what is named comes first.
var sections = []part{
	section[domain.Account]{
		Kept: accounts, name: "accounts", most: maxThings, order: "created",
		in:      func(o *domain.Organisation) *[]domain.Account { return &o.Accounts },
		key:     func(a *domain.Account) string { return string(a.Channel) + "/" + a.Key },
		born:    func(x *domain.Account) *time.Time { return &x.CreatedAt },
		leave:   func(a *domain.Account) { a.Active = false },
		keptOne: func(a *domain.Account) bool { return a.Key == domain.DefaultAccount },
	},
	section[domain.Skill]{
		Kept: skills, name: "skills", most: maxThings, order: "created",
		in:   func(o *domain.Organisation) *[]domain.Skill { return &o.Skills },
		key:  func(x *domain.Skill) string { return x.Key },
		born: func(x *domain.Skill) *time.Time { return &x.CreatedAt },
	},
	section[domain.Team]{
		Kept: teams, name: "teams", most: maxThings, order: "created",
		in:   func(o *domain.Organisation) *[]domain.Team { return &o.Teams },
		key:  func(x *domain.Team) string { return x.Key },
		born: func(x *domain.Team) *time.Time { return &x.CreatedAt },
	},
	section[domain.Calendar]{
		Kept: calendars, name: "calendars", most: maxThings, order: "created",
		in:   func(o *domain.Organisation) *[]domain.Calendar { return &o.Calendars },
		key:  func(x *domain.Calendar) string { return x.Key },
		born: func(x *domain.Calendar) *time.Time { return &x.CreatedAt },
	},
	section[domain.Queue]{
		Kept: queues, name: "queues", most: maxThings, order: "created",
		in:      func(o *domain.Organisation) *[]domain.Queue { return &o.Queues },
		key:     func(x *domain.Queue) string { return x.Key },
		born:    func(x *domain.Queue) *time.Time { return &x.CreatedAt },
		keptOne: func(x *domain.Queue) bool { return x.Key == domain.DefaultQueue },
	},
	section[domain.Agent]{
		Kept: agents, name: "agents", most: maxAgents, order: "created",
		in:    func(o *domain.Organisation) *[]domain.Agent { return &o.Agents },
		key:   func(x *domain.Agent) string { return x.Key },
		born:  func(x *domain.Agent) *time.Time { return &x.CreatedAt },
		leave: func(a *domain.Agent) { a.Active = false },
	},
	section[domain.Route]{
		Kept: routes, name: "routes", most: maxThings, order: "order",
		in:   func(o *domain.Organisation) *[]domain.Route { return &o.Routes },
		key:  func(x *domain.Route) string { return x.Key },
		born: func(x *domain.Route) *time.Time { return &x.CreatedAt },
	},
	section[domain.SLAPolicy]{
		Kept: policies, name: "slaPolicies", most: maxThings, order: "order",
		in:   func(o *domain.Organisation) *[]domain.SLAPolicy { return &o.SLAPolicies },
		key:  func(x *domain.SLAPolicy) string { return x.Key },
		born: func(x *domain.SLAPolicy) *time.Time { return &x.CreatedAt },
	},
}

func (s section[T]) count(o *domain.Organisation) int { return len(*s.in(o)) }

// apply makes the section so. Faults are noted, and the next item is looked at: all of them are to be told at once.
func (s section[T]) apply(ctx context.Context, tx domain.Tx, a *application) error {
	items := *s.in(a.wanted)
	if items == nil {
		return nil
	}
	stored, err := s.stored(ctx, tx)
	if err != nil {
		return err
	}
	room := s.most - len(stored)
	seen := map[string]bool{}
	for i := range items {
		at, key := s.name+"."+strconv.Itoa(i), s.key(&items[i])
		switch old := stored[key]; {
		case seen[key]:
			a.fault(at+".key", "unique", "%s is there twice", domain.Clip(key, 100))
		case old != nil:
			err = s.update(ctx, tx, a, at, old, items[i])
		case room == 0:
			return full(s.Noun, s.most)
		default:
			room--
			err = s.create(ctx, tx, a, at, items[i])
		}
		if err != nil {
			return err
		}
		seen[key] = true
		a.step()
	}
	return nil
}

func (s section[T]) stored(ctx context.Context, r domain.Reader) (map[string]*T, error) {
	list, err := s.Find(ctx, r, domain.Query{Index: s.order})
	out := make(map[string]*T, len(list))
	for _, x := range list {
		out[s.key(x)] = x
	}
	return out, err
}

func (s section[T]) create(ctx context.Context, tx domain.Tx, a *application, at string, wanted T) error {
	*s.born(&wanted) = a.now
	made, err := s.CreateIn(ctx, tx, a.now, &wanted)
	if err == nil {
		a.planned(PlanStep{Action: ActionCreate, Kind: s.Kind, Key: s.key(made), Fields: []string{}})
		return nil
	}
	if err := a.noted(at, err); err != nil {
		return err
	}
	if a.broken(at + ".key") {
		return nil
	}
	// It is put there all the same, in a transaction that is not committed, so that what names it has no fault.
	return s.Insert(ctx, tx, &wanted)
}

func (s section[T]) update(ctx context.Context, tx domain.Tx, a *application, at string, old *T, wanted T) error {
	before := s.View(old)
	*s.Head(&wanted), *s.born(&wanted) = *s.Head(old), *s.born(old)
	made, err := s.EditIn(ctx, tx, a.now, s.Head(old).ID, 0, func(x *T) { *x = wanted })
	if err != nil {
		return a.noted(at, err)
	}
	a.planned(changed(PlanStep{Action: ActionUpdate, Kind: s.Kind, Key: s.key(made)}, before, s.View(made)))
	return nil
}

// changed names the fields that a step changes; one that changes none does nothing.
func changed(step PlanStep, before, after map[string]any) PlanStep {
	step.Fields = []string{}
	for field := range domain.Changed(before, after) {
		step.Fields = append(step.Fields, field)
	}
	slices.Sort(step.Fields)
	if len(step.Fields) == 0 {
		step.Action = ActionNone
	}
	return step
}

// prune takes away what the document does not name, if it has the section at all.
func (s section[T]) prune(ctx context.Context, tx domain.Tx, a *application) error {
	items := *s.in(a.wanted)
	if items == nil {
		return nil
	}
	named := map[string]bool{}
	for i := range items {
		named[s.key(&items[i])] = true
	}
	list, err := s.Find(ctx, tx, domain.Query{Index: s.order})
	if err != nil {
		return err
	}
	for _, x := range list {
		if named[s.key(x)] || s.keptOne != nil && s.keptOne(x) {
			continue
		}
		if err := s.drop(ctx, tx, a, x); err != nil {
			return err
		}
	}
	return nil
}

func (s section[T]) drop(ctx context.Context, tx domain.Tx, a *application, x *T) error {
	if s.leave != nil {
		before := s.View(x)
		made, err := s.EditIn(ctx, tx, a.now, s.Head(x).ID, 0, s.leave)
		if err != nil {
			return a.noted(s.name, err)
		}
		if step := changed(PlanStep{Action: ActionUpdate, Kind: s.Kind, Key: s.key(made)}, before, s.View(made)); step.Action != ActionNone {
			a.planned(step)
		}
		return nil
	}
	if err := s.RemoveIn(ctx, tx, a.now, s.Head(x).ID, 0); err != nil {
		var e *domain.Error
		if errors.As(err, &e) && e.Code == domain.Conflict {
			a.fault(s.name, "used", "%s cannot be removed: %s", s.key(x), e.Message)
			return nil
		}
		return err
	}
	a.planned(PlanStep{Action: ActionRemove, Kind: s.Kind, Key: s.key(x), Fields: []string{}})
	return nil
}

func (s section[T]) export(ctx context.Context, r domain.Reader, o *domain.Organisation) error {
	list, err := s.Find(ctx, r, domain.Query{Index: s.order})
	if err != nil {
		return err
	}
	out := make([]T, len(list))
	for i, x := range list {
		out[i] = *x
	}
	*s.in(o) = out
	return nil
}
