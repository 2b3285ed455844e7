package org

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sori/domain"
)

// PlanAction is what is done to one thing.
type PlanAction string

// The actions.
const (
	ActionCreate PlanAction = "create"
	ActionUpdate PlanAction = "update"
	ActionRemove PlanAction = "remove"
	ActionNone   PlanAction = "none"
)

// PlanActions lists every action.
var PlanActions = []PlanAction{ActionCreate, ActionUpdate, ActionRemove, ActionNone}

// PlanStep is what becomes of one thing.
type PlanStep struct {
	Action PlanAction
	Kind   string   // of the noun: agent, slaPolicy
	Key    string   // of the thing; an account's has its channel before it: email/default
	Fields []string // that change, in an update
}

// Plan is what a document changes. Each list of steps is in the order in which they are done.
type Plan struct {
	Steps     []PlanStep
	Created   int
	Updated   int
	Removed   int
	Unchanged int
	Applied   bool // it was done, or there was nothing to do
}

// ApplyOptions say how a document is applied.
type ApplyOptions struct {
	DryRun bool
	// Prune takes away what the document does not name, of the sections that it has: agents and accounts are made inactive, for inquiries name them, and what is named
	// "default" stays.
	Prune bool
	// Progress is told after each thing, at most once for each number; nil is nobody.
	Progress func(done, total int)
}

// Apply makes the organisation what a document says, in one transaction: all of it, or nothing. What is so already is left alone, so a second time does nothing. Invalid names
// every fault, with its line; Malformed if it is no document; Forbidden if an agent would have, or has, scopes that the actor lacks. A dry run goes the same way, and
// is not committed.
func (s *Service) Apply(ctx context.Context, document []byte, o ApplyOptions) (*Plan, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgWrite); err != nil {
		return nil, err
	}
	wanted, lines, err := s.Format.Read(document)
	if err != nil {
		return nil, err
	}
	a := &application{wanted: wanted, lines: lines, now: s.Clock(), options: o}
	for _, p := range sections {
		a.total += p.count(wanted)
	}
	err = domain.WriteEdition(ctx, s.Store, domain.EditionOrg, func(tx domain.Tx) error { return a.run(ctx, tx) })
	s.Directory.Expire()
	if err != nil && !errors.Is(err, errNotCommitted) {
		return nil, err
	}
	a.plan.Applied = err == nil || !o.DryRun
	return &a.plan, nil
}

// maxPlanFaults bounds how many faults one answer names.
const maxPlanFaults = 200

// errNotCommitted rolls back what a dry run did, and what did nothing.
var errNotCommitted = errors.New("not to be committed")

// application is one run of Apply.
type application struct {
	wanted  *domain.Organisation
	lines   map[string]int
	now     time.Time
	options ApplyOptions
	total   int
	told    int // the highest number that Progress was told

	plan   Plan
	done   int
	faults domain.Faults
}

// run does all of it in a transaction. It may run again.
func (a *application) run(ctx context.Context, tx domain.Tx) error {
	a.plan, a.done, a.faults = Plan{Steps: []PlanStep{}}, 0, nil
	for _, p := range sections {
		if err := p.apply(ctx, tx, a); err != nil {
			return err
		}
	}
	if a.options.Prune && len(a.faults) == 0 {
		for _, p := range slices.Backward(sections) { // who names before what is named
			if err := p.prune(ctx, tx, a); err != nil {
				return err
			}
		}
	}
	if err := a.faults.Err(); err != nil {
		return err
	}
	if a.options.DryRun || a.plan.Created+a.plan.Updated+a.plan.Removed == 0 {
		return errNotCommitted
	}
	return nil
}

func (a *application) planned(step PlanStep) {
	a.plan.Steps = append(a.plan.Steps, step)
	switch step.Action {
	case ActionCreate:
		a.plan.Created++
	case ActionUpdate:
		a.plan.Updated++
	case ActionRemove:
		a.plan.Removed++
	case ActionNone:
		a.plan.Unchanged++
	}
}

// step counts one thing of the document.
func (a *application) step() {
	a.done++
	if a.options.Progress != nil && a.done > a.told {
		a.told = a.done
		a.options.Progress(a.done, a.total)
	}
}

// fault notes what is wrong at a path of the document.
func (a *application) fault(path, rule, format string, args ...any) {
	if len(a.faults) >= maxPlanFaults {
		return
	}
	message := fmt.Sprintf(format, args...)
	if line := a.line(path); line > 0 {
		message = fmt.Sprintf("%s (line %d)", message, line)
	}
	a.faults.Add(path, rule, "%s", message)
}

// line gives the line of a path, or of the nearest thing that holds it; 0 if that is not known.
func (a *application) line(path string) int {
	for path != "" {
		if line := a.lines[path]; line > 0 {
			return line
		}
		path = path[:max(0, strings.LastIndexByte(path, '.'))]
	}
	return 0
}

// noted notes the faults of what was refused at a path. It gives back an error that is none of the document's faults.
func (a *application) noted(path string, err error) error {
	var e *domain.Error
	if !errors.As(err, &e) || e.Code != domain.Invalid {
		return err
	}
	for _, f := range e.AllFaults() {
		a.fault(strings.TrimSuffix(path+"."+f.Field, "."), f.Rule, "%s", f.Message)
	}
	return nil
}

// broken reports whether there is a fault at a path.
func (a *application) broken(path string) bool {
	return slices.ContainsFunc(a.faults, func(f domain.Fault) bool { return f.Field == path })
}

// Export gives the document of the whole organisation, which Apply takes.
func (s *Service) Export(ctx context.Context) ([]byte, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return nil, err
	}
	var o domain.Organisation
	for _, p := range sections {
		if err := p.export(ctx, s.Store, &o); err != nil {
			return nil, err
		}
	}
	return s.Format.Write(&o)
}
