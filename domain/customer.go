package domain

import "time"

// Customer is a person or a firm.
type Customer struct {
	Doc        `json:",inline"`
	Name       string         `json:"name"`
	Tier       string         `json:"tier"`
	Identities []Identity     `json:"identities"`
	Attributes map[string]any `json:"attributes,omitempty"`
	Consents   []Consent      `json:"consents,omitempty"`
	Sealed     []Sealed       `json:"sealed,omitempty"` // resident numbers found in name and attributes
	MergedInto string         `json:"mergedInto,omitempty"`
	Erased     bool           `json:"erased,omitempty"`
	CreatedAt  time.Time      `json:"createdAt"`
	UpdatedAt  time.Time      `json:"updatedAt"`
}

// The tiers (customer classes) that the program itself knows; an organisation may use others.
const (
	TierRegular = "regular"
	TierVIP     = "vip"
	TierWatch   = "watch"
)

// Customers holds the customers. The index "identity" is where an identity belongs to one customer only.
var Customers = declare[Customer](Spec{
	Name: "customers", Prefix: prefixCustomer, Noun: "customer",
	Indexes: []Index{
		{Name: "identity", Fields: []string{"identities.key"}, Unique: true},
		{Name: "created", Fields: []string{"createdAt"}},
		{Name: "tier", Fields: []string{"tier", "createdAt"}},
		{Name: "merged", Fields: []string{"mergedInto", "createdAt"}, Sparse: true},
		{Name: "sealed", Fields: []string{"sealed.index"}, Sparse: true},
	},
})

// IdentityKind tells what an identity's value is.
type IdentityKind string

// The kinds of identity, the surest first: where two known identities of two customers come together, the earlier wins.
const (
	IdentityMember   IdentityKind = "memberId"
	IdentityEmail    IdentityKind = "email"
	IdentityPhone    IdentityKind = "phone"
	IdentityFax      IdentityKind = "fax"
	IdentityExternal IdentityKind = "external"
	IdentityDevice   IdentityKind = "device"
)

// IdentityKinds lists the kinds, the surest first.
var IdentityKinds = []IdentityKind{IdentityMember, IdentityEmail, IdentityPhone, IdentityFax, IdentityExternal, IdentityDevice}

// Identity is one address or number by which a customer is known. Value is normalised (E.164; lower case, IDN as
// punycode); Display is how the customer writes it.
type Identity struct {
	Key           string       `json:"key"` // kind:value
	Kind          IdentityKind `json:"kind"`
	Value         string       `json:"value"`
	Display       string       `json:"display,omitempty"`
	Undeliverable bool         `json:"undeliverable,omitempty"`
	Home          string       `json:"home,omitempty"` // the customer it belonged to before a merge
	AddedAt       time.Time    `json:"addedAt"`
}

// MakeIdentity gives an identity of a normalised value.
func MakeIdentity(kind IdentityKind, value, display string) Identity {
	return Identity{Key: string(kind) + ":" + value, Kind: kind, Value: value, Display: display}
}

// Purposes of consents that the program itself asks for; an organisation may use others.
const (
	PurposeMarketing = "marketing"
	PurposeSurvey    = "survey"
	PurposeAutomatic = "automatic" // answers that no person wrote
)

// Consented gives what the customer said last on a channel for a purpose, nil if nothing.
func (c *Customer) Consented(channel Channel, purpose string) (last *Consent) {
	for i, x := range c.Consents {
		if x.Channel == channel && x.Purpose == purpose && (last == nil || !x.At.Before(last.At)) {
			last = &c.Consents[i]
		}
	}
	return last
}

// Refuses tells whether the customer said that he wants nothing on a channel for a purpose.
func (c *Customer) Refuses(channel Channel, purpose string) bool {
	last := c.Consented(channel, purpose)
	return last != nil && !last.Granted
}

// Suppress withdraws the consents to all that no person writes, and tells whether one was not withdrawn already.
func (c *Customer) Suppress(channel Channel, source string, now time.Time) (changed bool) {
	for _, purpose := range []string{PurposeMarketing, PurposeSurvey, PurposeAutomatic} {
		if !c.Refuses(channel, purpose) {
			c.Consents = append(c.Consents, Consent{Channel: channel, Purpose: purpose, Source: source, At: now})
			changed = true
		}
	}
	return changed
}

// Consent is what a customer agreed to, or not, on a channel for a purpose.
type Consent struct {
	Channel Channel   `json:"channel"`
	Purpose string    `json:"purpose"` // service, marketing, survey …
	Granted bool      `json:"granted"`
	Source  string    `json:"source,omitempty"`
	At      time.Time `json:"at"`
}

// Sealed is a resident number that was taken out of a text and encrypted. In the text stands its mask.
type Sealed struct {
	Field  string `json:"field"`  // the field it was found in: text, subject, attributes.note …
	Offset int    `json:"offset"` // byte offset of the mask in the stored field
	Cipher string `json:"cipher"` // seal format, with the key's id
	Index  string `json:"index"`  // blind index of the canonical number
}

// Merge records that one customer was merged into another, with all that an exact undo needs.
type Merge struct {
	Doc      `json:",inline"`
	Into     string         `json:"into"`
	From     string         `json:"from"`
	Before   Customer       `json:"before"`           // from, as it was
	Filled   map[string]any `json:"filled,omitempty"` // attributes that Into took over
	OldName  string         `json:"oldName"`
	OldTier  string         `json:"oldTier"`
	Consents []Consent      `json:"consents,omitempty"` // of Into, as they were
	At       time.Time      `json:"at"`
}

// Merges holds the merges in force, one a merged customer.
var Merges = declare[Merge](Spec{
	Name: "merges", Prefix: prefixMerge, Noun: "merge",
	Indexes: []Index{
		{Name: "from", Fields: []string{"from"}, Unique: true},
		{Name: "into", Fields: []string{"into", "at"}},
	},
})
