package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"sori/domain"
	"sori/domain/org"
)

const office = `
skills: [{key: english, name: 영어}]
teams:
  - {key: refunds, name: 환불팀}
  - {key: vip}
calendars:
  - key: office
    zone: Asia/Seoul
    week: [{day: 1, from: 09:00, to: "12:00"}, {day: 1, from: "13:00", to: "18:00"}]
    holidays: KR
    overrides: [{date: 2026-12-31, name: 종무식, hours: [{from: "09:00", to: "12:00"}]}]
queues:
  - {key: refunds, name: 환불, strategy: last_agent, teams: [refunds], calendar: office, offerSeconds: 30}
agents:
  - {key: kim, name: 김하나, email: kim@shop.test, teams: [refunds, vip], skills: [{skill: english, level: 7}], languages: [ko, en]}
  - {key: lee, role: supervisor}
routes:
  - key: vip
    order: 10
    conditions: {tiers: [vip], channels: [email, phone]}
    steps:
      - {queue: refunds, team: vip, priority: 90, timeoutSeconds: 60}
      - {queue: refunds, skills: [{skill: english, level: 5, relaxSeconds: 30}]}
slaPolicies:
  - key: vip
    conditions: {tiers: [vip]}
    calendar: office
    targets: [{clock: first_response, seconds: 3600, warnSeconds: 600}]
    escalations: [{at: breach, raise: true, notify: [kim]}]
`

// TestOrganisationFromADocument: applied once it is there, applied again nothing happens, and what is exported is the same again.
func TestOrganisationFromADocument(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		dry, err := s.org.Apply(s.ctx, []byte(office), org.ApplyOptions{DryRun: true})
		s.must(err)
		if dry.Created != 9 || dry.Applied {
			s.Errorf("dry run: %+v", dry)
		}
		d, err := s.directory.Get(s.ctx)
		s.must(err)
		if len(d.Agents) != 0 {
			s.Error("a dry run made agents")
		}
		var told []int
		done, err := s.org.Apply(s.ctx, []byte(office), org.ApplyOptions{Progress: func(n, _ int) { told = append(told, n) }})
		s.must(err)
		if done.Created != 9 || !done.Applied || len(told) != 9 || told[8] != 9 {
			s.Errorf("%+v, progress %v", done, told)
		}
		again, err := s.org.Apply(s.ctx, []byte(office), org.ApplyOptions{})
		s.must(err)
		if again.Unchanged != 9 || again.Created+again.Updated+again.Removed != 0 || !again.Applied {
			s.Errorf("again: %+v", again)
		}
		d, err = s.directory.Get(s.ctx)
		s.must(err)
		kim, q := d.Agent("kim"), d.Queue("refunds")
		if kim == nil || q == nil || !d.Serves(kim, q) || d.Serves(d.Agent("lee"), q) || kim.SkillLevel("english") != 7 || len(d.Members("vip")) != 1 ||
			kim.Capacity != domain.FullCapacity || d.Queue(domain.DefaultQueue).Mode != domain.QueuePush || d.Routes[0].Steps[1].Skills[0].RelaxSeconds != 30 {
			s.Errorf("%+v %+v", kim, q)
		}
		exported, err := s.org.Export(s.ctx)
		s.must(err)
		same, err := s.org.Apply(s.ctx, exported, org.ApplyOptions{Prune: true})
		s.must(err)
		if same.Created+same.Updated+same.Removed != 0 || same.Unchanged != 9+7 { // six accounts and the queue that a new store has
			s.Errorf("what was exported changes something: %+v\n%s", same, exported)
		}
	})
}

