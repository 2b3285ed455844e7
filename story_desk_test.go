package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sori/domain"
	"sori/domain/desk"
	"sori/domain/intake"
)

// bureau is a teller with somebody at the desk.
type bureau struct {
	*teller
	kim, lee context.Context
}

func opened(s *teller) *bureau {
	as := func(id string, role domain.Role) context.Context {
		return domain.WithActor(s.ctx, domain.Actor{Kind: "token", ID: id, Role: role, Scopes: domain.ScopesOf(role, "")})
	}
	s.staff("kim", "lee")
	return &bureau{s, as("kim", domain.RoleAgent), as("lee", domain.RoleSupervisor)}
}

// texts gives what was said in an inquiry, the oldest first.
func (o *bureau) texts(id string) []string {
	o.Helper()
	page, err := o.desk.Interactions(o.ctx, id, domain.PageRequest{Limit: 200})
	o.must(err)
	var out []string
	for _, x := range page.Items {
		out = append(out, x.Text)
	}
	slices.Reverse(out)
	return out
}

func (o *bureau) says(id string, want ...string) {
	o.Helper()
	if got := o.texts(id); !slices.Equal(got, want) {
		o.Fatalf("%s says %q, want %q", id, got, want)
	}
}

var hong = domain.Party{Name: "홍길동", Email: "hong@mail.test"}

func TestMergedInquiriesAreOneAndApartAgain(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o := opened(s)
		a := s.mail(letter{from: "hong@mail.test", subject: "first", id: "a@mail.test", body: "one"})
		s.later(time.Minute)
		b := s.mail(letter{from: "hong@mail.test", subject: "second", id: "b@mail.test", body: "two"})
		other := s.mail(letter{from: "kim@mail.test", subject: "third", id: "c@mail.test", body: "three"})
		_, err := o.desk.MergeInquiries(o.kim, b.InquiryID, other.InquiryID, 0)
		s.wants(err, domain.Invalid)
		_, err = o.desk.Snooze(o.kim, b.InquiryID, 0, s.clock().Add(time.Hour))
		s.must(err)
		q, err := o.desk.MergeInquiries(o.kim, b.InquiryID, a.InquiryID, 0)
		s.must(err)
		if q.ID != a.InquiryID || !q.LastInteractionAt.Equal(s.clock()) {
			t.Errorf("%+v", q)
		}
		o.says(a.InquiryID, "one", "two")
		o.says(b.InquiryID)
		if q := s.inquiry(b.InquiryID); q.Status != domain.StatusClosed || q.MergedInto != a.InquiryID {
			t.Errorf("%+v", q)
		}
		_, err = o.desk.MergeInquiries(o.kim, b.InquiryID, a.InquiryID, 0)
		s.wants(err, domain.Conflict)

		s.later(time.Minute)
		for i, l := range []letter{
			{from: "hong@mail.test", subject: "re", id: "d@mail.test", refs: "<b@mail.test>", body: "by reference"},
			{from: "hong@mail.test", subject: "re", id: "e@mail.test", to: "voc+" + s.inquiry(b.InquiryID).ReplyToken() + "@shop.test", body: "by token"},
			{from: "hong@mail.test", subject: "re", id: "f@mail.test", refs: "<a@mail.test>", body: "to the first"},
		} {
			s.later(time.Second)
			if r := s.mail(l); r.InquiryID != a.InquiryID {
				t.Errorf("%d went to %s", i, r.InquiryID)
			}
		}
		o.says(a.InquiryID, "one", "two", "by reference", "by token", "to the first")

		back, err := o.desk.UnmergeInquiry(o.kim, b.InquiryID)
		s.must(err)
		o.says(a.InquiryID, "one", "to the first")
		o.says(b.InquiryID, "two", "by reference", "by token")
		if back.Status != domain.StatusOpen || back.MergedInto != "" || !back.Unread {
			t.Errorf("the customer wrote to it since: %+v", back)
		}
		_, err = o.desk.UnmergeInquiry(o.kim, b.InquiryID)
		s.wants(err, domain.Conflict)
		if s.count(domain.EventInquiryMerged) != 1 || s.count(domain.EventInquiryUnmerged) != 1 {
			t.Error("the feed does not tell of both")
		}
	})
}

