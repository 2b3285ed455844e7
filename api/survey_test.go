package api_test

import (
	"testing"
	"time"

	"sori/api"
	"sori/domain"
)

func TestSurveySettings(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	first := d.ask("GET", "/v1/surveys/settings", nil).want(200)
	if got := first.fields(); got["active"] != false || len(got["texts"].([]any)) != 2 || got["linkBase"] != nil || first.header.Get("ETag") != "" {
		t.Errorf("%v", got)
	}
	edited := d.ask("PATCH", "/v1/surveys/settings", object{"active": true, "channels": []string{"email"}, "linkBase": "https://shop.test/survey"}).want(200)
	d.ask("PATCH", "/v1/surveys/settings", object{"linkBase": nil}, "If-Match", edited.header.Get("ETag")).want(200)
	d.ask("PATCH", "/v1/surveys/settings", object{"active": false}, "If-Match", edited.header.Get("ETag")).wantCode(412, domain.Stale)
	faults := d.ask("PATCH", "/v1/surveys/settings", object{
		"delayMinutes": -1, "validDays": 0, "linkBase": "javascript:alert(1)", "texts": []any{object{"language": "!", "subject": "", "text": "no link"}},
	}).wantCode(422, domain.Invalid).faults()
	for field, rule := range map[string]string{
		"delayMinutes": "range", "validDays": "range", "linkBase": "format", "texts.0.language": "pattern", "texts.0.subject": "required", "texts.0.text": "link",
	} {
		if faults[field] != rule {
			t.Errorf("%s: %q", field, faults[field])
		}
	}
	d.ask("PATCH", "/v1/surveys/settings", object{"active": true}, "Authorization", "Bearer agent").wantCode(403, domain.Forbidden)

	// Without an address from outside there must be a page of one's own.
	inside := newDoor(t, func(o *api.Deps) { o.Survey.PublicURL = "" })
	if got := inside.ask("PATCH", "/v1/surveys/settings", object{"active": true}).wantCode(422, domain.Invalid).faults(); got["linkBase"] != "required" {
		t.Errorf("%v", got)
	}
}

// TestSurveysNeedNoLogin, and are limited for each address though nobody configured it.
func TestSurveysNeedNoLogin(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(o *api.Deps) { o.Limits.Address = api.Rate{PerSecond: 0.001, Burst: 4} })
	d.ask("GET", "/v1/surveys/answer?token=nothing", nil, nobody...).wantCode(404, domain.NotFound)
	d.ask("GET", "/v1/surveys/answer", nil, nobody...).wantCode(422, domain.Invalid)
	d.ask("POST", "/v1/surveys/answer", object{"token": "nothing", "score": 5, "text": "x"}, nobody...).wantCode(404, domain.NotFound)
	d.ask("POST", "/v1/surveys/answer", object{"token": "nothing"}, nobody...).wantCode(422, domain.Invalid)
	d.ask("GET", "/v1/surveys/answer?token=nothing", nil, nobody...).wantCode(429, domain.RateLimited)
}

func TestCsatReportAndInvitations(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	now := time.Now().UTC().Truncate(time.Millisecond)
	ctx := domain.WithActor(t.Context(), domain.System("test"))
	inquiry := d.received(nil).at("inquiry", "id")
	err := d.store.Write(ctx, func(tx domain.Tx) error {
		inv := &domain.SurveyInvitation{
			Doc: domain.Doc{ID: domain.SurveyInvitationID(inquiry)}, InquiryID: inquiry, Number: "Q-1", CustomerID: "cus_x", InteractionID: "int_x", Channel: domain.ChannelMemo,
			Language: "ko", SentAt: now, ExpiresAt: now.Add(time.Hour), AnsweredAt: &now, Score: 4, Text: "좋아요",
		}
		if err := domain.SurveyInvitations.Insert(ctx, tx, inv); err != nil {
			return err
		}
		return domain.SurveyDays.Insert(ctx, tx, &domain.SurveyDay{By: "agent", Day: now.Format(time.DateOnly), Key: "kim", Sent: 2, Scores: []int64{0, 0, 0, 1, 0}})
	})
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{"": 1, "?inquiry=" + inquiry: 1, "?customer=cus_x": 1, "?customer=nobody": 0, "?inquiry=inq_01kaewrg4gx5bq8b8xcv0m2d3e": 0} {
		items := d.ask("GET", "/v1/surveys/invitations"+query, nil).want(200).fields()["items"].([]any)
		if len(items) != want || want == 1 && (items[0].(object)["score"] != 4.0 || items[0].(object)["agent"] != nil) {
			t.Errorf("%s: %v", query, items)
		}
	}
	got := d.ask("GET", "/v1/reports/csat?by=agent", nil).want(200).fields()
	row := got["rows"].([]any)[0].(object)
	if row["key"] != "kim" || row["average"] != 4.0 || row["satisfied"] != 1.0 || row["responseRate"] != 0.5 || got["total"].(object)["key"] != nil {
		t.Errorf("%v", got)
	}
	if empty := d.ask("GET", "/v1/reports/csat?from=2020-01-01&to=2020-01-31", nil).want(200).fields(); empty["total"].(object)["average"] != nil || empty["by"] != "day" {
		t.Errorf("%v", empty)
	}
	d.ask("GET", "/v1/reports/csat?from=2020-01-01&to=2026-01-31", nil).wantCode(422, domain.Invalid)
}