// TestOrganisationIsPruned: only when asked, only in the sections that there are, and what inquiries name is made inactive.
func TestOrganisationIsPruned(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		_, err := s.org.Apply(s.ctx, []byte(office), org.ApplyOptions{})
		s.must(err)
		less := `{agents: [{key: lee, role: supervisor, name: 이둘}], routes: [], slaPolicies: [], queues: []}`
		kept, err := s.org.Apply(s.ctx, []byte(less), org.ApplyOptions{})
		s.must(err)
		if kept.Updated != 1 || kept.Removed != 0 || kept.Steps[0].Fields[0] != "name" {
			s.Errorf("not pruned: %+v", kept)
		}
		plan, err := s.org.Apply(s.ctx, []byte(less), org.ApplyOptions{Prune: true})
		s.must(err)
		var did []string
		for _, x := range plan.Steps {
			if x.Action != org.ActionNone {
				did = append(did, fmt.Sprint(x.Action, " ", x.Kind, " ", x.Key, x.Fields))
			}
		}
		if got := strings.Join(did, "; "); got != "remove slaPolicy vip[]; remove route vip[]; update agent kim[active]; remove queue refunds[]" {
			s.Error(got)
		}
		_, err = s.org.Apply(s.ctx, []byte(`teams: []`), org.ApplyOptions{Prune: true})
		if f := faultsOf(err); f["teams"] != "used" { // kim, who has left, is still of them
			s.Errorf("%v: %v", err, f)
		}
		d, err := s.directory.Get(s.ctx)
		s.must(err)
		if len(d.Teams) != 2 || d.Agent("kim").Active || d.Queue(domain.DefaultQueue) == nil {
			s.Error("more than that was done")
		}
	})
}

func faultsOf(err error) map[string]string {
	out := map[string]string{}
	var e *domain.Error
	if errors.As(err, &e) {
		for _, f := range e.AllFaults() {
			out[f.Field] = f.Rule
		}
	}
	return out
}

// TestFaultsOfADocumentAreToldAtOnce, each with its line, and nothing is done.
func TestFaultsOfADocumentAreToldAtOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		_, err := s.org.Apply(s.ctx, []byte(`teams:
  - {key: ok}
  - {key: ok}
calendars:
  - key: bad
    zone: Mars/Base
    week: [{day: 1, from: "09:00", to: "12:00"}, {day: 1, from: "11:00", to: "13:00"}, {day: 7, from: "9", to: "25:00"}]
queues:
  - {key: q, mode: shove, teams: [ok, nobody], calendar: bad}
agents:
  - {key: kim, capacity: -1}
routes:
  - {key: r, steps: [{queue: q, agent: kim}, {queue: gone}]}
slaPolicies:
  - {key: p, targets: [{clock: resolution, seconds: 5, warnSeconds: 5}, {clock: resolution, seconds: 5}], escalations: [{at: breach}]}
`), org.ApplyOptions{})
		want := map[string]string{
			"teams.1.key": "unique", "calendars.0.zone": "zone", "calendars.0.week.1": "overlap", "calendars.0.week.2.day": "range", "calendars.0.week.2.from": "format",
			"calendars.0.week.2.to": "format", "queues.0.mode": "enum", "queues.0.teams.1": "known", "agents.0.capacity": "range", "routes.0.steps.1.queue": "known",
			"slaPolicies.0.targets.0.warnSeconds": "range", "slaPolicies.0.targets.1.clock": "unique", "slaPolicies.0.escalations.0": "required",
		}
		got := faultsOf(err)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			s.Errorf("got  %v\nwant %v", got, want)
		}
		var e *domain.Error
		if !errors.As(err, &e) || !strings.HasSuffix(e.Faults[0].Message, "(line 3)") {
			s.Errorf("%v", err)
		}
		d, err := s.directory.Get(s.ctx)
		s.must(err)
		if len(d.Teams)+len(d.Calendars)+len(d.Agents) != 0 || len(d.Queues) != 1 {
			s.Error("something was done")
		}
	})
}

