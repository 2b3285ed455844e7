package main

import (
	"encoding/json"
	"strings"
	"testing"

	"sori/domain"
	"sori/domain/contact"
	"sori/domain/desk"
	"sori/domain/intake"
)

const (
	aNumber   = "900101-1234568"
	itsSecret = "1234568"
)

// TestNoNumberIsLeftInTheOpen: wherever people write, down to tags, classes and the names of recipients, and in the events that tell of it.
func TestNoNumberIsLeftInTheOpen(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		r, err := s.intake.Receive(s.ctx, intake.Submission{
			Channel: domain.ChannelPhone, From: domain.Party{Email: "kim@m.test", Name: "김 " + aNumber}, To: []domain.Party{{Name: aNumber, Phone: "1588-0000"}},
			Text: aNumber, Tags: []string{aNumber}, Campaign: aNumber, Custom: map[string]any{"note": aNumber},
			Phone: &domain.PhonePart{CallID: "c1", Queue: "q " + aNumber, Disposition: aNumber, Agent: aNumber},
		})
		s.must(err)
		mail := s.mail(letter{
			from: "kim@m.test", to: `"` + aNumber + `" <voc@shop.test>`, subject: "x", id: "n1@m.test", body: "nothing here", headers: "Cc: \"" + aNumber + "\" <lee@m.test>\r\n",
		})
		tags, disposition := []string{"vip", aNumber}, aNumber
		_, err = s.desk.Edit(s.ctx, r.InquiryID, 0, desk.Patch{Tags: &tags, Disposition: &disposition})
		s.must(err)
		tier, consents := aNumber, []domain.Consent{{Channel: domain.ChannelEmail, Purpose: aNumber, Source: aNumber, Granted: true}}
		_, err = s.contact.Edit(s.ctx, r.CustomerID, 0, contact.Patch{Tier: &tier, Consents: &consents})
		s.must(err)
		for _, id := range []string{r.Interaction, mail.Interaction} {
			x, err := domain.Interactions.Get(s.ctx, s.store, id)
			s.must(err)
			s.open("an interaction", x)
		}
		s.open("the inquiry", s.inquiry(r.InquiryID))
		s.open("the customer", s.customer(r.CustomerID))
		for _, e := range s.events() {
			s.open(e.Type, e)
		}
		plain, err := s.contact.Reveal(s.ctx, mail.Interaction)
		s.must(err)
		if plain["to.0.name"] != aNumber || plain["cc.0.name"] != aNumber {
			s.Errorf("revealed %v", plain)
		}
		x, err := domain.Interactions.Get(s.ctx, s.store, mail.Interaction)
		s.must(err)
		if b, err := domain.Blobs.Get(s.ctx, s.store, x.RawID); err != nil || b.Sealed == "" {
			s.Errorf("the mail's source is kept in the open: %v", err)
		}
	})
}

// TestARevealAfterACustomFieldChangedItsKind: what was taken out of a text goes with it.
func TestARevealAfterACustomFieldChangedItsKind(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		r := s.memo(domain.Party{Email: "kim@m.test"}, "x")
		for _, value := range []any{"his is " + aNumber, map[string]any{"note": aNumber}, 7.0} {
			_, err := s.desk.Edit(s.ctx, r.InquiryID, 0, desk.Patch{Custom: map[string]any{"note": value}})
			s.must(err)
			if _, err := s.contact.Reveal(s.ctx, r.InquiryID); err != nil {
				s.Errorf("after %v: %v", value, err)
			}
		}
		if q := s.inquiry(r.InquiryID); len(q.Sealed) != 0 {
			s.Errorf("%+v", q.Sealed)
		}
	})
}

// open tells if a number can be read in what is stored.
func (s *teller) open(what string, stored any) {
	s.Helper()
	b, err := json.Marshal(stored)
	s.must(err)
	if strings.Contains(string(b), itsSecret) {
		s.Errorf("%s holds the number: %s", what, b)
	}
}

// TestFilesOfTextByTheirName: whatever type they are sent as.
func TestFilesOfTextByTheirName(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		for name, kind := range map[string]string{"list.csv": "application/vnd.ms-excel", "NOTE.TXT": "application/octet-stream", "drawing": "image/svg+xml"} {
			r, err := s.intake.Receive(s.ctx, intake.Submission{
				Channel: domain.ChannelFax, From: domain.Party{Fax: "02-555-0100"}, Fax: &domain.FaxPart{Pages: 1}, ExternalID: name,
				Files: []intake.File{{Name: name, ContentType: kind, Data: []byte("a," + aNumber)}},
			})
			s.must(err)
			x, err := domain.Interactions.Get(s.ctx, s.store, r.Interaction)
			s.must(err)
			if b, err := domain.Blobs.Get(s.ctx, s.store, x.Attachments[0].BlobID); err != nil || b.Sealed == "" {
				s.Errorf("%s is kept in the open: %v", name, err)
			}
		}
	})
}

// TestARevealAfterAMerge: what was taken out goes with the name and the attributes that it was taken out of, and goes back with them.
func TestARevealAfterAMerge(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		into, err := s.contact.Create(s.ctx, contact.Draft{Identities: []contact.IdentityDraft{{Kind: domain.IdentityEmail, Value: "a@m.test"}}})
		s.must(err)
		from, err := s.contact.Create(s.ctx, contact.Draft{
			Name: "김 " + aNumber, Attributes: map[string]any{"note": "his is " + aNumber},
			Identities: []contact.IdentityDraft{{Kind: domain.IdentityEmail, Value: "b@m.test"}},
		})
		s.must(err)
		_, err = s.contact.Merge(s.ctx, into.ID, from.ID)
		s.must(err)
		plain, err := s.contact.Reveal(s.ctx, into.ID)
		s.must(err)
		if plain["name"] != "김 "+aNumber || plain["attributes.note"] != "his is "+aNumber {
			s.Errorf("revealed %v", plain)
		}
		_, err = s.contact.Unmerge(s.ctx, into.ID, from.ID)
		s.must(err)
		if c := s.customer(into.ID); len(c.Sealed) != 0 || c.Name != "" || len(c.Attributes) != 0 {
			s.Errorf("after the undo: %+v", c)
		}
		if plain, err = s.contact.Reveal(s.ctx, from.ID); err != nil || len(plain) != 2 {
			s.Errorf("after the undo: %v, %v", plain, err)
		}
	})
}

// TestAPrivateViewIsNobodysBusiness: events tell that there is one, and not what it is called or shows.
func TestAPrivateViewIsNobodysBusiness(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		v, err := s.desk.CreateView(s.as("kim"), desk.ViewDraft{Name: "quarrels", Filter: desk.Filter{Tag: "boss"}})
		s.must(err)
		name := "quarrels with"
		_, err = s.desk.EditView(s.as("kim"), v.ID, 0, desk.ViewPatch{Name: &name})
		s.must(err)
		s.must(s.desk.DeleteView(s.as("kim"), v.ID))
		told := 0
		for _, e := range s.events() {
			if b, err := json.Marshal(e); err != nil || strings.Contains(string(b), "quarrels") || strings.Contains(string(b), "boss") {
				s.Errorf("%s, %v", b, err)
			}
			if e.Subject.ID == v.ID {
				told++
			}
		}
		if told != 3 {
			s.Errorf("%d events of the view, want 3", told)
		}
	})
}