// TestChainOfMerges: what was merged into an inquiry goes along with it, and each undo gives back its own.
func TestChainOfMerges(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o := opened(s)
		var id [3]string
		for i, text := range []string{"one", "two", "three"} {
			id[i] = s.memo(hong, text).InquiryID
			s.later(time.Second)
		}
		_, err := o.desk.Resolve(o.kim, id[1], 0, "")
		s.must(err)
		_, err = o.desk.MergeInquiries(o.kim, id[0], id[1], 0)
		s.must(err)
		_, err = o.desk.MergeInquiries(o.kim, id[1], id[2], 0)
		s.must(err)
		o.says(id[2], "one", "two", "three")
		back, err := o.desk.UnmergeInquiry(o.kim, id[1])
		s.must(err)
		if back.Status != domain.StatusOpen || !back.Unread {
			t.Errorf("the first question waits for its answer here: %+v", back)
		}
		o.says(id[1], "one", "two")
		o.says(id[2], "three")
		_, err = o.desk.UnmergeInquiry(o.kim, id[0])
		s.must(err)
		o.says(id[0], "one")
		o.says(id[1], "two")
		if q := s.inquiry(id[1]); q.Status != domain.StatusResolved || q.ResolvedAt == nil {
			t.Errorf("it was resolved: %+v", q)
		}
	})
}

// TestAnUndoneMergeLeavesTheOtherAsItWas: who was answered waits for no answer because of a question that has gone again; what he asked since stays asked.
func TestAnUndoneMergeLeavesTheOtherAsItWas(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o := opened(s)
		answered := s.memo(hong, "one").InquiryID
		_, err := o.desk.Reply(o.kim, answered, desk.Reply{Text: "answer"})
		s.must(err)
		before := s.inquiry(answered)
		s.later(time.Minute)
		question := s.memo(hong, "two").InquiryID
		there := func() *domain.Inquiry {
			s.Helper()
			_, err := o.desk.MergeInquiries(o.kim, question, answered, 0)
			s.must(err)
			q := s.inquiry(answered)
			if q.StatusCategory != domain.CategoryOpen || !q.Unread || q.CustomerSince == nil {
				s.Errorf("a question waits in it: %+v", q)
			}
			return q
		}
		there()
		_, err = o.desk.UnmergeInquiry(o.kim, question)
		s.must(err)
		if q := s.inquiry(answered); q.Status != before.Status || q.Unread || q.CustomerSince != nil || !q.LastInteractionAt.Equal(before.LastInteractionAt) {
			s.Errorf("after the undo\n got %+v\nwant %+v", q, before)
		}
		there()
		s.later(time.Minute)
		_, err = s.intake.Receive(s.ctx, intake.Submission{Channel: domain.ChannelMemo, From: hong, InquiryID: answered, Text: "three", Memo: &domain.MemoPart{Location: "lobby"}})
		s.must(err)
		_, err = o.desk.UnmergeInquiry(o.kim, question)
		s.must(err)
		if q := s.inquiry(answered); q.Status != domain.StatusOpen || !q.Unread || q.CustomerSince == nil || !q.CustomerSince.Equal(s.clock()) {
			s.Errorf("he asked again: %+v", q)
		}
	})
}

// TestTakenInWhileInquiriesPart: what comes for an inquiry while it is taken out of the other is its own.
func TestTakenInWhileInquiriesPart(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o := opened(s)
		a, b := s.memo(hong, "a").InquiryID, s.memo(hong, "b").InquiryID
		for i := range 3 {
			_, err := o.desk.MergeInquiries(o.kim, a, b, 0)
			s.must(err)
			var pouring sync.WaitGroup
			for range 3 {
				pouring.Go(func() {
					for range 20 {
						_, err := s.intake.Receive(s.ctx, intake.Submission{Channel: domain.ChannelMemo, From: hong, InquiryID: a, Text: "for a", Memo: &domain.MemoPart{Location: "lobby"}})
						if err != nil {
							s.Error(err)
						}
					}
				})
			}
			time.Sleep(20 * time.Millisecond)
			_, err = o.desk.UnmergeInquiry(o.kim, a)
			s.must(err)
			pouring.Wait()
			for id, want := range map[string]int{a: 1 + 60*(i+1), b: 1} {
				found, err := domain.Interactions.Find(s.ctx, s.store, domain.Query{Index: "inquiry", Equal: []any{id}})
				s.must(err)
				if len(found) != want {
					s.Errorf("%d interactions, want %d", len(found), want)
				}
			}
		}
	})
}