// TestWhatIsNamedStays: removing it is a conflict that says who names it.
func TestWhatIsNamedStays(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		_, err := s.org.Apply(s.ctx, []byte(office), org.ApplyOptions{})
		s.must(err)
		d, err := s.directory.Get(s.ctx)
		s.must(err)
		for what, x := range map[string]struct {
			remove error
			who    string
		}{
			"team":          {s.org.DeleteTeam(s.ctx, d.Team("refunds").ID), "agent kim and 1 more"},
			"skill":         {s.org.DeleteSkill(s.ctx, d.Skill("english").ID), "agent kim and 1 more"},
			"queue":         {s.org.DeleteQueue(s.ctx, d.Queue("refunds").ID), "route vip"},
			"default queue": {s.org.DeleteQueue(s.ctx, d.Queue(domain.DefaultQueue).ID), "takes what no route takes"},
			"calendar":      {s.org.DeleteCalendar(s.ctx, d.Calendar("office").ID), "queue refunds and 1 more"},
		} {
			if !domain.IsCode(x.remove, domain.Conflict) || !strings.Contains(x.remove.Error(), x.who) {
				s.Errorf("%s: %v", what, x.remove)
			}
		}
		s.must(s.org.DeleteSLAPolicy(s.ctx, d.Policies[0].ID))
		s.must(s.org.DeleteRoute(s.ctx, d.Routes[0].ID))
		got := s.memo(domain.Party{Email: "a@x.test"}, "환불")
		_, err = s.desk.Assign(s.ctx, got.InquiryID, 0, "", "", "refunds")
		s.must(err)
		if err := s.org.DeleteQueue(s.ctx, d.Queue("refunds").ID); !domain.IsCode(err, domain.Conflict) || !strings.Contains(err.Error(), "inquiry") {
			s.Errorf("with an inquiry in it: %v", err)
		}
	})
}

// TestShiftsDoNotOverlap, however many write at once, and are found by any part of their time.
func TestShiftsDoNotOverlap(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		_, err := s.org.CreateAgent(s.ctx, org.AgentDraft{Key: "kim"})
		s.must(err)
		nine := domain.Instant(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
		errs := make([]error, 8)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = s.org.CreateShift(s.ctx, org.ShiftDraft{Agent: "kim", From: nine.Add(time.Duration(i) * time.Minute), To: nine.Add(9 * time.Hour)})
			})
		}
		wg.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
			} else if !domain.IsCode(err, domain.Conflict) {
				s.Errorf("%v", err)
			}
		}
		if made != 1 {
			s.Errorf("%d of 8 shifts at one time were made", made)
		}
		next, err := s.org.CreateShift(s.ctx, org.ShiftDraft{Agent: "kim", From: nine.Add(9 * time.Hour), To: nine.Add(18 * time.Hour)})
		s.must(err)
		found := func(f org.ShiftFilter) int {
			page, err := s.org.ListShifts(s.ctx, f, domain.PageRequest{})
			s.must(err)
			return len(page.Items)
		}
		for want, f := range map[int]org.ShiftFilter{
			2: {Agent: "kim", From: nine.Add(8 * time.Hour), To: nine.Add(10 * time.Hour)},
			1: {From: nine.Add(17 * time.Hour)},
			0: {From: nine.Add(18 * time.Hour)},
		} {
			if got := found(f); got != want {
				s.Errorf("%+v finds %d, wanted %d", f, got, want)
			}
		}
		_, err = s.org.EditShift(s.ctx, next.ID, next.Version, org.ShiftPatch{From: ptr(nine.Add(8 * time.Hour))})
		if !domain.IsCode(err, domain.Conflict) {
			s.Errorf("moved over another: %v", err)
		}
	})
}

// TestAgentsOfOneTeam are found by an index, those who have left apart.
func TestAgentsOfOneTeam(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		_, err := s.org.CreateTeam(s.ctx, org.TeamDraft{Key: "a"})
		s.must(err)
		for i := range 5 {
			d := org.AgentDraft{Key: fmt.Sprint("agent", i)}
			if i%2 == 0 {
				d.Teams = []string{"a"}
			}
			made, err := s.org.CreateAgent(s.ctx, d)
			s.must(err)
			if i > 2 {
				_, err = s.org.EditAgent(s.ctx, made.ID, made.Version, org.AgentPatch{Active: ptr(false)})
				s.must(err)
			}
		}
		for want, f := range map[string]org.AgentFilter{
			"agent0 agent2 agent4":               {Team: "a"},
			"agent0 agent2":                      {Team: "a", Active: ptr(true)},
			"agent4":                             {Team: "a", Active: ptr(false)},
			"agent3 agent4":                      {Active: ptr(false)},
			"agent0 agent1 agent2":               {Active: ptr(true)},
			"agent0 agent1 agent2 agent3 agent4": {},
		} {
			var got []string
			req := domain.PageRequest{Limit: 2}
			for {
				page, err := s.org.ListAgents(s.ctx, f, req)
				s.must(err)
				for _, a := range page.Items {
					got = append(got, a.Key)
				}
				if req.Cursor = page.NextCursor; req.Cursor == "" {
					break
				}
			}
			if strings.Join(got, " ") != want {
				s.Errorf("%+v: %v, wanted %s", f, got, want)
			}
		}
	})
}

