package domain

import (
	"context"
	"slices"
	"strings"
)

// Role is what a token's bearer is; it decides the scopes.
type Role string

// The roles.
const (
	RoleAdmin       Role = "admin"
	RoleSupervisor  Role = "supervisor"
	RoleAgent       Role = "agent"
	RoleIntegration Role = "integration" // machines: phone centres, mass-mail tools, web boards
	RoleVisitor     Role = "visitor"     // a customer in one session
)

// Scope permits one kind of operation.
type Scope string

// The scopes. Each operation of each door needs one.
const (
	ScopeIntake        Scope = "intake:write"
	ScopeInquiryRead   Scope = "inquiry:read"
	ScopeInquiryWrite  Scope = "inquiry:write"
	ScopeCustomerRead  Scope = "customer:read"
	ScopeCustomerWrite Scope = "customer:write"
	ScopeCustomerErase Scope = "customer:erase"
	ScopePIIRead       Scope = "pii:read"
	ScopeSearch        Scope = "search:read"
	ScopeEvents        Scope = "event:read"
	ScopeOrgRead       Scope = "org:read"
	ScopeOrgWrite      Scope = "org:write"
	ScopeTriageRead    Scope = "triage:read"
	ScopeTriageWrite   Scope = "triage:write"
	ScopeAPIKeys       Scope = "apikey:admin"
	ScopeAudit         Scope = "audit:read"
	ScopeWebhooks      Scope = "webhook:admin"
)

// AllScopes lists every scope.
var AllScopes = []Scope{
	ScopeIntake, ScopeInquiryRead, ScopeInquiryWrite, ScopeCustomerRead, ScopeCustomerWrite, ScopeCustomerErase, ScopePIIRead,
	ScopeSearch, ScopeEvents, ScopeOrgRead, ScopeOrgWrite, ScopeTriageRead, ScopeTriageWrite, ScopeAPIKeys, ScopeAudit, ScopeWebhooks,
}

// roleScopes are what a role has without asking; roleMay what its tokens may ask for besides.
var (
	roleScopes = map[Role][]Scope{
		RoleAdmin:      AllScopes,
		RoleSupervisor: {ScopeIntake, ScopeInquiryRead, ScopeInquiryWrite, ScopeCustomerRead, ScopeCustomerWrite, ScopeSearch, ScopeEvents, ScopeOrgRead, ScopeOrgWrite, ScopeTriageRead, ScopeTriageWrite, ScopeAudit},
		RoleAgent:      {ScopeIntake, ScopeInquiryRead, ScopeInquiryWrite, ScopeCustomerRead, ScopeCustomerWrite, ScopeSearch, ScopeEvents, ScopeOrgRead, ScopeTriageRead},
		RoleIntegration: {
			ScopeIntake, ScopeInquiryRead, ScopeCustomerRead, ScopeSearch, ScopeEvents, ScopeOrgRead, ScopeTriageRead,
		},
		RoleVisitor: {},
	}
	roleMay = map[Role][]Scope{
		RoleSupervisor:  {ScopePIIRead, ScopeCustomerErase, ScopeWebhooks},
		RoleAgent:       {ScopePIIRead},
		RoleIntegration: {ScopeInquiryWrite, ScopeCustomerWrite, ScopeTriageWrite, ScopeWebhooks},
	}
)

// KnownRole reports whether this is a role.
func KnownRole(r Role) bool { _, ok := roleScopes[r]; return ok }

// ScopesOf gives the scopes of a role's token. Without a claim they are the role's own; a claim (space-separated)
// chooses among those the role may have, and what it may not have is left out.
func ScopesOf(r Role, claim string) []Scope {
	if strings.TrimSpace(claim) == "" {
		return roleScopes[r]
	}
	var out []Scope
	for _, s := range strings.Fields(claim) {
		scope := Scope(s)
		if slices.Contains(roleScopes[r], scope) || slices.Contains(roleMay[r], scope) {
			out = append(out, scope)
		}
	}
	return out
}

// Actor is on whose behalf a use case runs.
type Actor struct {
	Kind   string  `json:"kind"` // token, apikey, system
	ID     string  `json:"id"`   // the token's subject, the key's id, the worker's name
	Role   Role    `json:"role"`
	Scopes []Scope `json:"scopes"`
}

// Ref names the actor in events.
func (a Actor) Ref() Ref { return Ref{Kind: a.Kind, ID: a.ID} }

// Has reports whether the actor has a scope.
func (a Actor) Has(s Scope) bool { return slices.Contains(a.Scopes, s) }

// System is the actor of the program's own work.
func System(name string) Actor {
	return Actor{Kind: "system", ID: name, Role: RoleAdmin, Scopes: AllScopes}
}

type actorKey struct{}

// WithActor names on whose behalf ctx runs.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom gives the actor of ctx; the zero Actor, who may do nothing, if there is none.
func ActorFrom(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

// Require gives the actor of ctx if it has the scope: Unauthenticated if there is no actor, Forbidden (Field = scope) if it lacks it.
func Require(ctx context.Context, s Scope) (Actor, error) {
	a, ok := ctx.Value(actorKey{}).(Actor)
	if !ok {
		return Actor{}, Errorf(Unauthenticated, "a token is needed")
	}
	if !a.Has(s) {
		return a, &Error{Code: Forbidden, Message: "the token lacks the scope " + string(s), Field: "scope", Rule: string(s)}
	}
	return a, nil
}