func TestSplit(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o := opened(s)
		a := s.mail(letter{from: "hong@mail.test", subject: "refund", id: "a@mail.test", body: "one"})
		s.later(time.Minute)
		b := s.mail(letter{from: "hong@mail.test", subject: "address", id: "b@mail.test", refs: "<a@mail.test>", body: "two"})
		_, err := o.desk.Split(o.kim, a.InquiryID, 0, desk.Split{Interactions: []string{a.Interaction, b.Interaction}})
		s.wants(err, domain.Invalid)
		_, err = o.desk.Split(o.kim, a.InquiryID, 0, desk.Split{Interactions: []string{"int_01kaewrg4gx5bq8b8xcv0m2d3e"}})
		s.wants(err, domain.Invalid)
		q, err := o.desk.Split(o.kim, a.InquiryID, 0, desk.Split{Interactions: []string{b.Interaction}})
		s.must(err)
		if q.Subject != "address" || q.SplitFromID != a.InquiryID || q.CustomerID != a.CustomerID || q.Number == a.Number || q.StatusCategory != domain.CategoryOpen {
			t.Errorf("%+v", q)
		}
		o.says(a.InquiryID, "one")
		o.says(q.ID, "two")
		r := s.mail(letter{from: "hong@mail.test", subject: "re", id: "c@mail.test", refs: "<b@mail.test>", body: "three"})
		if r.InquiryID != q.ID {
			t.Error("an answer to what was split off goes elsewhere")
		}
	})
}

func TestUndoSend(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o, p := opened(s), posting(s)
		in := s.mail(letter{from: "hong@mail.test", subject: "q", id: "a@mail.test", body: "one"})
		x, err := o.desk.Reply(o.kim, in.InquiryID, desk.Reply{Text: "too early", Resolve: true, UndoSeconds: 30})
		s.must(err)
		p.send()
		if len(p.relay.got()) != 0 {
			t.Fatal("a held mail was sent")
		}
		_, err = o.desk.Unsend(domain.WithActor(s.ctx, domain.Actor{Kind: "token", ID: "park", Role: domain.RoleAgent, Scopes: domain.ScopesOf(domain.RoleAgent, "")}), x.ID)
		s.wants(err, domain.Forbidden)
		d, err := o.desk.Unsend(o.kim, x.ID)
		s.must(err)
		if q := s.inquiry(in.InquiryID); d.Text != "too early" || q.Status != domain.StatusNew || !q.Unread || q.CustomerSince == nil || q.FirstAnsweredAt != nil {
			t.Errorf("%+v, %+v", d, q)
		}
		o.says(in.InquiryID, "one")
		x, err = o.desk.Reply(o.kim, in.InquiryID, desk.Reply{Text: "now", UndoSeconds: 30})
		s.must(err)
		_, err = o.desk.Draft(o.kim, in.InquiryID)
		s.wants(err, domain.NotFound) // the reply took its place
		s.later(31 * time.Second)
		_, err = o.desk.Unsend(o.kim, x.ID)
		s.wants(err, domain.Conflict)
		p.send()
		if got := p.relay.got(); len(got) != 1 {
			t.Fatalf("%d mails", len(got))
		}
		_, err = o.desk.Unsend(o.kim, x.ID)
		s.wants(err, domain.Conflict)
	})
}

// TestResidentNumberInAnAnswersFile: the file is encrypted, is found by the number, and is given only to those who may see such numbers.
func TestResidentNumberInAnAnswersFile(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o := opened(s)
		id := s.memo(hong, "the form, please").InquiryID
		list, plain := []byte("name,number\nHong,900101-1234568\n"), []byte("nothing of the kind")
		x, err := o.desk.Reply(o.kim, id, desk.Reply{Text: "here it is", Files: []desk.File{
			{Name: "900101-1234568.csv", ContentType: "text/csv; charset=utf-8", Data: list}, {Name: "plain.txt", ContentType: "text/plain", Data: plain},
		}})
		s.must(err)
		if name := x.Attachments[0].Name; strings.Contains(name, "1234568") {
			t.Errorf("the file is called %s", name)
		}
		for i, sealed := range []bool{true, false} {
			b, err := domain.Blobs.Get(s.ctx, s.store, x.Attachments[i].BlobID)
			s.must(err)
			if (b.Sealed != "") != sealed {
				t.Errorf("file %d: encrypted by %q", i+1, b.Sealed)
			}
		}
		_, _, err = o.desk.Attachment(o.kim, x.ID, 1)
		s.wants(err, domain.Forbidden)
		_, got, err := o.desk.Attachment(o.kim, x.ID, 2)
		s.must(err)
		if !bytes.Equal(got, plain) {
			t.Errorf("the plain file is %q", got)
		}
		_, got, err = o.desk.Attachment(s.ctx, x.ID, 1)
		s.must(err)
		if !bytes.Equal(got, list) {
			t.Errorf("the list is %q", got)
		}
		if n := len(x.Sealed); n != 2 {
			t.Errorf("%d numbers are found: %+v", n, x.Sealed)
		}
	})
}

