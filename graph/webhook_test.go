package graph_test

import (
	"strings"
	"testing"

	"sori/graph"
)

func TestWebhooks(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	const create = `mutation($i: CreateWebhookInput!){createWebhook(input:$i){secret webhook{id url state events health{failures failingSince} secrets{endsAt}}}}`
	in := vars{"url": "https://1.1.1.1/hook", "events": []string{"inquiry.*"}, "idempotencyKey": "once"}
	made := r.ask(create, vars{"i": in})
	id := made.str("createWebhook.webhook.id")
	if !strings.HasPrefix(made.str("createWebhook.secret"), "whsec_") || made.str("createWebhook.webhook.state") != "active" {
		t.Fatalf("%v", made.v)
	}
	if again := r.ask(create, vars{"i": in}); again.at("createWebhook.secret").v != nil || again.str("createWebhook.webhook.id") != id {
		t.Errorf("%v", again.v)
	}
	rotated := r.ask(`mutation($id: ID!){rotateWebhookSecret(input:{id:$id}){secret webhook{secrets{endsAt}}}}`, vars{"id": id})
	if rotated.len("rotateWebhookSecret.webhook.secrets") != 2 || rotated.str("rotateWebhookSecret.webhook.secrets.1.endsAt") == "" {
		t.Errorf("%v", rotated.v)
	}
	tried := r.ask(`mutation($id: ID!){testWebhook(input:{id:$id}){delivery{id state type nextAt}}}`, vars{"id": id})
	delivery := tried.str("testWebhook.delivery.id")
	if tried.str("testWebhook.delivery.state") != "waiting" || tried.str("testWebhook.delivery.nextAt") == "" {
		t.Errorf("%v", tried.v)
	}
	seen := r.ask(`query($id: ID!, $d: ID!){webhook(id:$id){deliveries(state:waiting){edges{node{id attempts{status}}}} delivery(id:$d){type}} node(id:$d){id}}`, vars{"id": id, "d": delivery})
	if seen.str("webhook.deliveries.edges.0.node.id") != delivery || seen.str("webhook.delivery.type") != "webhook.test" || seen.str("node.id") != delivery {
		t.Errorf("%v", seen.v)
	}
	if again := r.ask(`mutation($w: ID!, $id: ID!){retryWebhookDelivery(input:{webhookId:$w,id:$id}){delivery{tries}}}`, vars{"w": id, "id": delivery}); again.at("retryWebhookDelivery.delivery.tries").v != 0.0 {
		t.Errorf("%v", again.v)
	}
	replayed := r.ask(`mutation($id: ID!){replayWebhook(input:{id:$id,after:""}){webhookId after until}}`, vars{"id": id})
	if replayed.str("replayWebhook.webhookId") != id || replayed.str("replayWebhook.until") == "" {
		t.Errorf("%v", replayed.v)
	}
	paused := r.ask(`mutation($id: ID!){pauseWebhook(input:{id:$id}){webhook{state reason}} resumeWebhook(input:{id:$id}){webhook{state reason}}}`, vars{"id": id})
	if paused.str("pauseWebhook.webhook.reason") != "manual" || paused.str("resumeWebhook.webhook.state") != "active" {
		t.Errorf("%v", paused.v)
	}
	r.ask(`mutation($id: ID!){updateWebhook(input:{id:$id,name:"CRM"}){webhook{name}}}`, vars{"id": id})
	list := r.ask(`{webhooks{edges{node{name health{failures}}}}}`, nil)
	if list.str("webhooks.edges.0.node.name") != "CRM" {
		t.Errorf("%v", list.v)
	}
	r.ask(`mutation($id: ID!){deleteWebhook(input:{id:$id}){id}}`, vars{"id": id})
	if _, faults := r.try("agent", `{webhooks{edges{node{id}}}}`, nil); len(faults) != 1 || faults[0].Extensions.Code != "forbidden" {
		t.Errorf("%+v", faults)
	}
}
