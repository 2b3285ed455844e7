package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Quarantined is a mail that came, could not be taken in and holds up no other: its source is kept, encrypted, until someone has it taken in
// after all, or deletes it.
type Quarantined struct {
	Doc         `json:",inline"`
	Account     string     `json:"account"`
	Source      MailSource `json:"source"`
	Key         string     `json:"key"`               // what makes it the same mail when it comes twice
	Senders     []string   `json:"senders,omitempty"` // SenderMark of each address that it claims to come from, by which it is erased with its sender
	BlobID      string     `json:"blobId"`
	Size        int64      `json:"size"`      // bytes, as it was announced
	Truncated   bool       `json:"truncated"` // only its beginning is kept, since it is too large; it is still where it was fetched from
	Error       string     `json:"error"`
	Attempts    int        `json:"attempts"`
	CreatedAt   time.Time  `json:"createdAt"`
	LastTriedAt time.Time  `json:"lastTriedAt"`
}

// MailSource says by what way a mail came.
type MailSource string

// The ways of a mail.
const (
	MailByIMAP MailSource = "imap"
	MailByLMTP MailSource = "lmtp"
	MailBySMTP MailSource = "smtp"
)

// MailOutcome says what became of a mail that came. With a QuarantineID it could not be taken in, and is kept there.
type MailOutcome struct {
	Duplicate    bool
	QuarantineID string
}

// Quarantine holds the mails that could not be taken in.
var Quarantine = declare[Quarantined](Spec{
	Name: "quarantine", Prefix: "qua", Noun: "quarantined mail",
	Indexes: []Index{
		{Name: "key", Fields: []string{"key"}, Unique: true},
		{Name: "account", Fields: []string{"account", "createdAt"}},
		{Name: "created", Fields: []string{"createdAt"}},
		{Name: "senders", Fields: []string{"senders"}},
	},
})

// SenderMark names the sender of a mail in quarantine without saying who it is.
func SenderMark(address string) string {
	sum := sha256.Sum256([]byte(MakeIdentity(IdentityEmail, strings.ToLower(strings.TrimSpace(address)), "").Key))
	return hex.EncodeToString(sum[:16])
}

// The events of quarantine.
const (
	EventMailQuarantined = "mail.quarantined"
	EventMailReleased    = "mail.released" // taken in after all
	EventMailDiscarded   = "mail.discarded"
)
