package graph_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"sori/domain"
	"sori/graph"
)

func TestAMemoComesInAndReadsBack(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	got := r.ask(receive, vars{"i": memoOf("g@g.test", "그래프")})
	id := got.str("receiveInquiry.inquiry.id")
	q := r.ask(`query($id: ID!){
	  inquiry(id:$id){id number subject status statusCategory priority channel account type tags custom createdAt resolvedAt version origin{channel campaign}
	    customer{id name tier identities{kind value} updatedAt mergedInto}
	    interactions(first:5){edges{cursor node{id text html channel direction kind from{name email phone} author{id} occurredAt memo{location urgent} email{messageId}}} pageInfo{hasNextPage endCursor}}}
	  node(id:$id){id __typename}
	  nodes(ids:[$id, "inq_none"]){id}}`, vars{"id": id})
	for path, want := range map[string]string{
		"inquiry.number": got.str("receiveInquiry.inquiry.number"), "inquiry.status": "new", "inquiry.statusCategory": "open", "inquiry.priority": "normal",
		"inquiry.channel": "MEMO", "inquiry.account": "default", "inquiry.origin.channel": "MEMO", "node.__typename": "Inquiry", "nodes.0.id": id,
		"inquiry.customer.id": got.str("receiveInquiry.customer.id"), "inquiry.customer.name": "김", "inquiry.customer.identities.0.value": "g@g.test",
		"inquiry.customer.identities.0.kind": "email", "inquiry.interactions.edges.0.node.text": "그래프", "inquiry.interactions.edges.0.node.direction": "inbound",
		"inquiry.interactions.edges.0.node.memo.location": "로비", "inquiry.interactions.edges.0.node.id": got.str("receiveInquiry.interaction.id"),
	} {
		if q.str(path) != want {
			t.Errorf("%s is %v, wanted %q", path, q.at(path).v, want)
		}
	}
	for _, path := range []string{
		"inquiry.type", "inquiry.resolvedAt", "inquiry.origin.campaign", "inquiry.customer.mergedInto", "nodes.1", "inquiry.interactions.edges.0.node.html",
		"inquiry.interactions.edges.0.node.author", "inquiry.interactions.edges.0.node.email", "inquiry.interactions.edges.0.node.from.phone",
	} {
		if v := q.at(path).v; v != nil {
			t.Errorf("%s is empty, but %v", path, v)
		}
	}
	if at := q.str("inquiry.createdAt"); !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`).MatchString(at) {
		t.Errorf("createdAt is %q", at)
	}
	if c := r.ask(`query($e:String!){customerLookup(email:$e){id}}`, vars{"e": "G@G.test"}); c.str("customerLookup.id") != got.str("receiveInquiry.customer.id") {
		t.Errorf("lookup found %v", c)
	}
}

func TestEveryChannelComesIn(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	b64 := base64.StdEncoding.EncodeToString
	party := vars{"phone": "010-1234-5678"}
	inputs := map[string]vars{
		"BOARD": {"channel": "BOARD", "from": party, "text": "x", "board": vars{"board": "qna", "postId": "7", "visibility": "private"}},
		"PHONE": {"channel": "PHONE", "from": party, "text": "x", "phone": vars{"callId": "c1", "direction": "inbound", "startedAt": "2026-11-22T10:00:00+09:00"}},
		"CHAT":  {"channel": "CHAT", "from": party, "text": "x", "chat": vars{"sessionId": "s"}},
		"FAX":   {"channel": "FAX", "from": party, "text": "x", "fax": vars{"pages": 2}, "file": vars{"name": "f.pdf", "contentType": "application/pdf", "content": b64([]byte("%PDF-1.4"))}},
		"EMAIL": {"channel": "EMAIL", "raw": b64([]byte("From: a@b.test\r\nTo: voc@shop.test\r\nMessage-ID: <1@b.test>\r\nSubject: hi\r\n\r\nhello\r\n"))},
	}
	const read = `query($id: ID!){interaction(id:$id){channel text attachments{n name size} phone{startedAt direction} email{messageId} customer{id} inquiry{channel}}}`
	for channel, in := range inputs {
		first := r.ask(receive, vars{"i": in})
		id := first.str("receiveInquiry.interaction.id")
		x := r.ask(read, vars{"id": id}).at("interaction")
		if x.str("channel") != channel || x.str("inquiry.channel") != channel || x.str("customer.id") == "" || x.str("text") == "" {
			t.Errorf("%s: %v", channel, x)
		}
		switch channel {
		case "PHONE":
			if x.str("phone.startedAt") != "2026-11-22T01:00:00.000Z" || x.str("phone.direction") != "inbound" {
				t.Errorf("phone part: %v", x)
			}
		case "FAX":
			if x.at("attachments.0.size").v != float64(8) {
				t.Errorf("fax: %v", x)
			}
		case "EMAIL", "BOARD":
			again := r.ask(receive, vars{"i": in})
			if again.at("receiveInquiry.duplicate").v != true || again.str("receiveInquiry.interaction.id") != id {
				t.Errorf("%s twice: %v", channel, again)
			}
		}
	}
}

func TestAnInquiryIsWorked(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	id := r.memo("w@w.test", "고장")
	r.ask(`mutation($i: UpdateInquiryInput!){updateInquiry(input:$i){inquiry{id}}}`,
		vars{"i": vars{"id": id, "priority": "high", "type": "refund", "tags": []string{"a", "b"}, "custom": vars{"n": 1.5, "deep": vars{"list": []any{"x"}}}}})
	q := r.ask(`query($id: ID!){inquiry(id:$id){version priority type tags custom}}`, vars{"id": id})
	if q.str("inquiry.priority") != "high" || q.str("inquiry.type") != "refund" || q.len("inquiry.tags") != 2 || q.at("inquiry.custom.n").v != 1.5 || q.str("inquiry.custom.deep.list.0") != "x" {
		t.Fatalf("after the update: %v", q)
	}
	version := q.at("inquiry.version").v
	const edit = `mutation($i: UpdateInquiryInput!){updateInquiry(input:$i){inquiry{type priority version}}}`
	if got := r.ask(edit, vars{"i": vars{"id": id, "version": version, "type": nil}}); got.at("updateInquiry.inquiry.type").v != nil || got.str("updateInquiry.inquiry.priority") != "high" {
		t.Errorf("null did not take the type away, or more: %v", got)
	}
	if _, faults := r.try("admin", edit, vars{"i": vars{"id": id, "version": version, "priority": "low"}}); len(faults) != 1 || faults[0].Extensions.Code != "stale" {
		t.Errorf("an old version: %+v", faults)
	}
	steps := []struct{ mutation, input, field, want string }{
		{"assignInquiry", `queue:"q1", agent:"kim"`, "assignee", "kim"},
		{"snoozeInquiry", `until:"2099-01-01T00:00:00Z"`, "", ""},
		{"resolveInquiry", `disposition:"done"`, "status", "resolved"},
		{"reopenInquiry", ``, "status", "open"},
	}
	for _, s := range steps {
		got, faults := r.try("admin", fmt.Sprintf(`mutation{%s(input:{id:%q %s}){inquiry{status assignee}}}`, s.mutation, id, s.input), nil)
		if s.field == "" {
			if len(faults) != 1 || faults[0].Extensions.Code != "invalid" || faults[0].Extensions.Errors[0].Field != "until" {
				t.Errorf("%s: %+v", s.mutation, faults)
			}
			continue
		}
		if got.str(s.mutation+".inquiry."+s.field) != s.want {
			t.Errorf("%s: %v %+v", s.mutation, got, faults)
		}
	}
	r.ask(`mutation($i: AddNoteInput!){addNote(input:$i){interaction{id} inquiry{id}}}`, vars{"i": vars{"inquiryId": id, "text": "내부", "mentions": []string{"lee"}}})
	reply := r.ask(`mutation($i: ReplyInput!){reply(input:$i){interaction{direction author{id} attachments{name}} inquiry{status}}}`, vars{"i": vars{
		"inquiryId": id, "text": "처리했습니다", "resolve": true,
		"attachments": []vars{{"name": "안내.txt", "contentType": "text/plain", "content": base64.StdEncoding.EncodeToString([]byte("hi"))}},
	}})
	if reply.str("reply.interaction.direction") != "outbound" || reply.str("reply.interaction.author.id") != "admin" || reply.str("reply.interaction.attachments.0.name") != "안내.txt" || reply.str("reply.inquiry.status") != "resolved" {
		t.Errorf("reply: %v", reply)
	}
}

func TestCustomersAreKept(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	const create = `mutation($i: CreateCustomerInput!){createCustomer(input:$i){customer{id version tier identities{kind value} attributes consents{channel purpose granted at}}}}`
	a := r.ask(create, vars{"i": vars{
		"name": "홍", "identities": []vars{{"kind": "email", "value": "A@x.test"}, {"kind": "memberId", "value": "m1"}}, "attributes": vars{"level": 3},
		"consents": []vars{{"channel": "EMAIL", "purpose": "marketing", "granted": true}},
	}}).at("createCustomer.customer")
	if a.str("identities.0.value") != "a@x.test" || a.str("identities.1.kind") != "memberId" || a.at("attributes.level").v != float64(3) || a.str("consents.0.channel") != "EMAIL" || a.str("tier") != "regular" {
		t.Fatalf("created: %v", a)
	}
	if _, faults := r.try("admin", create, vars{"i": vars{"identities": []vars{{"kind": "email", "value": "a@x.test"}}}}); len(faults) != 1 || faults[0].Extensions.Code != "duplicate" {
		t.Errorf("taken: %+v", faults)
	}
	b := r.ask(create, vars{"i": vars{"name": "길동", "identities": []vars{{"kind": "email", "value": "b@x.test"}}}}).str("createCustomer.customer.id")
	r.memo("b@x.test", "누구")
	updated := r.ask(`mutation($i: UpdateCustomerInput!){updateCustomer(input:$i){customer{tier attributes}}}`, vars{"i": vars{"id": a.str("id"), "tier": "vip", "attributes": vars{"level": nil, "x": "y"}}})
	if updated.str("updateCustomer.customer.tier") != "vip" || updated.at("updateCustomer.customer.attributes.level").v != nil {
		t.Errorf("updated: %v", updated)
	}
	merge := func(name string) {
		r.ask(fmt.Sprintf(`mutation($a: ID!, $b: ID!){%s(input:{into:$a, from:$b}){customer{id}}}`, name), vars{"a": a.str("id"), "b": b})
	}
	owner := func() string {
		return r.ask(`{customerLookup(email:"b@x.test"){id inquiries(statusCategory: open){edges{node{id}}} timeline{edges{node{text}}}}}`, nil).str("customerLookup.id")
	}
	if merge("mergeCustomers"); owner() != a.str("id") {
		t.Error("the merge did not move the identity")
	}
	if merge("unmergeCustomers"); owner() != b {
		t.Error("the undo did not give it back")
	}
	if list := r.ask(`{customers(tier:"vip"){edges{node{id}} pageInfo{hasNextPage}}}`, nil); list.len("customers.edges") != 1 {
		t.Errorf("vips: %v", list)
	}
	r.ask(`mutation($id: ID!){eraseCustomer(input:{id:$id}){customerId}}`, vars{"id": b})
	if got := r.ask(`query($id: ID!){customer(id:$id){erased name identities{value}}}`, vars{"id": b}); got.at("customer.erased").v != true || got.len("customer.identities") != 0 {
		t.Errorf("erased: %v", got)
	}
}

func TestSealedNumbers(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	id := r.memo("s@s.test", "제 번호는 900101-1234568 입니다")
	x := r.ask(`query($id: ID!){inquiry(id:$id){interactions{edges{node{id text}}}}}`, vars{"id": id}).at("inquiry.interactions.edges.0.node")
	if strings.Contains(x.str("text"), "1234568") {
		t.Fatalf("not masked: %v", x)
	}
	const reveal = `mutation($id: ID!){revealSealed(input:{id:$id}){fields{field text}}}`
	if got := r.ask(reveal, vars{"id": x.str("id")}); got.str("revealSealed.fields.0.field") != "text" || !strings.Contains(got.str("revealSealed.fields.0.text"), "900101-1234568") {
		t.Errorf("revealed: %v", got)
	}
	if got := r.ask(`mutation{lookupSealed(input:{number:"9001011234568"}){found{kind id}}}`, nil); got.str("lookupSealed.found.0.id") != x.str("id") {
		t.Errorf("found: %v", got)
	}
	if _, faults := r.try("agent", reveal, vars{"id": x.str("id")}); len(faults) != 1 || faults[0].Extensions.Code != "forbidden" || faults[0].Extensions.Errors[0].Rule != "pii:read" {
		t.Errorf("an agent: %+v", faults)
	}
}

func TestSearchEventsAndSettings(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	id := r.memo("f@f.test", "배송지 변경 부탁")
	r.indexed()
	hit := r.ask(`{search(query:"배송지변경", first:3){edges{node{__typename kind inquiryId score highlights inquiry{id} customer{id} interaction{text}}}}}`, nil).at("search.edges.0.node")
	if hit.str("__typename") != "SearchHit" || hit.str("inquiryId") != id || hit.str("inquiry.id") != id || hit.str("interaction.text") == "" || hit.len("highlights") == 0 {
		t.Errorf("hit: %v", hit)
	}
	if got := r.ask(`{search(query:"!!"){edges{node{id}}}}`, nil); got.len("search.edges") != 0 {
		t.Errorf("no word: %v", got)
	}
	seen, after := map[string]int{}, ""
	for pages := 0; ; pages++ {
		got := r.ask(`query($a: String){events(first:2, after:$a){edges{cursor node{id cursor type at actor{kind} subject{kind id} inquiry{id} data}} pageInfo{hasNextPage endCursor}}}`, vars{"a": after}).at("events")
		for i := range got.len("edges") {
			seen[got.str(fmt.Sprintf("edges.%d.node.type", i))]++
		}
		if after = got.str("pageInfo.endCursor"); got.at("pageInfo.hasNextPage").v != true {
			break
		}
		if pages > 50 {
			t.Fatal("the feed has no end")
		}
	}
	if seen["interaction.received"] != 1 || seen["inquiry.created"] != 1 || seen["account.created"] != 6 {
		t.Errorf("the feed: %v", seen)
	}
	acc := r.ask(`mutation{createAccount(input:{key:"shop", channel:BOARD, name:"Shop"}){account{id key channel active version}}}`, nil).at("createAccount.account")
	if acc.str("channel") != "BOARD" || acc.at("active").v != true {
		t.Errorf("account: %v", acc)
	}
	off := r.ask(`mutation($id: ID!){updateAccount(input:{id:$id, active:false}){account{active}} }`, vars{"id": acc.str("id")})
	list := r.ask(`query($id: ID!){accounts(channel:BOARD){edges{node{key}}} account(id:$id){active} node(id:$id){... on Account{key}}}`, vars{"id": acc.str("id")})
	if off.at("updateAccount.account.active").v != false || list.len("accounts.edges") != 2 || list.str("node.key") != "shop" {
		t.Errorf("accounts: %v %v", off, list)
	}
	key := r.ask(`mutation{createApiKey(input:{name:"pbx", role:integration, scopes:["intake:write"]}){secret apiKey{id scopes role hint createdBy{id}}}}`, nil).at("createApiKey")
	if !strings.HasPrefix(key.str("secret"), "sori_") || key.str("apiKey.scopes.0") != "intake:write" || key.str("apiKey.role") != "integration" {
		t.Errorf("key: %v", key)
	}
	r.ask(`mutation($id: ID!){revokeApiKey(input:{id:$id}){apiKey{revokedAt}}}`, vars{"id": key.str("apiKey.id")})
	if got := r.ask(`{apiKeys{edges{node{id revokedAt}}} me{__typename kind id role scopes}}`, nil); got.str("apiKeys.edges.0.node.revokedAt") == "" || got.str("me.role") != "admin" || got.len("me.scopes") == 0 {
		t.Errorf("keys, me: %v", got)
	}
}

func TestWhoMayOnlyBringIn(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	got, faults := r.try("intake", receive, vars{"i": memoOf("i@i.test", "x")})
	if len(faults) > 0 || got.str("receiveInquiry.inquiry.number") == "" || got.str("receiveInquiry.customer.id") == "" {
		t.Fatalf("%v %+v", got, faults)
	}
	_, faults = r.try("intake", `mutation($i: ReceiveInquiryInput!){receiveInquiry(input:$i){inquiry{subject}}}`, vars{"i": memoOf("i@i.test", "y")})
	if len(faults) != 1 || faults[0].Extensions.Code != "forbidden" {
		t.Errorf("reading: %+v", faults)
	}
}

func TestAPanicIsTheServersOwnAffair(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	for _, query := range []string{`{customer(id:%q){id}}`, `{node(id:%q){id}}`} {
		body, _ := json.Marshal(vars{"query": fmt.Sprintf(query, brokenID)})
		_, answer := r.post("admin", body)
		if !strings.Contains(string(answer), `"internal"`) || strings.Contains(string(answer), "secret") {
			t.Errorf("%s: %s", query, answer)
		}
	}
	if log := r.log.String(); strings.Count(log, "secret of the store") < 2 || !strings.Contains(log, "stack=") || !strings.Contains(log, "req_test") {
		t.Errorf("the log: %s", log)
	}
}

// loseAnswers leaves of the answers to keys what the commits noted, as if the program had ended right after them.
func (r *room) loseAnswers(made string) {
	r.t.Helper()
	ctx := r.t.Context()
	recs, err := domain.IdempotencyRecords.Find(ctx, r.store, domain.Query{Index: "expires"})
	if err != nil || len(recs) == 0 {
		r.t.Fatalf("%d keys, %v", len(recs), err)
	}
	err = r.store.Write(ctx, func(tx domain.Tx) error {
		for _, rec := range recs {
			rec.SetAnswer(0, "", nil)
			rec.Made = made
			if err := domain.IdempotencyRecords.Replace(ctx, tx, rec); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	in := memoOf("k@k.test", "한 번")
	in["idempotencyKey"] = "key-1"
	first, again := r.ask(receive, vars{"i": in}), r.ask(receive, vars{"i": in})
	if again.at("receiveInquiry.duplicate").v != true || again.str("receiveInquiry.interaction.id") != first.str("receiveInquiry.interaction.id") {
		t.Errorf("again: %v", again)
	}
	r.loseAnswers(first.str("receiveInquiry.interaction.id"))
	again = r.ask(receive, vars{"i": in})
	if again.at("receiveInquiry.duplicate").v != true || again.str("receiveInquiry.interaction.id") != first.str("receiveInquiry.interaction.id") {
		t.Errorf("again, after the answer was lost: %v", again)
	}
	other := memoOf("k@k.test", "다른 것")
	other["idempotencyKey"] = "key-1"
	if _, faults := r.try("admin", receive, vars{"i": other}); len(faults) != 1 || faults[0].Extensions.Code != "key_reused" || faults[0].Extensions.Errors[0].Field != "idempotencyKey" {
		t.Errorf("another request: %+v", faults)
	}
	note := vars{"i": vars{"inquiryId": first.str("receiveInquiry.inquiry.id"), "text": "쪽지", "idempotencyKey": "key-2"}}
	const addNote = `mutation($i: AddNoteInput!){addNote(input:$i){interaction{id text} inquiry{interactions{edges{node{id}}}}}}`
	ids := make(chan string, 8)
	for range cap(ids) {
		go func() {
			got, faults := r.try("admin", addNote, note)
			if len(faults) > 0 {
				t.Errorf("%+v", faults)
			}
			ids <- got.str("addNote.interaction.id")
		}()
	}
	one := <-ids
	for range cap(ids) - 1 {
		if id := <-ids; id != one || id == "" {
			t.Errorf("the same note twice: %q and %q", one, id)
		}
	}
	if got := r.ask(addNote, note); got.len("addNote.inquiry.interactions.edges") != 2 || got.str("addNote.interaction.text") != "쪽지" {
		t.Errorf("notes: %v", got)
	}
}