func TestDraftsAreEachOnesOwn(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o := opened(s)
		id := s.memo(hong, "hello").InquiryID
		first, err := o.desk.SaveDraft(o.kim, id, 0, desk.DraftText{Text: "kim's 900101-1234568"})
		s.must(err)
		if first.Text == "kim's 900101-1234568" {
			t.Error("a resident number is in a draft")
		}
		_, err = o.desk.SaveDraft(o.lee, id, 0, desk.DraftText{Text: "lee's", Kind: domain.DraftNote})
		s.must(err)
		_, err = o.desk.SaveDraft(o.kim, id, first.Version, desk.DraftText{Text: "kim's second"})
		s.must(err)
		_, err = o.desk.SaveDraft(o.kim, id, first.Version, desk.DraftText{Text: "from another window"})
		s.wants(err, domain.Stale)
		_, err = o.desk.AddNote(o.kim, id, desk.Note{Text: "a note leaves a reply's draft"})
		s.must(err)
		d, err := o.desk.Draft(o.kim, id)
		s.must(err)
		if d.Text != "kim's second" {
			t.Errorf("%+v", d)
		}
		_, err = o.desk.AddNote(o.lee, id, desk.Note{Text: "lee's"})
		s.must(err)
		_, err = o.desk.Draft(o.lee, id)
		s.wants(err, domain.NotFound)
		s.must(o.contact.Erase(s.ctx, s.inquiry(id).CustomerID))
		jobs, err := domain.ClaimJobs(s.ctx, s.store, "customer.erase", "story", s.clock(), time.Minute, 1)
		s.must(err)
		s.must(o.contact.RunErase(s.ctx, jobs[0]))
		_, err = o.desk.Draft(o.kim, id)
		s.wants(err, domain.NotFound)
	})
}

func TestMacroIsOneCommit(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o, sorter := opened(s), sorting(s)
		sorter.types()
		tpl := sorter.template("refund", "{{customer.name}}님, {{inquiry.number}} 처리했습니다")
		resolved, me := domain.StatusResolved, domain.ActingAgent
		m, err := o.desk.CreateMacro(o.lee, desk.MacroDraft{Key: "done", Actions: domain.Actions{
			Status: &resolved, Assignee: &me, AddTags: []string{"refund"}, Note: "환불함", Reply: &domain.ActionReply{TemplateID: tpl.ID},
		}})
		s.must(err)
		_, err = o.desk.CreateMacro(o.lee, desk.MacroDraft{Key: "done", Actions: domain.Actions{Note: "x"}})
		s.wants(err, domain.Duplicate)
		_, err = o.desk.CreateMacro(o.lee, desk.MacroDraft{Key: "nothing"})
		s.wants(err, domain.Invalid)
		in := s.memo(hong, "환불")
		q, err := o.desk.RunMacro(o.kim, in.InquiryID, "done", 0)
		s.must(err)
		if q.Status != domain.StatusResolved || q.Assignee != "kim" || !slices.Equal(q.Tags, []string{"refund"}) || q.Version != s.inquiry(q.ID).Version {
			t.Errorf("%+v", q)
		}
		o.says(in.InquiryID, "환불", "환불함", "홍길동님, "+q.Number+" 처리했습니다")
		_, err = o.desk.RunMacro(o.kim, in.InquiryID, m.ID, 1)
		s.wants(err, domain.Stale)
		before := len(o.texts(in.InquiryID))
		bad := domain.Status("closed")
		_, err = o.desk.Act(o.kim, in.InquiryID, 0, domain.Actions{Status: &bad, Note: "goes"})
		s.must(err)
		_, err = o.desk.Act(o.kim, in.InquiryID, 0, domain.Actions{Status: &resolved, Note: "does not go"})
		s.wants(err, domain.Conflict)
		if len(o.texts(in.InquiryID)) != before+1 {
			t.Error("part of what failed was written")
		}
	})
}

