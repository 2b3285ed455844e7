package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sori/graph"
)

// introspection is what GraphiQL asks, but for its directives.
const introspection = `{__schema{queryType{name} types{kind name description fields(includeDeprecated:true){name args{name type{...T} defaultValue} type{...T}} inputFields{name type{...T}} interfaces{...T} enumValues{name} possibleTypes{...T}}}}
fragment T on __Type{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name}}}}}}}}`

func TestBadOperationsAreRefused(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	r.memo("l@l.test", "x")
	laughs := strings.Builder{}
	laughs.WriteString("{inquiries{edges{node{...f0}}}}")
	for i := range 60 {
		fmt.Fprintf(&laughs, " fragment f%d on Inquiry{...f%d ...f%d a%d:id}", i, i+1, i+1, i)
	}
	laughs.WriteString(" fragment f60 on Inquiry{id}")
	repeat := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	nested := strings.Repeat("interactions{edges{node{inquiry{", 8) + "id" + strings.Repeat("}}}}", 8)
	cases := map[string]struct{ query, code, field string }{
		"no query text":            {"", "invalid", ""},
		"not GraphQL":              {"{inquiry(", "malformed", ""},
		"unknown field":            {"{nothing}", "invalid", ""},
		"unknown enum":             {`{inquiries(channel: SMOKE){edges{cursor}}}`, "invalid", ""},
		"page too large":           {`{inquiries(first: 201){edges{cursor}}}`, "invalid", "first"},
		"page of none":             {`{inquiries(first: 0){edges{cursor}}}`, "invalid", "first"},
		"no number":                {`{inquiries(first: 99999999999){edges{cursor}}}`, "invalid", "first"},
		"unknown cursor":           {`{inquiries(after: "garbage"){edges{cursor}}}`, "invalid", "after"},
		"unknown cursor, inner":    {`{inquiries{edges{node{interactions(after: "garbage"){edges{cursor}}}}}}`, "invalid", "after"},
		"unknown cursor, feed":     {`{events(after: "9-9"){edges{cursor}}}`, "invalid", "after"},
		"search too many":          {`{search(query:"a", first: 500){edges{cursor}}}`, "invalid", "first"},
		"search too long":          {`{search(query:"` + strings.Repeat("가", 400) + `"){edges{cursor}}}`, "invalid", "query"},
		"two identities":           {`{customerLookup(phone:"1", email:"a@b.c"){id}}`, "invalid", "phone"},
		"no phone number":          {`{customerLookup(phone:"xyz"){id}}`, "invalid", "phone"},
		"nobody's number":          {`{customerLookup(phone:"010-0000-0001"){id}}`, "not_found", ""},
		"id nobody has":            {`{inquiry(id:"nothing"){id}}`, "not_found", ""},
		"id nobody has, node":      {`{node(id:"inq_00000000000000000000000000"){id}}`, "not_found", ""},
		"too many ids":             {`{nodes(ids:[` + strings.Repeat(`"a",`, 201) + `]){id}}`, "invalid", "ids"},
		"bad time":                 {`mutation{snoozeInquiry(input:{id:"x", until:"tomorrow"}){inquiry{id}}}`, "invalid", "until"},
		"mail without source":      {`mutation{receiveInquiry(input:{channel:EMAIL}){duplicate}}`, "invalid", "raw"},
		"memo without part":        {`mutation{receiveInquiry(input:{channel:MEMO, from:{email:"a@b.test"}}){duplicate}}`, "invalid", "memo"},
		"blank identity":           {`mutation{receiveInquiry(input:{channel:MEMO, from:{email:" "}, memo:{}}){duplicate}}`, "invalid", "from"},
		"no account":               {`mutation{receiveInquiry(input:{channel:MEMO, account:"nobody", from:{email:"a@b.test"}, memo:{}}){duplicate}}`, "invalid", "account"},
		"no base 64":               {`mutation{receiveInquiry(input:{channel:EMAIL, raw:"%%"}){duplicate}}`, "invalid", "raw"},
		"long key":                 {`mutation{receiveInquiry(input:{channel:MEMO, idempotencyKey:"` + strings.Repeat("k", 300) + `"}){duplicate}}`, "invalid", "idempotencyKey"},
		"nested deep":              {"{inquiries{edges{node{" + nested + "}}}}", "invalid", "query"},
		"many aliases at the root": {"{" + repeat(`a%d:me{id} `, 60) + "}", "invalid", "query"},
		"many aliases":             {"{me{" + repeat(`a%d:id `, 3000) + "}}", "invalid", "query"},
		"many mutations":           {"mutation{" + repeat(`a%d:reopenInquiry(input:{id:"x"}){inquiry{id}} `, 60) + "}", "invalid", "query"},
		"pages in pages":           {"{inquiries(first:200){edges{node{interactions(first:200){edges{node{id text}}}}}}}", "invalid", "query"},
		"a billion laughs":         {laughs.String(), "invalid", "query"},
		"fragment in itself":       {"{me{...f}} fragment f on Me{id ...f}", "invalid", ""},
		"long query":               {"{me{id}} #" + strings.Repeat("x", 200<<10), "invalid", "query"},
		"many tokens":              {"{me{" + strings.Repeat("id ", 20_000) + "}}", "malformed", ""},
		"deep introspection":       {`{__schema{types{fields{type{fields{type{fields{type{fields{name}}}}}}}}}}`, "invalid", ""},
		"subscription by itself":   {`subscription{events{id}}`, "invalid", "query"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults := r.try("admin", c.query, nil)
			if len(faults) == 0 || faults[0].Extensions.Code != c.code || faults[0].Extensions.RequestID != "req_test" {
				t.Fatalf("%+v", faults)
			}
			if c.field != "" && (len(faults[0].Extensions.Errors) == 0 || faults[0].Extensions.Errors[0].Field != c.field) {
				t.Errorf("%+v", faults[0])
			}
		})
	}
}

