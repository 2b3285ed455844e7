package graph

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/vektah/gqlparser/v2/ast"

	"sori/graph/generated"
)

// byREST says, for each operation of openapi.yaml, which field of the schema does the same; a text that begins with "-" says why none does.
var byREST = map[string]string{
	"receiveEmail":  "Mutation.receiveInquiry",
	"receiveBoard":  "Mutation.receiveInquiry",
	"receivePhone":  "Mutation.receiveInquiry",
	"receiveMemo":   "Mutation.receiveInquiry",
	"receiveChat":   "Mutation.receiveInquiry",
	"receiveFax":    "Mutation.receiveInquiry",
	"receiveBatch":  "- a stream of lines, each with its own answer, is no shape of GraphQL; several mutations fit into one request",
	"listInquiries": "Query.inquiries", "exportInquiries": "- a stream of rows is no shape of GraphQL; Query.inquiries pages through the same",
	"getInquiry": "Query.inquiry", "updateInquiry": "Mutation.updateInquiry", "listInteractions": "Inquiry.interactions",
	"reply": "Mutation.reply", "addNote": "Mutation.addNote", "assignInquiry": "Mutation.assignInquiry", "snoozeInquiry": "Mutation.snoozeInquiry",
	"resolveInquiry": "Mutation.resolveInquiry", "reopenInquiry": "Mutation.reopenInquiry", "getInteraction": "Query.interaction",
	"getRaw": "- bytes; the Interaction's description names the path", "getAttachment": "- bytes; the Interaction's description names the path",
	"listCustomers": "Query.customers", "createCustomer": "Mutation.createCustomer", "lookupCustomer": "Query.customerLookup",
	"getCustomer": "Query.customer", "updateCustomer": "Mutation.updateCustomer", "eraseCustomer": "Mutation.eraseCustomer",
	"getTimeline": "Customer.timeline", "mergeCustomers": "Mutation.mergeCustomers", "unmergeCustomers": "Mutation.unmergeCustomers",
	"lookupSealed": "Mutation.lookupSealed", "revealSealed": "Mutation.revealSealed", "search": "Query.search", "listEvents": "Query.events",
	"streamEvents": "Subscription.events", "listAccounts": "Query.accounts", "createAccount": "Mutation.createAccount",
	"getAccount": "Query.account", "updateAccount": "Mutation.updateAccount", "listApiKeys": "Query.apiKeys",
	"createApiKey": "Mutation.createApiKey", "revokeApiKey": "Mutation.revokeApiKey", "getMe": "Query.me",
	"getHealth": "- for load balancers", "getReadiness": "- for load balancers",
}

// onlyGraph says why a root field has no operation of its own in REST.
var onlyGraph = map[string]string{
	"Query.node": "each noun has its path", "Query.nodes": "each noun has its path",
	"Subscription.inquiryChanged": "GET /v1/events/stream and the event's inquiryId", "Subscription.queueChanged": "GET /v1/events/stream and the inquiry's queue",
}

func openapi(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func schemaOf(t *testing.T) *ast.Schema {
	t.Helper()
	return generated.NewExecutableSchema(generated.Config{}).Schema()
}

func TestEveryOperationIsInBothDoors(t *testing.T) {
	t.Parallel()
	operations := map[string]bool{}
	for _, path := range openapi(t).Paths.Map() {
		for _, op := range path.Operations() {
			operations[op.OperationID] = true
		}
	}
	schema := schemaOf(t)
	reached := map[string]bool{}
	for id, field := range byREST {
		if !operations[id] {
			t.Errorf("openapi.yaml has no operation %s any more", id)
		}
		if strings.HasPrefix(field, "-") {
			continue
		}
		reached[field] = true
		typ, name, _ := strings.Cut(field, ".")
		if def := schema.Types[typ]; def == nil || def.Fields.ForName(name) == nil {
			t.Errorf("operation %s: the schema has no %s", id, field)
		}
	}
	for id := range operations {
		if byREST[id] == "" {
			t.Errorf("operation %s of openapi.yaml is not listed: which field does the same, or why does none?", id)
		}
	}
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, f := range root.Fields {
			name := root.Name + "." + f.Name
			if !strings.HasPrefix(f.Name, "__") && !reached[name] && onlyGraph[name] == "" {
				t.Errorf("%s has no operation in REST: name it, or say why", name)
			}
		}
	}
}

// TestNounsHaveTheSameFields keeps the words of both doors the same: what a noun has in REST it has in GraphQL.
func TestNounsHaveTheSameFields(t *testing.T) {
	t.Parallel()
	doc, schema := openapi(t), schemaOf(t)
	for rest, graph := range map[string]string{
		"Inquiry": "Inquiry", "Interaction": "Interaction", "Customer": "Customer", "Identity": "Identity", "Consent": "Consent", "Attachment": "Attachment",
		"Party": "Party", "EmailPart": "EmailPart", "BoardPart": "BoardPart", "PhonePart": "PhonePart", "FaxPart": "FaxPart", "MemoPart": "MemoPart",
		"ChatPart": "ChatPart", "Event": "Event", "Hit": "SearchHit", "Account": "Account", "ApiKey": "APIKey", "Me": "Me",
	} {
		noun, def := doc.Components.Schemas[rest], schema.Types[graph]
		if noun == nil || def == nil {
			t.Errorf("%s of openapi.yaml, %s of the schema: one is missing", rest, graph)
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(noun.Value.Properties)) {
			if def.Fields.ForName(name) == nil {
				t.Errorf("%s.%s is in openapi.yaml, but not in the schema", rest, name)
			}
		}
	}
}