// TestNobodyGivesWhatTheyLack: a supervisor makes no admin, changes none and dismisses none, by hand or by a document.
func TestNobodyGivesWhatTheyLack(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		boss, err := s.org.CreateAgent(s.ctx, org.AgentDraft{Key: "boss", Role: domain.RoleAdmin})
		s.must(err)
		lee := domain.WithActor(s.Context(), domain.Actor{Kind: "token", ID: "lee", Role: domain.RoleSupervisor, Scopes: domain.ScopesOf(domain.RoleSupervisor, "")})
		_, made := s.org.CreateAgent(lee, org.AgentDraft{Key: "me", Role: domain.RoleAdmin})
		_, sealed := s.org.CreateAgent(lee, org.AgentDraft{Key: "me", Scopes: []domain.Scope{domain.ScopePIIRead}})
		_, dismissed := s.org.EditAgent(lee, boss.ID, 0, org.AgentPatch{Active: ptr(false)})
		_, lowered := s.org.EditAgent(lee, boss.ID, 0, org.AgentPatch{Role: ptr(domain.RoleAgent)})
		_, applied := s.org.Apply(lee, []byte(`agents: [{key: me, role: admin}]`), org.ApplyOptions{})
		_, pruned := s.org.Apply(lee, []byte(`agents: []`), org.ApplyOptions{Prune: true})
		for what, err := range map[string]error{"made": made, "sealed": sealed, "dismissed": dismissed, "lowered": lowered, "applied": applied, "pruned": pruned} {
			if !domain.IsCode(err, domain.Forbidden) {
				s.Errorf("%s: %v", what, err)
			}
		}
		_, err = s.org.Apply(lee, []byte(`agents: [{key: boss, role: admin}, {key: kim}]`), org.ApplyOptions{}) // the one is so already, the other an agent
		s.must(err)
	})
}

// TestTwoNodesSeedOnce.
func TestTwoNodesSeedOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := s.org.Seed(s.ctx); err != nil {
					s.Error(err)
				}
			})
		}
		wg.Wait()
		page, err := s.org.ListQueues(s.ctx, domain.PageRequest{})
		s.must(err)
		if len(page.Items) != 1 || page.Items[0].Key != domain.DefaultQueue {
			s.Errorf("%+v", page.Items)
		}
	})
}