func TestCustomFieldsHaveTypes(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o := opened(s)
		for _, d := range []desk.CustomFieldDraft{
			{Key: "orders", Kind: domain.FieldNumber}, {Key: "due", Kind: domain.FieldDate}, {Key: "vip", Kind: domain.FieldBoolean},
			{Key: "shop", Kind: domain.FieldSelect, Options: []string{"seoul", "busan"}},
		} {
			_, err := o.desk.DeclareField(o.lee, d)
			s.must(err)
		}
		_, err := o.desk.DeclareField(o.lee, desk.CustomFieldDraft{Key: "x", Kind: domain.FieldSelect})
		s.wants(err, domain.Invalid)
		id := s.memo(hong, "hello").InquiryID
		q, err := o.desk.Edit(o.kim, id, 0, desk.Patch{Custom: map[string]any{"orders": 3.0, "due": "2026-11-22", "vip": true, "shop": "busan", "free": []any{"x"}}})
		s.must(err)
		if len(q.Custom) != 5 {
			t.Errorf("%v", q.Custom)
		}
		for field, v := range map[string]any{"orders": "three", "due": "22.11.2026", "vip": "yes", "shop": "jeju"} {
			_, err := o.desk.Edit(o.kim, id, 0, desk.Patch{Custom: map[string]any{field: v}})
			s.wants(err, domain.Invalid)
			if !strings.HasPrefix(err.Error(), "custom."+field+":") {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}

func TestBulkRun(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o := opened(s)
		var ids []string
		for i := range 230 {
			r := s.memo(domain.Party{Phone: fmt.Sprintf("010-2000-%04d", i)}, "outage")
			ids = append(ids, r.InquiryID)
		}
		closed, resolved := domain.StatusClosed, domain.StatusResolved
		_, err := o.desk.Edit(o.kim, ids[7], 0, desk.Patch{Status: &closed})
		s.must(err)
		run, err := o.desk.StartBulk(o.kim, desk.BulkDraft{InquiryIDs: append(ids, ids[0], "inq_01kaewrg4gx5bq8b8xcv0m2d3e"), Actions: domain.Actions{Status: &resolved, Note: "복구됨"}})
		s.must(err)
		jobs, err := domain.ClaimJobs(s.ctx, s.store, desk.JobBulk, "story", s.clock(), time.Minute, 1)
		s.must(err)
		s.must(o.desk.RunBulk(s.ctx, jobs[0]))
		s.must(o.desk.RunBulk(s.ctx, jobs[0])) // after a death at the very end
		run, err = o.desk.GetBulk(o.kim, run.ID)
		s.must(err)
		if run.State != domain.BulkFinished || run.Done != 229 || run.Failed != 2 {
			t.Errorf("%s: %d done, %d failed", run.State, run.Done, run.Failed)
		}
		o.says(ids[3], "outage", "복구됨")
		if x, _ := o.desk.Interactions(o.ctx, ids[3], domain.PageRequest{}); x.Items[0].Author.ID != "kim" {
			t.Errorf("it was done by %v", x.Items[0].Author)
		}
		failed := map[string]string{}
		for page := (domain.PageRequest{Limit: 100}); ; {
			results, err := o.desk.BulkResults(o.kim, run.ID, page)
			s.must(err)
			for _, r := range results.Items {
				if !r.OK {
					failed[r.InquiryID] = r.Code
				}
			}
			if page.Cursor = results.NextCursor; page.Cursor == "" {
				break
			}
		}
		if failed[ids[7]] != "conflict" || failed["inq_01kaewrg4gx5bq8b8xcv0m2d3e"] != "not_found" {
			t.Errorf("%v", failed)
		}
		_, err = o.desk.StartBulk(o.kim, desk.BulkDraft{Filter: &desk.Filter{}, Actions: domain.Actions{Note: "everybody"}})
		s.wants(err, domain.Invalid)

		run, err = o.desk.StartBulk(o.kim, desk.BulkDraft{Filter: &desk.Filter{StatusCategory: domain.CategoryResolved, Channel: domain.ChannelMemo}, Actions: domain.Actions{AddTags: []string{"outage"}}})
		s.must(err)
		jobs, err = domain.ClaimJobs(s.ctx, s.store, desk.JobBulk, "story", s.clock(), time.Minute, 1)
		s.must(err)
		s.must(o.desk.RunBulk(s.ctx, jobs[0]))
		if run, err = o.desk.GetBulk(o.kim, run.ID); err != nil || run.Done != 230 || run.Failed != 0 {
			t.Errorf("%+v %v", run, err)
		}
	})
}

