package orgfile_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"sori/adapters/orgfile"
	"sori/domain"
)

// TestReadGivesWhatWasWritten, whatever its texts look like to YAML.
func TestReadGivesWhatWasWritten(t *testing.T) {
	t.Parallel()
	want := &domain.Organisation{
		Accounts: []domain.Account{{Key: "shop", Channel: domain.ChannelEmail, Name: "yes", Signature: "두 줄\n이다: #1\n", Active: true}},
		Skills:   []domain.Skill{},
		Teams:    []domain.Team{{Key: "0123", Name: "1e3", Active: true}, {Key: "null", Name: "- a", Active: false}},
		Calendars: []domain.Calendar{{
			Key: "office", Name: "office", Zone: "Asia/Seoul", Week: []domain.CalendarHours{{Day: 0, From: "09:00", To: "24:00"}},
			Overrides: []domain.CalendarOverride{{Date: "2026-12-31", Hours: []domain.CalendarSpan{{From: "09:00", To: "12:00"}}}, {Date: "2026-12-30"}},
		}},
		Agents: []domain.Agent{{Key: "auth0|1", Name: "김", Role: domain.RoleAgent, Capacity: 100, Active: true, Skills: []domain.AgentSkill{{Skill: "true", Level: 7}}}},
		Routes: []domain.Route{{Key: "r", Name: "r", Active: true, Conditions: domain.RouteConditions{Channels: []domain.Channel{"email"}, WaitedSeconds: 60}, Steps: []domain.RouteStep{{Queue: "q", Best: true}}}},
	}
	document, err := orgfile.Format{}.Write(want)
	if err != nil {
		t.Fatal(err)
	}
	got, lines, err := orgfile.Format{}.Read(document)
	if err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwanted %+v\n%s", got, want, document)
	}
	if at := strings.Split(string(document), "\n")[lines["teams.1"]-1]; !strings.Contains(at, "null") {
		t.Errorf("line %d is %q", lines["teams.1"], at)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		document string
		code     domain.Code
		field    string
		rule     string
	}{
		"nothing":               {"", domain.Malformed, "", ""},
		"no YAML":               {"a: [", domain.Malformed, "", ""},
		"a text":                {"hello", domain.Invalid, "", "type"},
		"an unknown section":    {"people: []", domain.Invalid, "people", "unknown"},
		"an unknown field":      {"teams: [{key: a, size: 3}]", domain.Invalid, "teams.0.size", "unknown"},
		"an id":                 {"teams: [{key: a, id: tea_1}]", domain.Invalid, "teams.0.id", "unknown"},
		"a version":             {"teams: [{key: a, version: 1}]", domain.Invalid, "teams.0.version", "unknown"},
		"a time":                {"teams: [{key: a, createdAt: 2026-01-01}]", domain.Invalid, "teams.0.createdAt", "unknown"},
		"a field twice":         {"teams: [{key: a, key: b}]", domain.Invalid, "teams.0.key", "unique"},
		"a list for a text":     {"teams: [{key: [a]}]", domain.Invalid, "teams.0.key", "type"},
		"a text for a list":     {"teams: a", domain.Invalid, "teams", "type"},
		"a truth for a text":    {"teams: [{key: true}]", domain.Invalid, "teams.0.key", "type"},
		"a text for a truth":    {"teams: [{key: a, active: maybe}]", domain.Invalid, "teams.0.active", "type"},
		"a text for a number":   {"agents: [{key: a, capacity: much}]", domain.Invalid, "agents.0.capacity", "type"},
		"a part of a number":    {"agents: [{key: a, capacity: 1.5}]", domain.Invalid, "agents.0.capacity", "type"},
		"a number that is huge": {"agents: [{key: a, capacity: 99999999999}]", domain.Invalid, "agents.0.capacity", "type"},
		"too long":              {"#" + strings.Repeat("a", domain.MaxOrganisation), domain.TooLarge, "", ""},
	} {
		_, _, err := orgfile.Format{}.Read([]byte(x.document))
		var e *domain.Error
		if !errors.As(err, &e) || e.Code != x.code {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if x.code == domain.Invalid && (e.Faults[0].Field != x.field || e.Faults[0].Rule != x.rule || !strings.Contains(e.Faults[0].Message, "line ")) {
			t.Errorf("%s: %+v", name, e.Faults)
		}
	}
}

// TestAliasesCannotBlowUp: a few lines that stand for a thousand million items are refused before they are.
func TestAliasesCannotBlowUp(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("agents:\n  - {key: a, languages: &a0 [ko, ko, ko, ko, ko, ko, ko, ko, ko, ko]}\n")
	b.WriteString("routes:\n  - key: r\n    steps: &s\n")
	for range 1000 {
		b.WriteString("      - {queue: q, skills: &n [{skill: a, level: 1}, {skill: a, level: 1}, {skill: a, level: 1}]}\n")
	}
	for range 400 {
		b.WriteString("  - {key: r, steps: *s}\n")
	}
	if _, _, err := (orgfile.Format{}).Read([]byte(b.String())); !domain.IsCode(err, domain.Invalid) {
		t.Errorf("%v", err)
	}
}

// TestJSONIsTaken, with tabs too.
func TestJSONIsTaken(t *testing.T) {
	t.Parallel()
	got, _, err := orgfile.Format{}.Read([]byte("{\n\t\"teams\": [\n\t\t{\"key\": \"a\", \"name\": \"\\uac00\"}\n\t]\n}\n"))
	if err != nil || len(got.Teams) != 1 || got.Teams[0].Name != "가" || !got.Teams[0].Active {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("teams: [{key: a}]\nagents:\n  - &a {key: a}\n  - *a\n")
	f.Add("calendars: [{week: [{day: 1, from: 09:00}]}]")
	f.Fuzz(func(t *testing.T, document string) {
		got, _, err := orgfile.Format{}.Read([]byte(document))
		if err != nil {
			return
		}
		written, err := orgfile.Format{}.Write(got)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := (orgfile.Format{}).Read(written); err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
	})
}