// TestAgentsComeInByTheirTokens: with the role of the agent where the token names none, and not at all once they have left; at both doors.
func TestAgentsComeInByTheirTokens(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		v, err := s.verifier()
		s.must(err)
		kim, err := s.org.CreateAgent(s.ctx, org.AgentDraft{Key: "kim", Role: domain.RoleSupervisor, Scopes: []domain.Scope{domain.ScopeInquiryRead, domain.ScopeOrgRead}})
		s.must(err)
		bare := func(subject, scope string) string { return signedClaims(s.T, s.clock(), subject, "", scope) }
		for name, x := range map[string]struct {
			token  string
			role   domain.Role
			scopes int
		}{
			"the agent's own":            {bare("kim", ""), domain.RoleSupervisor, 2},
			"fewer of them":              {bare("kim", "inquiry:read event:read"), domain.RoleSupervisor, 1},
			"a role of the token's":      {signedClaims(s.T, s.clock(), "kim", "agent", ""), domain.RoleAgent, len(domain.ScopesOf(domain.RoleAgent, ""))},
			"somebody who is no agent":   {signedClaims(s.T, s.clock(), "crm", "integration", ""), domain.RoleIntegration, len(domain.ScopesOf(domain.RoleIntegration, ""))},
			"nobody":                     {bare("stranger", ""), "", 0},
			"a role that nobody has":     {signedClaims(s.T, s.clock(), "kim", "king", ""), "", 0},
			"scopes without being agent": {bare("stranger", "inquiry:read"), "", 0},
		} {
			a, err := v.Verify(s.ctx, x.token)
			if x.role == "" {
				if !domain.IsCode(err, domain.Unauthenticated) {
					s.Errorf("%s: %+v, %v", name, a, err)
				}
				continue
			}
			if err != nil || a.Role != x.role || len(a.Scopes) != x.scopes {
				s.Errorf("%s: %+v, %v", name, a, err)
			}
		}
		c := serving(s)
		c.token = bare("kim", "")
		me := c.ask("GET", "/v1/me", "", nil, 200)
		if me["role"] != "supervisor" || me["agent"].(map[string]any)["key"] != "kim" {
			s.Errorf("me: %v", me)
		}
		if got := fmt.Sprint(c.graphql(`{me{role scopes agent{key role}}}`, nil)); got != "map[me:map[agent:map[key:kim role:supervisor] role:supervisor scopes:[inquiry:read org:read]]]" {
			s.Error(got)
		}
		_, err = s.org.EditAgent(s.ctx, kim.ID, kim.Version, org.AgentPatch{Active: ptr(false)})
		s.must(err)
		for _, x := range [][3]string{{"GET", "/v1/me", ""}, {"POST", "/graphql", `{"query":"{me{id}}"}`}} {
			if status, _, body := c.do(x[0], x[1], "application/json", []byte(x[2])); status != 401 {
				s.Errorf("%s, of one who has left: %d %s", x[1], status, body)
			}
		}
		if _, err := v.Verify(s.ctx, signedClaims(s.T, s.clock(), "kim", "admin", "")); !domain.IsCode(err, domain.Unauthenticated) {
			s.Errorf("an admin's token of one who has left: %v", err)
		}
	})
}

// countingReads counts the reads of a store.
type countingReads struct {
	domain.Store
	n atomic.Int64
}

func (c *countingReads) Load(ctx context.Context, spec *domain.Spec, id string, doc domain.Document) error {
	c.n.Add(1)
	return c.Store.Load(ctx, spec, id, doc)
}

func (c *countingReads) Select(ctx context.Context, spec *domain.Spec, q domain.Query, yield func(domain.Document, domain.Position) (bool, error)) error {
	c.n.Add(1)
	return c.Store.Select(ctx, spec, q, yield)
}

func (c *countingReads) Merge(ctx context.Context, spec *domain.Spec, queries []domain.Query, likely int, yield func(domain.Document, domain.Position) (bool, error)) error {
	c.n.Add(1)
	return c.Store.Merge(ctx, spec, queries, likely, yield)
}

// TestTokensCostNoReads but for one small document twice a second, and what another node changed is seen then.
func TestTokensCostNoReads(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim, err := s.org.CreateAgent(s.ctx, org.AgentDraft{Key: "kim"})
		s.must(err)
		store := &countingReads{Store: s.store}
		other := org.New(org.Deps{Store: store, Clock: s.clock})
		admit := func() error {
			_, err := other.Admit(s.ctx, domain.Actor{Kind: "token", ID: "kim"}, "")
			return err
		}
		s.must(admit())
		before := store.n.Load()
		for range 1000 {
			s.must(admit())
		}
		if n := store.n.Load() - before; n != 0 {
			s.Errorf("1000 tokens cost %d reads", n)
		}
		s.later(time.Second)
		s.must(admit())
		if n := store.n.Load() - before; n != 1 {
			s.Errorf("a second later, %d reads", n)
		}
		_, err = s.org.EditAgent(s.ctx, kim.ID, 0, org.AgentPatch{Active: ptr(false)})
		s.must(err)
		s.later(time.Second)
		s.wants(admit(), domain.Unauthenticated)
	})
}

// signedClaims makes a token as a single sign-on with our secret would: without a role where there is none.
func signedClaims(t *testing.T, now time.Time, subject, role, scope string) string {
	t.Helper()
	c := jwt.MapClaims{"sub": subject, "exp": now.Add(time.Hour).Unix()}
	for name, value := range map[string]string{"role": role, "scope": scope} {
		if value != "" {
			c[name] = value
		}
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString([]byte(testSecrets.JWTSecret))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func ptr[T any](v T) *T { return &v }
