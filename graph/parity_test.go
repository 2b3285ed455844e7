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
	"listTypes": "Query.inquiryTypes", "createType": "Mutation.createInquiryType", "getType": "Query.inquiryType", "updateType": "Mutation.updateInquiryType",
	"listTemplates": "Query.templates", "createTemplate": "Mutation.createTemplate", "getTemplate": "Query.template",
	"updateTemplate": "Mutation.updateTemplate", "previewTemplate": "Query.previewTemplate", "listTemplateRevisions": "Template.revisions",
	"listRules": "Query.rules", "createRule": "Mutation.createRule", "getRule": "Query.rule", "updateRule": "Mutation.updateRule",
	"deleteRule": "Mutation.deleteRule", "dryRunRules": "Query.dryRunRules",
	"listExamples": "Query.examples", "addExamples": "Mutation.addExamples", "deleteExample": "Mutation.deleteExample",
	"trainClassifier": "Mutation.trainClassifier", "listModels": "Query.classifierModels", "getModel": "Query.classifierModel",
	"rollbackModel": "Mutation.rollbackClassifier", "classify": "Query.classify", "getTriageSettings": "Query.triageSettings",
	"updateTriageSettings": "Mutation.updateTriageSettings", "listThresholds": "Query.thresholds", "getTriageReport": "Query.triageReport",
	"listSuggestions": "Inquiry.suggestions", "getClassification": "Inquiry.classification",
	"listArticles": "Query.articles", "createArticle": "Mutation.createArticle", "getArticle": "Query.article", "updateArticle": "Mutation.updateArticle", "deleteArticle": "Mutation.deleteArticle",
	"askHelp": "Mutation.askHelp", "listHelpAsks": "Query.helpAsks", "judgeHelp": "Mutation.giveHelpFeedback",
	"listMailboxes": "Query.mailboxes", "createMailbox": "Mutation.createMailbox", "getMailbox": "Query.mailbox",
	"updateMailbox": "Mutation.updateMailbox", "deleteMailbox": "Mutation.deleteMailbox",
	"listQuarantine": "Query.quarantine", "getQuarantined": "Query.quarantined", "deleteQuarantined": "Mutation.deleteQuarantined",
	"getQuarantinedSource": "- bytes; the description of Query.quarantined names the path", "reprocessQuarantined": "Mutation.reprocessQuarantined",
	"listDispatches": "Query.dispatches", "getDispatch": "Interaction.dispatch", "retryDispatch": "Mutation.retryDispatch",
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
		"InquiryType": "InquiryType", "TypeThreshold": "TypeThreshold", "Threshold": "TypeThresholdReport", "Template": "Template",
		"TemplateTexts": "TemplateTexts", "TemplateRevision": "TemplateRevision", "Rule": "Rule", "RuleConditions": "RuleConditions", "RuleTime": "RuleTime",
		"RuleActions": "RuleActions", "DryRunResult": "DryRunResult", "RuleOutcome": "RuleOutcome", "Example": "Example", "Model": "ClassifierModel",
		"ModelMetrics": "ModelMetrics", "ModelComparison": "ModelComparison", "TypeGuess": "TypeGuess", "Verdict": "Verdict",
		"TriageSettings": "TriageSettings", "TriageReport": "TriageReport", "TypeReport": "TypeReport", "DayReport": "DayReport", "HelpReport": "HelpReport",
		"Suggestion": "Suggestion", "Classification": "Classification", "AutomaticAnswer": "AutomaticAnswer", "Article": "Article",
		"HelpAnswer": "AskHelpPayload", "HelpArticle": "HelpArticle", "HelpJudgement": "GiveHelpFeedbackPayload", "HelpAsk": "HelpAsk",
		"Mailbox": "Mailbox", "MailboxFetch": "MailboxFetch", "Quarantined": "Quarantined", "Dispatch": "Dispatch",
		"DispatchRecipient": "DispatchRecipient", "DispatchAttempt": "DispatchAttempt",
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