func TestFieldsOfOneNameAreOneField(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	id := r.memo("l@l.test", "x")
	cases := map[string]struct {
		fields string
		ok     bool
	}{
		"twice the same":          {`... on Inquiry{id id customer{id} customer{name}}`, true},
		"another field":           {`... on Inquiry{a:id a:number}`, false},
		"other arguments":         {`... on Inquiry{interactions(first:1){edges{cursor}} interactions(first:2){edges{cursor}}}`, false},
		"arguments in any order":  {`... on Inquiry{interactions(first:1, after:""){edges{cursor}} interactions(after:"", first:1){edges{cursor}}}`, true},
		"deeper":                  {`... on Inquiry{customer{a:id} customer{a:name}}`, false},
		"by a fragment":           {`... on Inquiry{...f customer{a:id}}`, false},
		"other types, same leaf":  {`... on Inquiry{a:number} ... on Account{a:key}`, true},
		"other types, other leaf": {`... on Inquiry{a:number} ... on Account{a:active}`, false},
		"other types, deeper":     {`... on Inquiry{a:customer{b:id}} ... on Interaction{a:inquiry{b:id}}`, true},
		"other types, deep leaf":  {`... on Inquiry{a:customer{b:id}} ... on Interaction{a:inquiry{b:version}}`, false},
		"with the interface":      {`id ... on Inquiry{id:number}`, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			query := `query($id: ID!){node(id:$id){` + c.fields + `}}`
			if strings.Contains(query, "...f ") {
				query += ` fragment f on Inquiry{customer{a:name}}`
			}
			if _, faults := r.try("admin", query, vars{"id": id}); (len(faults) == 0) != c.ok {
				t.Errorf("%+v", faults)
			}
		})
	}
}

func TestErrorsAreNotListedForEver(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, "x%d ", i)
	}
	if _, faults := r.try("admin", "{me{"+many.String()+"}}", nil); len(faults) != 50 {
		t.Errorf("%d errors", len(faults))
	}
}

func TestVariablesAreChecked(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	cases := map[string]struct {
		change vars
		field  string
	}{
		"time":           {vars{"occurredAt": "yesterday"}, "occurredAt"},
		"future":         {vars{"occurredAt": "2999-01-01T00:00:00Z"}, "occurredAt"},
		"NUL":            {vars{"text": "a\x00b"}, "text"},
		"number as text": {vars{"text": 5}, ""},
		"unknown field":  {vars{"colour": "red"}, ""},
		"custom depth":   {vars{"custom": vars{"a": vars{"b": vars{"c": vars{"d": vars{"e": 1}}}}}}, "custom.a.b.c.d"},
		"custom list":    {vars{"custom": []int{1}}, "custom"},
		"huge number":    {vars{"custom": vars{"n": json.Number("1e999")}}, "custom"},
		"null":           {vars{"channel": nil}, ""},
		"other's part":   {vars{"chat": vars{"sessionId": "s"}}, "chat"},
		"file":           {vars{"file": vars{"name": "a", "contentType": "b", "content": "YQ=="}}, "file"},
		"direction":      {vars{"channel": "PHONE", "memo": nil, "phone": vars{"callId": "c", "direction": "sideways"}}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := memoOf("v@v.test", "x")
			for k, v := range c.change {
				in[k] = v
			}
			_, faults := r.try("admin", receive, vars{"i": in})
			if len(faults) != 1 || faults[0].Extensions.Code != "invalid" {
				t.Fatalf("%+v", faults)
			}
			if c.field != "" && (len(faults[0].Extensions.Errors) != 1 || !strings.HasPrefix(faults[0].Extensions.Errors[0].Field, c.field)) {
				t.Errorf("%+v", faults[0])
			}
		})
	}
}

