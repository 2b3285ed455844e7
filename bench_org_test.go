package main

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"sori/adapters/sqlitestore"
	"sori/domain"
	"sori/domain/org"
)

// largeOrganisation is a desk of so many agents in twenty teams.
func largeOrganisation(agents int) []byte {
	var b strings.Builder
	b.WriteString("teams:\n")
	for i := range 20 {
		fmt.Fprintf(&b, "  - {key: t%d}\n", i)
	}
	b.WriteString("skills: [{key: english}]\nagents:\n")
	for i := range agents {
		fmt.Fprintf(&b, "  - {key: a%d, name: 김%d, teams: [t%d], skills: [{skill: english, level: %d}]}\n", i, i, i%20, 1+i%10)
	}
	return []byte(b.String())
}

func benchProgram(b *testing.B) *program {
	b.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := sqlitestore.Open(b.Context(), sqlitestore.Options{Dir: b.TempDir(), Specs: domain.Declared(), Logger: log})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() })
	p, err := wire(testSecrets, store, domain.SystemClock, log)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// BenchmarkApplyOrganisation applies a document of 2000 agents that are there already, which reads and checks all of it.
func BenchmarkApplyOrganisation(b *testing.B) {
	p, document := benchProgram(b), largeOrganisation(2000)
	ctx := domain.WithActor(b.Context(), domain.System("bench"))
	if _, err := p.org.Apply(ctx, document, org.ApplyOptions{}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.org.Apply(ctx, document, org.ApplyOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNewOrganisation applies it to an empty store.
func BenchmarkNewOrganisation(b *testing.B) {
	document := largeOrganisation(2000)
	for b.Loop() {
		b.StopTimer()
		p := benchProgram(b)
		ctx := domain.WithActor(b.Context(), domain.System("bench"))
		b.StartTimer()
		if _, err := p.org.Apply(ctx, document, org.ApplyOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAdmit lets an agent of 2000 in.
func BenchmarkAdmit(b *testing.B) {
	p := benchProgram(b)
	ctx := domain.WithActor(b.Context(), domain.System("bench"))
	if _, err := p.org.Apply(ctx, largeOrganisation(2000), org.ApplyOptions{}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.org.Admit(ctx, domain.Actor{Kind: "token", ID: "a7"}, ""); err != nil {
			b.Fatal(err)
		}
	}
}