// counts follows the feed to its end and gives the counts of a view.
func (o *bureau) counts(as context.Context, view *domain.View) desk.ViewCount {
	o.Helper()
	o.must(o.desk.Tally(o.ctx, o.events()))
	for {
		jobs, err := domain.ClaimJobs(o.ctx, o.store, desk.JobTally, "story", o.clock(), time.Minute, 1)
		o.must(err)
		if len(jobs) == 0 {
			break
		}
		o.must(o.desk.RunTally(o.ctx, jobs[0]))
		o.must(o.store.Write(o.ctx, func(tx domain.Tx) error { return domain.FinishJob(o.ctx, tx, jobs[0]) }))
	}
	counts, err := o.desk.ViewCounts(as, []string{view.ID})
	o.must(err)
	return counts[0]
}

func TestViewsCountWhatIsInThem(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o := opened(s)
		var ids []string
		for i := range 12 {
			ids = append(ids, s.memo(domain.Party{Phone: fmt.Sprintf("010-3000-%04d", i)}, "hello").InquiryID)
		}
		open, err := o.desk.CreateView(o.lee, desk.ViewDraft{Name: "open", Shared: true, Filter: desk.Filter{StatusCategory: domain.CategoryOpen}})
		s.must(err)
		_, err = o.desk.CreateView(o.kim, desk.ViewDraft{Name: "open", Shared: true})
		s.wants(err, domain.Forbidden)
		mine, err := o.desk.CreateView(o.lee, desk.ViewDraft{Name: "mine", Shared: true, Filter: desk.Filter{Assignee: domain.ActingAgent}})
		s.must(err)
		s.later(time.Second)
		if c := o.counts(o.kim, open); c.Count != 12 || c.Unread != 12 || !c.Ready {
			t.Errorf("what was there before the view: %+v", c)
		}
		kim, lee := "kim", "lee"
		for i, id := range ids[:5] {
			_, err := o.desk.Edit(o.lee, id, 0, desk.Patch{Assignee: []*string{&kim, &lee}[i%2]})
			s.must(err)
		}
		_, err = o.desk.MarkRead(o.kim, ids[0], false)
		s.must(err)
		_, err = o.desk.Resolve(o.kim, ids[11], 0, "")
		s.must(err)
		s.memo(domain.Party{Phone: "010-3000-9999"}, "new")
		if c := o.counts(o.kim, open); c.Count != 12 || c.Unread != 11 {
			t.Errorf("%+v", c)
		}
		if c := o.counts(o.kim, mine); c.Count != 3 || c.Unread != 2 {
			t.Errorf("kim's: %+v", c)
		}
		if c := o.counts(o.lee, mine); c.Count != 2 {
			t.Errorf("lee's: %+v", c)
		}
		page, err := o.desk.ViewInquiries(o.kim, mine.ID, domain.PageRequest{})
		s.must(err)
		if len(page.Items) != 3 {
			t.Errorf("%d of kim's", len(page.Items))
		}
		_, err = o.desk.EditView(o.lee, open.ID, 0, desk.ViewPatch{Filter: &desk.Filter{StatusCategory: domain.CategoryResolved}})
		s.must(err)
		s.later(time.Second)
		if c := o.counts(o.kim, open); c.Count != 1 || c.Unread != 1 {
			t.Errorf("after the filter changed: %+v", c)
		}
		own, err := o.desk.CreateView(o.kim, desk.ViewDraft{Name: "kim's own"})
		s.must(err)
		_, err = o.desk.GetView(o.lee, own.ID)
		s.wants(err, domain.NotFound)
		s.must(o.desk.DeleteView(o.kim, own.ID))
	})
}

func TestTransferKeepsTheReason(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o := opened(s)
		id := s.memo(hong, "hello").InquiryID
		_, err := o.desk.Assign(o.kim, id, 0, "kim", "", "")
		s.must(err)
		_, err = o.desk.Transfer(o.kim, id, 0, desk.Transfer{Reason: "nowhere"})
		s.wants(err, domain.Invalid)
		for _, p := range []desk.Patch{{Assignee: &[]string{"nobody"}[0]}, {Queue: &[]string{"nowhere"}[0]}, {Team: &[]string{"no one"}[0]}} {
			_, err = o.desk.Edit(o.kim, id, 0, p)
			s.wants(err, domain.Invalid)
		}
		q, err := o.desk.Transfer(o.kim, id, 0, desk.Transfer{Queue: domain.DefaultQueue, Reason: "not mine"})
		s.must(err)
		if q.Assignee != "" || q.Queue != domain.DefaultQueue {
			t.Errorf("%+v", q)
		}
		o.says(id, "hello", "not mine")
	})
}
