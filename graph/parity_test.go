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
	"transferInquiry": "Mutation.transferInquiry", "markRead": "Mutation.markInquiryRead", "mergeInquiries": "Mutation.mergeInquiries",
	"unmergeInquiry": "Mutation.unmergeInquiry", "splitInquiry": "Mutation.splitInquiry", "runMacro": "Mutation.runMacro", "getDraft": "Inquiry.draft",
	"saveDraft": "Mutation.saveDraft", "deleteDraft": "Mutation.deleteDraft", "unsend": "Mutation.unsend", "listMacros": "Query.macros",
	"createMacro": "Mutation.createMacro", "getMacro": "Query.macro", "updateMacro": "Mutation.updateMacro", "deleteMacro": "Mutation.deleteMacro",
	"listCustomFields": "Query.customFields", "createCustomField": "Mutation.createCustomField", "getCustomField": "Query.customField",
	"updateCustomField": "Mutation.updateCustomField", "deleteCustomField": "Mutation.deleteCustomField", "listViews": "Query.views",
	"createView": "Mutation.createView", "getView": "Query.view", "updateView": "Mutation.updateView", "deleteView": "Mutation.deleteView",
	"listViewCounts": "Query.viewCounts", "listViewInquiries": "View.inquiries", "listBulkRuns": "Query.bulkRuns", "startBulk": "Mutation.startBulk",
	"getBulkRun": "Query.bulkRun", "listBulkResults": "BulkRun.results", "cancelBulk": "Mutation.cancelBulk", "applyOrg": "Mutation.applyOrg",
	"exportOrg": "Query.exportOrg", "listAgents": "Query.agents", "createAgent": "Mutation.createAgent", "getAgent": "Query.agent",
	"updateAgent": "Mutation.updateAgent", "listTeams": "Query.teams", "createTeam": "Mutation.createTeam", "getTeam": "Query.team",
	"updateTeam": "Mutation.updateTeam", "deleteTeam": "Mutation.deleteTeam", "listSkills": "Query.skills", "createSkill": "Mutation.createSkill",
	"getSkill": "Query.skill", "updateSkill": "Mutation.updateSkill", "deleteSkill": "Mutation.deleteSkill", "listShifts": "Query.shifts",
	"createShift": "Mutation.createShift", "getShift": "Query.shift", "updateShift": "Mutation.updateShift", "deleteShift": "Mutation.deleteShift",
	"listQueues": "Query.queues", "createQueue": "Mutation.createQueue", "getQueue": "Query.queue", "updateQueue": "Mutation.updateQueue",
	"deleteQueue": "Mutation.deleteQueue", "listRoutes": "Query.routes", "createRoute": "Mutation.createRoute", "getRoute": "Query.route",
	"updateRoute": "Mutation.updateRoute", "deleteRoute": "Mutation.deleteRoute", "listCalendars": "Query.calendars",
	"createCalendar": "Mutation.createCalendar", "getCalendar": "Query.calendar", "updateCalendar": "Mutation.updateCalendar",
	"deleteCalendar": "Mutation.deleteCalendar", "getCalendarHours": "Calendar.hours", "listSlaPolicies": "Query.slaPolicies",
	"createSlaPolicy": "Mutation.createSLAPolicy", "getSlaPolicy": "Query.slaPolicy", "updateSlaPolicy": "Mutation.updateSLAPolicy",
	"deleteSlaPolicy": "Mutation.deleteSLAPolicy", "getRoutingSettings": "Query.routingSettings",
	"updateRoutingSettings": "Mutation.updateRoutingSettings", "simulateRouting": "Mutation.simulateRouting", "listSimulations": "Query.simulations",
	"getSimulation": "Query.simulation", "takeNext": "Mutation.takeNext", "getQueueStats": "Query.queueStats", "getPlacement": "Query.placement",
	"acceptOffer": "Mutation.acceptOffer", "rejectOffer": "Mutation.rejectOffer", "getWorkload": "Query.workload", "listPresences": "Query.presences",
	"getPresence": "Query.presence", "setPresence": "Mutation.setPresence", "heartbeat": "Mutation.heartbeat", "listWebhooks": "Query.webhooks",
	"createWebhook": "Mutation.createWebhook", "getWebhook": "Query.webhook", "updateWebhook": "Mutation.updateWebhook",
	"deleteWebhook": "Mutation.deleteWebhook", "pauseWebhook": "Mutation.pauseWebhook", "resumeWebhook": "Mutation.resumeWebhook",
	"rotateWebhookSecret": "Mutation.rotateWebhookSecret", "testWebhook": "Mutation.testWebhook", "replayWebhook": "Mutation.replayWebhook",
	"listWebhookDeliveries": "Webhook.deliveries", "getWebhookDelivery": "Webhook.delivery", "retryWebhookDelivery": "Mutation.retryWebhookDelivery",
	"listAudit": "Query.audit", "exportAudit": "- a stream of rows is no shape of GraphQL; Query.audit pages through the same",
	"getSurveySettings": "Query.surveySettings", "updateSurveySettings": "Mutation.updateSurveySettings",
	"listSurveyInvitations": "Query.surveyInvitations", "getSurveyQuestion": "Query.surveyQuestion", "answerSurvey": "Mutation.answerSurvey",
	"getCsatReport": "Query.csatReport", "getHealth": "- for load balancers", "getReadiness": "- for load balancers",
	"getInquiryActivity": "Inquiry.activity", "setInquiryActivity": "Mutation.setInquiryActivity",
	"streamInquiryActivity": "Subscription.inquiryActivity", "streamViewCounts": "Subscription.viewCountsChanged",
	"streamQueueStats": "Subscription.queueStatsChanged",
}