func TestRequestsThatAreNone(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{Body: 1 << 20})
	ok := `{"query":"{me{id}}"}`
	cases := map[string]struct {
		body   string
		status int
		code   string
		header []string
	}{
		"empty":              {"", 400, "malformed", nil},
		"no JSON":            {"{", 400, "malformed", nil},
		"trailing text":      {ok + "x", 400, "malformed", nil},
		"two documents":      {ok + ok, 400, "malformed", nil},
		"a list of requests": {"[" + ok + "]", 400, "malformed", nil},
		"no query":           {`{"variables":{}}`, 400, "malformed", nil},
		"query is a number":  {`{"query":5}`, 400, "malformed", nil},
		"variables a list":   {`{"query":"{me{id}}","variables":[1]}`, 400, "malformed", nil},
		"invalid UTF-8":      {"{\"query\":\"{me{id}}#\xff\"}", 400, "malformed", nil},
		"deep":               {`{"query":"{me{id}}","variables":{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}}`, 400, "malformed", nil},
		"large":              {`{"query":"{me{id}}` + strings.Repeat(" ", 2<<20) + `"}`, 413, "too_large", nil},
		"a form":             {"query={me{id}}", 415, "unsupported_type", []string{"Content-Type", "application/x-www-form-urlencoded"}},
		"no token":           {ok, 401, "unauthenticated", []string{"Authorization", ""}},
		"brackets in text":   {`{"query":"{me{id}} # ` + strings.Repeat("[{", 100) + `\"[["}`, 200, "", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, answer := r.post("admin", []byte(c.body), c.header...)
			var out struct{ Errors []fault }
			if err := json.Unmarshal(answer, &out); err != nil || status != c.status {
				t.Fatalf("%d %v: %s", status, err, answer)
			}
			if c.code != "" && (len(out.Errors) != 1 || out.Errors[0].Extensions.Code != c.code) {
				t.Errorf("%s", answer)
			}
		})
	}
	resp, err := http.Get(r.url + "?query={me{id}}")
	if err != nil || resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != http.MethodPost {
		t.Errorf("GET: %v %v", resp, err)
	}
}

func TestTheSchemaCanBeAskedOrHidden(t *testing.T) {
	t.Parallel()
	open, hidden := newRoom(t, graph.Limits{}), newRoom(t, graph.Limits{HideSchema: true})
	if got := open.ask(introspection, nil); got.len("__schema.types") < 50 {
		t.Errorf("the schema has %d types", got.len("__schema.types"))
	}
	if _, faults := hidden.try("admin", introspection, nil); len(faults) == 0 {
		t.Error("the schema is shown")
	}
}

func TestPersistedQueries(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	const query, hash = `{me{id}}`, "4a0e72b8fd0cbaaf1a7f32c7e4dd1d0a8a0a5e2a8a6d4b1a7c8f2f3c9f1e2d3c"
	send := func(text, sha string) string {
		body, _ := json.Marshal(vars{"query": text, "extensions": vars{"persistedQuery": vars{"version": 1, "sha256Hash": sha}}})
		_, answer := r.post("admin", body)
		return string(answer)
	}
	sha := sha256Hex(query)
	if got := send("", sha); !strings.Contains(got, "PERSISTED_QUERY_NOT_FOUND") || !strings.Contains(got, `"PersistedQueryNotFound"`) {
		t.Errorf("unknown: %s", got)
	}
	if got := send(query, hash); !strings.Contains(got, `"code":"invalid"`) {
		t.Errorf("another text's hash: %s", got)
	}
	if got := send(query, sha); !strings.Contains(got, `"admin"`) {
		t.Errorf("with the text: %s", got)
	}
	if got := send("", sha); !strings.Contains(got, `"admin"`) {
		t.Errorf("by its hash: %s", got)
	}
}
