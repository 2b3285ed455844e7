package domain

import (
	"testing"
	"time"
)

func TestStatusMachine(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		from, to Status
		code     Code
	}{
		{StatusNew, StatusOpen, ""}, {StatusNew, StatusResolved, ""}, {StatusOpen, StatusWaiting, ""}, {StatusResolved, StatusOpen, ""},
		{StatusResolved, StatusClosed, ""}, {StatusClosed, StatusClosed, ""},
		{StatusResolved, StatusWaiting, Conflict}, {StatusClosed, StatusOpen, Conflict}, {StatusOpen, StatusNew, Conflict}, {StatusOpen, "lost", Invalid},
	} {
		q := &Inquiry{Status: c.from, StatusCategory: c.from.Category()}
		err := q.MoveTo(c.to, now)
		if c.code == "" {
			if err != nil || q.Status != c.to || q.StatusCategory != c.to.Category() {
				t.Errorf("%s → %s: %v, now %s (%s)", c.from, c.to, err, q.Status, q.StatusCategory)
			}
			if resolved := q.ResolvedAt != nil; c.from != c.to && resolved != (q.StatusCategory == CategoryResolved) {
				t.Errorf("%s → %s: resolvedAt %v", c.from, c.to, q.ResolvedAt)
			}
			continue
		}
		if !IsCode(err, c.code) || q.Status != c.from {
			t.Errorf("%s → %s: %v, now %s; want %s", c.from, c.to, err, q.Status, c.code)
		}
	}
	for _, s := range Statuses {
		if s.Category() == "" {
			t.Errorf("the status %s has no category", s)
		}
	}
}

func TestRepliesAreTakenForAWhile(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	resolved := func(ago time.Duration) *time.Time { at := now.Add(-ago); return &at }
	for name, c := range map[string]struct {
		q    Inquiry
		want bool
	}{
		"open":          {Inquiry{Status: StatusOpen}, true},
		"just resolved": {Inquiry{Status: StatusResolved, ResolvedAt: resolved(time.Hour)}, true},
		"at the end":    {Inquiry{Status: StatusResolved, ResolvedAt: resolved(ReopenWindow)}, true},
		"too late":      {Inquiry{Status: StatusResolved, ResolvedAt: resolved(ReopenWindow + time.Millisecond)}, false},
		"closed":        {Inquiry{Status: StatusClosed, ResolvedAt: resolved(time.Hour)}, false},
	} {
		if got := c.q.TakesReplies(now); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestReplyTokensLeadBack(t *testing.T) {
	t.Parallel()
	q := &Inquiry{Doc: Doc{ID: NewID(prefixInquiry)}}
	if got := InquiryOfToken(q.ReplyToken()); got != q.ID {
		t.Errorf("the token leads to %q, want %q", got, q.ID)
	}
	if got := InquiryOfToken("nonsense"); got != "" {
		t.Errorf("nonsense leads to %q", got)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		role  Role
		claim string
		scope Scope
		want  bool
	}{
		{RoleAdmin, "", ScopePIIRead, true}, {RoleAgent, "", ScopePIIRead, false}, {RoleAgent, "pii:read", ScopePIIRead, true},
		{RoleAgent, "pii:read", ScopeInquiryRead, false}, {RoleAgent, "apikey:admin", ScopeAPIKeys, false}, {RoleVisitor, "inquiry:read", ScopeInquiryRead, false},
		{RoleIntegration, "", ScopeIntake, true}, {RoleIntegration, "nonsense", ScopeIntake, false},
	} {
		a := Actor{Scopes: ScopesOf(c.role, c.claim)}
		if got := a.Has(c.scope); got != c.want {
			t.Errorf("%s with %q has %s: %v", c.role, c.claim, c.scope, got)
		}
	}
}
