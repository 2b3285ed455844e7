package graph_test

import (
	"testing"

	"sori/graph"
)

func TestSurveys(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	got := r.ask(`mutation{updateSurveySettings(input:{active:true, linkBase:"https://shop.test/s", channels:[EMAIL]}){surveySettings{active channels linkBase texts{language} version}}}`, nil)
	if got.at("updateSurveySettings.surveySettings.active").v != true || got.len("updateSurveySettings.surveySettings.texts") != 2 {
		t.Errorf("%v", got.v)
	}
	seen := r.ask(`{surveySettings{linkBase everyDays} surveyInvitations{edges{node{id score inquiry{number}}}} csatReport(by:agent){by total{sent average} rows{key}}}`, nil)
	if seen.str("surveySettings.linkBase") != "https://shop.test/s" || seen.str("csatReport.by") != "agent" || seen.at("csatReport.total.average").v != nil {
		t.Errorf("%v", seen.v)
	}
	for _, q := range []string{`{surveyQuestion(token:"x"){number}}`, `mutation{answerSurvey(input:{token:"x",score:5}){question{answered}}}`} {
		if _, faults := r.try("agent", q, nil); len(faults) != 1 || faults[0].Extensions.Code != "not_found" {
			t.Errorf("%s: %+v", q, faults)
		}
	}
}
