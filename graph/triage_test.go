package graph_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"sori/domain"
	"sori/graph"
)

// code gives the code of the one error of an operation that must fail.
func (r *room) code(query string, v vars) string {
	r.t.Helper()
	_, faults := r.try("admin", query, v)
	if len(faults) != 1 {
		r.t.Fatalf("%s: %+v", query, faults)
	}
	return faults[0].Extensions.Code
}

const createType = `mutation($k: String!){createInquiryType(input:{key:$k, name:"배송", idempotencyKey:$k}){inquiryType{id key name parent active version threshold{mode promise}}}}`

func TestTypesAndTemplates(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	typ := r.ask(createType, vars{"k": "delivery"}).at("createInquiryType.inquiryType")
	if typ.str("key") != "delivery" || typ.str("threshold.mode") != "promise" || typ.at("threshold.promise").v != domain.DefaultPromise || typ.at("threshold.value").v != nil || typ.at("parent").v != nil {
		t.Errorf("type: %v", typ)
	}
	if again := r.ask(createType, vars{"k": "delivery"}); again.str("createInquiryType.inquiryType.id") != typ.str("id") || again.str("createInquiryType.inquiryType.name") != "배송" {
		t.Errorf("the same request again: %v", again)
	}
	r.ask(createType, vars{"k": "parcel"})
	under := r.ask(`mutation($id: ID!){updateInquiryType(input:{id:$id, parent:"parcel"}){inquiryType{id version parent}}}`, vars{"id": typ.str("id")})
	if under.str("updateInquiryType.inquiryType.parent") != "parcel" {
		t.Errorf("below another: %v", under)
	}
	typ = r.ask(`mutation($id: ID!){updateInquiryType(input:{id:$id, parent:null}){inquiryType{id version parent name}}}`, vars{"id": typ.str("id")}).at("updateInquiryType.inquiryType")
	if typ.at("parent").v != nil || typ.str("name") != "배송" {
		t.Errorf("null takes the parent away, what is left out stays: %v", typ)
	}
	const edit = `mutation($id: ID!, $v: Int){updateInquiryType(input:{id:$id, version:$v, threshold:{mode:manual, value:0.9}}){inquiryType{version threshold{mode value}}}}`
	if got := r.ask(edit, vars{"id": typ.str("id"), "v": typ.at("version").v}); got.at("updateInquiryType.inquiryType.threshold.value").v != 0.9 {
		t.Errorf("edited: %v", got)
	}
	if code := r.code(edit, vars{"id": typ.str("id"), "v": typ.at("version").v}); code != "stale" {
		t.Errorf("an old version is %s", code)
	}
	tpl := r.ask(`mutation{createTemplate(input:{type:"delivery", name:"안내", text:"안녕하세요 {{customer.name|고객}}님", automatic:false}){template{id automatic revision text}}}`, nil).at("createTemplate.template")
	if tpl.at("automatic").v != false || tpl.at("revision").v != 1.0 {
		t.Errorf("template: %v", tpl)
	}
	r.ask(`mutation($id: ID!){updateTemplate(input:{id:$id, text:"둘째"}){template{revision}}}`, vars{"id": tpl.str("id")})
	named := r.ask(`mutation($id: ID!){updateTemplate(input:{id:$id, subject:"제목", html:"<p>둘째</p>"}){template{subject html}}}`, vars{"id": tpl.str("id")}).at("updateTemplate.template")
	bare := r.ask(`mutation($id: ID!){updateTemplate(input:{id:$id, subject:null}){template{subject html name}}}`, vars{"id": tpl.str("id")}).at("updateTemplate.template")
	if named.str("subject") != "제목" || bare.at("subject").v != nil || bare.str("html") != "<p>둘째</p>" || bare.str("name") != "안내" {
		t.Errorf("with a subject: %v, with null: %v", named, bare)
	}
	got := r.ask(`query($id: ID!){template(id:$id){text revisions(first:5){edges{node{revision text by{kind}}}}} templates(type:"delivery"){edges{node{id}}}
	  inquiryTypes{edges{node{key}}} thresholds{type threshold{mode} confidence template}
	  node(id:$id){__typename ... on Template{name}} previewTemplate(input:{text:"{{customer.name|고객}}님"}){text html}}`, vars{"id": tpl.str("id")})
	if got.len("template.revisions.edges") != 4 || got.str("template.revisions.edges.3.node.text") == "둘째" || got.str("previewTemplate.text") != "고객님" ||
		got.str("node.name") != "안내" || got.len("templates.edges") != 1 || got.str("thresholds.0.type") != "delivery" {
		t.Errorf("read: %v", got)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	rule := r.ask(`mutation{createRule(input:{name:"환불", order:1, conditions:{contains:["환불"], channels:[BOARD], time:{zone:"Asia/Seoul", days:[]}}, actions:{priority:high, tags:["refund"]}}){
	  rule{id version conditions{channels contains kinds time{zone}} actions{tags priority answer}}}}`, nil).at("createRule.rule")
	if rule.str("conditions.channels.0") != "BOARD" || rule.str("actions.priority") != "high" || rule.len("conditions.kinds") != 0 || rule.str("conditions.time.zone") != "Asia/Seoul" {
		t.Errorf("rule: %v", rule)
	}
	const dryRun = `query($c: Channel){dryRunRules(input:{channel:$c, text:"환불 바랍니다"}){rules{ruleId fired missed} actions{tags} verdict{decision type}}}`
	if got := r.ask(dryRun, vars{"c": "BOARD"}); got.at("dryRunRules.rules.0.fired").v != true || got.str("dryRunRules.actions.tags.0") != "refund" {
		t.Errorf("fires: %v", got)
	}
	if got := r.ask(dryRun, vars{"c": "MEMO"}); got.at("dryRunRules.rules.0.fired").v != false || got.str("dryRunRules.rules.0.missed") == "" {
		t.Errorf("misses: %v", got)
	}
	r.ask(`mutation($id: ID!){updateRule(input:{id:$id, active:false}){rule{active}}}`, vars{"id": rule.str("id")})
	const remove = `mutation($id: ID!){deleteRule(input:{id:$id, idempotencyKey:"d1"}){id}}`
	for range 2 {
		if got := r.ask(remove, vars{"id": rule.str("id")}); got.str("deleteRule.id") != rule.str("id") {
			t.Errorf("removed: %v", got)
		}
	}
	if got := r.ask(`{rules{edges{node{id}}}}`, nil); got.len("rules.edges") != 0 {
		t.Errorf("left: %v", got)
	}
}

func TestExamplesModelsAndSettings(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	r.ask(createType, vars{"k": "delivery"})
	got := r.ask(`mutation{addExamples(input:{examples:[{type:"delivery", text:"언제 도착하나요"}, {type:"nobody", text:"x"}]}){results{id status faults{field rule}}}}`, nil)
	if got.str("addExamples.results.0.status") != "created" || got.str("addExamples.results.1.status") != "refused" || got.len("addExamples.results.1.faults") == 0 {
		t.Errorf("examples: %v", got)
	}
	list := r.ask(`{examples(type:"delivery"){edges{node{id text source}}} triageSettings{automatic maxAnswers version}
	  triageReport{inquiries precision types{type} days{day} help{asked}} classify(input:{text:"배송 언제"}){type decision model}}`, nil)
	if list.str("examples.edges.0.node.source") != "uploaded" || list.at("triageSettings.maxAnswers").v != 2.0 || list.at("classify.type").v != nil || list.at("triageReport.precision").v != 1.0 {
		t.Errorf("read: %v", list)
	}
	model := r.ask(`mutation{trainClassifier(input:{}){model{id number state}}}`, nil).at("trainClassifier.model")
	if model.str("state") != "training" {
		t.Errorf("training: %v", model)
	}
	if code := r.code(`mutation($id: ID!){rollbackClassifier(input:{id:$id}){model{id}}}`, vars{"id": model.str("id")}); code != "conflict" {
		t.Errorf("back to an untrained model is %s", code)
	}
	if got := r.ask(`query($id: ID!){classifierModels{edges{node{id}}} classifierModel(id:$id){number metrics{accuracy}}}`, vars{"id": model.str("id")}); got.at("classifierModel.number").v != 1.0 || got.len("classifierModels.edges") != 1 {
		t.Errorf("models: %v", got)
	}
	set := r.ask(`mutation{updateTriageSettings(input:{automatic:false, peopleTiers:["vip"]}){triageSettings{automatic peopleTiers resolve}}}`, nil).at("updateTriageSettings.triageSettings")
	if set.at("automatic").v != false || set.str("peopleTiers.0") != "vip" || set.at("resolve").v != true {
		t.Errorf("settings: %v", set)
	}
	if got := r.ask(`mutation($id: ID!){deleteExample(input:{id:$id}){id}}`, vars{"id": list.str("examples.edges.0.node.id")}); got.str("deleteExample.id") == "" {
		t.Errorf("removed: %v", got)
	}
}

func TestWhatTriageMadeOfInquiries(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	const rows = 20
	for i := range rows {
		id := r.memo(fmt.Sprintf("c%d@c.test", i), "환불")
		c := &domain.Classification{Doc: domain.Doc{ID: domain.ClassificationID(id)}, InquiryID: id, Decision: domain.DecideRoute, Types: []domain.TypeGuess{{Type: "refund", Confidence: 0.5}}}
		if i > 0 {
			r.write(func(ctx context.Context, tx domain.Tx) error { return domain.Classifications.Insert(ctx, tx, c) })
		}
	}
	r.store.loads.Store(0)
	got := r.ask(`{inquiries(first:50){edges{node{classification{inquiryId decision alternatives{type confidence} answer{to}}}}}}`, nil)
	if n := r.store.loads.Load(); n > 4 {
		t.Errorf("%d loads for %d rows", n, rows)
	}
	if got.str("inquiries.edges.0.node.classification.alternatives.0.type") != "refund" || got.at(fmt.Sprintf("inquiries.edges.%d.node.classification", rows-1)).v != nil {
		t.Errorf("classifications: %v", got)
	}
	r.ask(`mutation{createRule(input:{name:"환불", conditions:{contains:["환불"]}, actions:{priority:high}}){rule{id}}}`, nil)
	id := r.memo("s@s.test", "환불 바랍니다")
	if got := r.ask(`query($id: ID!){inquiry(id:$id){suggestions{kind title score}}}`, vars{"id": id}).at("inquiry.suggestions.0"); got.str("kind") != "rule" || got.str("title") != "환불" || got.at("score").v != nil {
		t.Errorf("suggestions: %v", got)
	}
}

func (r *room) write(change func(context.Context, domain.Tx) error) {
	r.t.Helper()
	ctx := domain.WithActor(context.Background(), domain.System("test"))
	if err := r.store.Write(ctx, func(tx domain.Tx) error { return change(ctx, tx) }); err != nil {
		r.t.Fatal(err)
	}
}

func TestArticlesAndHelp(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	art := r.ask(`mutation{createArticle(input:{title:"비밀번호 재설정", text:"설정에서 바꿉니다", questions:["비밀번호를 잊었어요"]}){article{id status version}}}`, nil).at("createArticle.article")
	if art.str("status") != "draft" {
		t.Errorf("article: %v", art)
	}
	r.ask(`mutation($id: ID!){updateArticle(input:{id:$id, status:published}){article{status}}}`, vars{"id": art.str("id")})
	ask := r.ask(`mutation{askHelp(input:{question:"비밀번호 재설정 방법"}){askId articles{id title text score}}}`, nil).at("askHelp")
	if ask.str("articles.0.id") != art.str("id") || ask.str("articles.0.title") != "비밀번호 재설정" {
		t.Fatalf("found: %v", ask)
	}
	const feedback = `mutation($a: ID!, $b: ID){giveHelpFeedback(input:{askId:$a, outcome:helped, article:$b}){askId outcome article inquiryId}}`
	v := vars{"a": ask.str("askId"), "b": art.str("id")}
	if got := r.ask(feedback, v); got.str("giveHelpFeedback.askId") != ask.str("askId") || got.str("giveHelpFeedback.article") != art.str("id") {
		t.Errorf("feedback: %v", got)
	}
	if got := r.ask(feedback, v); got.str("giveHelpFeedback.outcome") != "helped" {
		t.Errorf("said again: %v", got)
	}
	if code := r.code(strings.Replace(feedback, "outcome:helped", "outcome:unhelped", 1), v); code != "conflict" {
		t.Errorf("another word is %s", code)
	}
	if got := r.ask(`{articles(status:published){edges{node{title}}} helpAsks(outcome:helped){edges{node{question articles}}}}`, nil); got.len("articles.edges") != 1 || got.len("helpAsks.edges.0.node.articles") != 1 {
		t.Errorf("lists: %v", got)
	}
	plain := r.ask(`mutation($id: ID!){updateArticle(input:{id:$id, text:null}){article{text title}}}`, vars{"id": art.str("id")}).at("updateArticle.article")
	if plain.at("text").v != nil || plain.str("title") != "비밀번호 재설정" {
		t.Errorf("null takes the text away: %v", plain)
	}
	const remove = `mutation($id: ID!){deleteArticle(input:{id:$id, idempotencyKey:"d"}){id}}`
	for range 2 {
		if got := r.ask(remove, vars{"id": art.str("id")}); got.str("deleteArticle.id") != art.str("id") {
			t.Errorf("removed: %v", got)
		}
	}
	if got := r.ask(`mutation{askHelp(input:{question:"비밀번호 재설정 방법"}){articles{id}}}`, nil); got.len("askHelp.articles") != 0 {
		t.Errorf("a removed article is found: %v", got)
	}
}

func TestMailboxes(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	box := r.ask(`mutation{createMailbox(input:{host:"imap.s.test", user:"u", secret:{password:"geheim-1"}, active:false}){mailbox{id account port security folder after hasSecret active fetch{taken} version}}}`, nil).at("createMailbox.mailbox")
	if box.at("port").v != 993.0 || box.str("security") != "tls" || box.at("hasSecret").v != true || box.at("active").v != false || box.at("fetch").v != nil {
		t.Errorf("mailbox: %v", box)
	}
	r.ask(`mutation($id: ID!){updateMailbox(input:{id:$id, folder:"Kunden", secret:{password:"geheim-2"}}){mailbox{folder}}}`, vars{"id": box.str("id")})
	state := &domain.MailboxState{Doc: domain.Doc{ID: domain.MailboxStateID(box.str("id"))}, Taken: 7}
	r.write(func(ctx context.Context, tx domain.Tx) error { return domain.MailboxStates.Insert(ctx, tx, state) })
	got := r.ask(`query($id: ID!){mailboxes{edges{node{folder fetch{taken failing}}}} mailbox(id:$id){user fetch{taken}} node(id:$id){... on Mailbox{host}}}`, vars{"id": box.str("id")})
	if got.at("mailboxes.edges.0.node.fetch.taken").v != 7.0 || got.str("mailboxes.edges.0.node.folder") != "Kunden" || got.str("node.host") != "imap.s.test" {
		t.Errorf("read: %v", got)
	}
	if fields := fmt.Sprint(r.ask(`{__type(name:"Mailbox"){fields{name}}}`, nil).v); strings.Contains(fields, "name:secret]") {
		t.Errorf("the secret can be asked for: %v", fields)
	}
	r.ask(`mutation($id: ID!){deleteMailbox(input:{id:$id}){id}}`, vars{"id": box.str("id")})
	if code := r.code(`query($id: ID!){mailbox(id:$id){id}}`, vars{"id": box.str("id")}); code != "not_found" {
		t.Errorf("removed, it is %s", code)
	}
}

func TestQuarantineAndDispatches(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	now := domain.SystemClock()
	mail := &domain.Quarantined{
		Doc: domain.Doc{ID: domain.Quarantine.NewID()}, Account: "default", Source: domain.MailByIMAP, Key: "k", Truncated: true, Error: "too large", CreatedAt: now, LastTriedAt: now,
	}
	inquiry := r.memo("d@d.test", "x")
	x := &domain.Interaction{
		Doc: domain.Doc{ID: domain.Interactions.NewID()}, InquiryID: inquiry, CustomerID: r.ask(`query($id: ID!){inquiry(id:$id){customerId}}`, vars{"id": inquiry}).str("inquiry.customerId"),
		Account: "default", Channel: domain.ChannelEmail, Direction: domain.Outbound, Kind: domain.KindReply, OccurredAt: now, ReceivedAt: now,
	}
	d := &domain.Dispatch{
		Doc: domain.Doc{ID: domain.DispatchID(x.ID)}, InteractionID: x.ID, InquiryID: x.InquiryID, Account: "default", State: domain.DispatchFailed,
		Recipients: []domain.DispatchRecipient{{Field: "to", State: domain.DispatchFailed, Code: 550, Status: "5.1.1"}},
		Since:      now, CreatedAt: now, UpdatedAt: now,
	}
	r.write(func(ctx context.Context, tx domain.Tx) error {
		if err := domain.Quarantine.Insert(ctx, tx, mail); err != nil {
			return err
		}
		if err := domain.Interactions.Insert(ctx, tx, x); err != nil {
			return err
		}
		return domain.Dispatches.Insert(ctx, tx, d)
	})
	v := vars{"q": mail.ID, "x": x.ID}
	got := r.ask(`query($q: ID!, $x: ID!){quarantine{edges{node{id}}} quarantined(id:$q){source truncated error}
	  dispatches{edges{node{state recipients{code status n} interaction{id}}}} interaction(id:$x){dispatch{state}}}`, v)
	if got.len("quarantine.edges") != 1 || got.str("quarantined.source") != "imap" || got.str("dispatches.edges.0.node.interaction.id") != x.ID || got.str("interaction.dispatch.state") != "failed" {
		t.Errorf("read: %v", got)
	}
	if code := r.code(`mutation($q: ID!){reprocessQuarantined(input:{id:$q}){inquiry{id}}}`, vars{"q": mail.ID}); code != "conflict" {
		t.Errorf("a beginning taken in is %s", code)
	}
	r.ask(`mutation($q: ID!){deleteQuarantined(input:{id:$q}){id}}`, vars{"q": mail.ID})
	const retry = `mutation($x: ID!, $k: String){retryDispatch(input:{interactionId:$x, idempotencyKey:$k}){dispatch{state interactionId}}}`
	for range 2 {
		if got := r.ask(retry, vars{"x": x.ID, "k": "once"}); got.str("retryDispatch.dispatch.state") != "waiting" {
			t.Errorf("again: %v", got)
		}
	}
	if code := r.code(retry, vars{"x": x.ID}); code != "conflict" {
		t.Errorf("what has not failed is %s", code)
	}
}
