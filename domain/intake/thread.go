package intake

import (
	"context"
	"regexp"
	"strings"
	"time"

	"sori/domain"
)

// thread says which inquiry something belongs to. Previous is a resolved inquiry that it goes on from, where it is too late to open it again.
// Home is the inquiry that it was meant for, where that is merged into another.
type thread struct {
	inquiry  *domain.Inquiry
	previous string
	home     string
}

// explicitThread is the thread of a submission that names its inquiry.
func explicitThread(ctx context.Context, tx domain.Tx, id string, customer *domain.Customer, now time.Time) (thread, error) {
	if id == "" {
		return thread{}, nil
	}
	q, err := domain.Inquiries.Get(ctx, tx, id)
	if domain.IsCode(err, domain.NotFound) {
		return thread{}, domain.InvalidField("inquiryId", "known", "there is no inquiry %q", domain.Clip(id, 80))
	}
	if err != nil {
		return thread{}, err
	}
	if q.CustomerID != customer.ID {
		return thread{}, domain.InvalidField("inquiryId", "customer", "is another customer's inquiry")
	}
	return continueWith(ctx, tx, q, "", now)
}

// maxMerges is how often an inquiry may have been merged on.
const maxMerges = 20

// continueWith goes on with an inquiry, or with the one that it is merged into.
func continueWith(ctx context.Context, tx domain.Tx, q *domain.Inquiry, home string, now time.Time) (thread, error) {
	for range maxMerges {
		if q.MergedInto == "" {
			break
		}
		if home == "" {
			home = q.ID
		}
		next, err := domain.Inquiries.Get(ctx, tx, q.MergedInto)
		if err != nil {
			return thread{}, err
		}
		if next.CustomerID != q.CustomerID { // their customers were one when they were merged, and are two again
			return thread{previous: q.ID}, nil
		}
		q = next
	}
	if q.TakesReplies(now) {
		return thread{inquiry: q, home: home}, nil
	}
	return thread{previous: q.ID}, nil
}

var numberPattern = regexp.MustCompile(`\[#(\d{4,19})\]`)

const (
	maxRefs     = 20 // references followed, the latest first
	maxPerRef   = 10 // interactions looked at for one Message-ID
	maxSubjects = 3  // numbers tried in one subject
)

// mailThread finds a mail's inquiry: by the reply token in an address it was sent to, by References and In-Reply-To, or by the number in the
// subject; always together with the customer, so that two who answer the same newsletter never share an inquiry (RFC 5322 §3.6.4 leaves that open).
func mailThread(ctx context.Context, tx domain.Tx, m *domain.Mail, customerID string, now time.Time) (thread, error) {
	for _, find := range []func(context.Context, domain.Tx, *domain.Mail, string) (match, error){byToken, byReferences, bySubject} {
		found, err := find(ctx, tx, m, customerID)
		if err != nil {
			return thread{}, err
		}
		if found.inquiry != nil {
			return continueWith(ctx, tx, found.inquiry, found.home, now)
		}
	}
	return thread{}, nil
}

// match is an inquiry that a mail belongs to, and, if what it answers came there by a merge, the inquiry that it came from.
type match struct {
	inquiry *domain.Inquiry
	home    string
}

func byToken(ctx context.Context, tx domain.Tx, m *domain.Mail, customerID string) (match, error) {
	for _, address := range m.Recipients {
		id := domain.InquiryOfAddress(address)
		if id == "" {
			continue
		}
		q, err := ownInquiry(ctx, tx, id, customerID)
		if q != nil || err != nil {
			return match{inquiry: q}, err
		}
	}
	return match{}, nil
}

// ownInquiry reads an inquiry if it is this customer's; nil if it is not, or does not exist.
func ownInquiry(ctx context.Context, tx domain.Tx, id, customerID string) (*domain.Inquiry, error) {
	q, err := domain.Inquiries.Get(ctx, tx, id)
	if domain.IsCode(err, domain.NotFound) || err == nil && q.CustomerID != customerID {
		return nil, nil
	}
	return q, err
}

func byReferences(ctx context.Context, tx domain.Tx, m *domain.Mail, customerID string) (match, error) {
	for _, ref := range latestRefs(m) {
		hits, err := domain.Interactions.Find(ctx, tx, domain.Query{Index: "messageId", Equal: []any{ref}, Limit: maxPerRef})
		if err != nil {
			return match{}, err
		}
		for _, x := range hits {
			if x.CustomerID == customerID {
				q, err := ownInquiry(ctx, tx, x.InquiryID, customerID)
				return match{q, x.HomeInquiry}, err
			}
		}
	}
	return match{}, nil
}

// latestRefs gives the Message-IDs a mail refers to, the nearest first, each once.
func latestRefs(m *domain.Mail) []string {
	all := append([]string(nil), m.References...)
	all = append(all, m.InReplyTo)
	seen := map[string]bool{"": true}
	var out []string
	for i := len(all) - 1; i >= 0 && len(out) < maxRefs; i-- {
		if ref := strings.TrimSpace(all[i]); !seen[ref] {
			seen[ref] = true
			out = append(out, ref)
		}
	}
	return out
}

func bySubject(ctx context.Context, tx domain.Tx, m *domain.Mail, customerID string) (match, error) {
	for _, number := range numberPattern.FindAllStringSubmatch(m.Subject, maxSubjects) {
		q, err := domain.Inquiries.First(ctx, tx, domain.Query{Index: "number", Equal: []any{number[1]}})
		if domain.IsCode(err, domain.NotFound) {
			continue
		}
		if err != nil {
			return match{}, err
		}
		if q.CustomerID == customerID {
			return match{inquiry: q}, nil
		}
	}
	return match{}, nil
}