// onlyGraph says why a root field has no operation of its own in REST.
var onlyGraph = map[string]string{
	"Query.node": "each noun has its path", "Query.nodes": "each noun has its path",
	"Subscription.inquiryChanged": "GET /v1/events/stream?inquiry=", "Subscription.queueChanged": "GET /v1/events/stream?queue=",
	"Subscription.workChanged": "GET /v1/events/stream?assignee=", "Subscription.presenceChanged": "GET /v1/events/stream?types=agent.presence_changed",
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
		"Mailbox": "Mailbox", "MailboxFetch": "MailboxFetch", "Quarantined": "Quarantined", "Dispatch": "Dispatch", "Draft": "Draft", "Macro": "Macro",
		"Actions": "Actions", "ActionReply": "ActionReply", "CustomField": "CustomField", "View": "View", "InquiryFilter": "InquiryFilter",
		"InquirySLA": "InquirySLA", "SLAClock": "SLAClock", "ViewCount": "ViewCount", "BulkRun": "BulkRun", "BulkResult": "BulkResult", "Agent": "Agent",
		"Team": "Team", "Skill": "Skill", "Shift": "Shift", "Queue": "Queue", "Route": "Route", "Calendar": "Calendar", "SlaPolicy": "SLAPolicy",
		"AgentSkill": "AgentSkill", "RouteConditions": "RouteConditions", "SkillNeed": "SkillNeed", "RouteStep": "RouteStep",
		"CalendarHours": "CalendarHours", "CalendarSpan": "CalendarSpan", "CalendarOverride": "CalendarOverride", "SlaConditions": "SLAConditions",
		"SlaTarget": "SLATarget", "SlaEscalation": "SLAEscalation", "WorkingHours": "WorkingHours", "OrgPlan": "OrgPlan", "OrgPlanStep": "OrgPlanStep",
		"DispatchRecipient": "DispatchRecipient", "DispatchAttempt": "DispatchAttempt", "RoutingSettings": "RoutingSettings",
		"ChannelWeight": "ChannelWeight", "Reservation": "Reservation", "QueueStats": "QueueStats", "TierWaiting": "TierWaiting", "Placement": "Placement",
		"Offer": "Offer", "Workload": "Workload", "WorkItem": "WorkItem", "Presence": "Presence", "Simulation": "Simulation",
		"SimulationReport": "SimulationReport", "WaitReport": "WaitReport", "NamedWaitReport": "NamedWaitReport", "AgentLoadReport": "AgentLoadReport",
		"NextInquiry": "TakeNextPayload", "SurveySettings": "SurveySettings", "SurveyText": "SurveyText", "SurveyInvitation": "SurveyInvitation",
		"SurveyQuestion": "SurveyQuestion", "CsatReport": "CsatReport", "Satisfaction": "Satisfaction", "Webhook": "Webhook",
		"WebhookSecret": "WebhookSecret", "WebhookHealth": "WebhookHealth", "WebhookDelivery": "WebhookDelivery", "WebhookAttempt": "WebhookAttempt",
		"WebhookReplay": "ReplayWebhookPayload", "NewWebhook": "NewWebhookPayload", "InquiryActivity": "InquiryActivity", "Watcher": "Watcher",
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
