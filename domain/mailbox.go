package domain

import (
	"context"
	"net"
	"strconv"
	"strings"
	"time"
)

// Mailbox is one folder of an IMAP server from which mail is fetched for an account.
type Mailbox struct {
	Doc       `json:",inline"`
	Account   string       `json:"account"` // key of the e-mail account that its mail belongs to
	Host      string       `json:"host"`
	Port      int          `json:"port"`
	Security  MailSecurity `json:"security"`
	User      string       `json:"user"`
	Auth      MailboxAuth  `json:"auth"`
	Secret    []byte       `json:"secret,omitempty"`    // MailboxSecret as JSON, encrypted by Vault.SealBytes
	SecretEnv string       `json:"secretEnv,omitempty"` // environment variable with the password or token, instead of Secret
	TokenURL  string       `json:"tokenUrl,omitempty"`  // where OAuth 2 tokens are had (RFC 6749); none for a token that is given
	ClientID  string       `json:"clientId,omitempty"`
	Scopes    []string     `json:"scopes,omitempty"`
	Folder    string       `json:"folder"`
	After     AfterFetch   `json:"after"`
	MoveTo    string       `json:"moveTo,omitempty"` // folder, for AfterMove
	Place     string       `json:"place"`            // account, server, user and folder in one: nobody fetches the same twice
	Active    bool         `json:"active"`
	CreatedAt time.Time    `json:"createdAt"`
	UpdatedAt time.Time    `json:"updatedAt"`
}

// MailSecurity is how a connection to a mail server is protected.
type MailSecurity string

// The kinds of protection.
const (
	SecurityTLS      MailSecurity = "tls"      // from the first byte (RFC 8314)
	SecurityStartTLS MailSecurity = "starttls" // before anything secret is said
	SecurityNone     MailSecurity = "none"     // for a server on the same machine or network
)

// MailSecurities lists every kind of protection.
var MailSecurities = []MailSecurity{SecurityTLS, SecurityStartTLS, SecurityNone}

// MailboxAuth is how one logs in to an IMAP server.
type MailboxAuth string

// The ways to log in.
const (
	MailboxPassword MailboxAuth = "password" // PLAIN (RFC 4616) or LOGIN
	MailboxOAuth2   MailboxAuth = "oauth2"   // a bearer token: OAUTHBEARER (RFC 7628) or XOAUTH2
)

// MailboxAuths lists every way to log in.
var MailboxAuths = []MailboxAuth{MailboxPassword, MailboxOAuth2}

// AfterFetch is what becomes of a mail on its server once it is stored here.
type AfterFetch string

// What may become of a fetched mail.
const (
	AfterSeen AfterFetch = "seen" // marked \Seen
	AfterMove AfterFetch = "move" // moved to the folder MoveTo
	AfterKeep AfterFetch = "keep" // left as it is
)

// AfterFetches lists everything that may become of a fetched mail.
var AfterFetches = []AfterFetch{AfterSeen, AfterMove, AfterKeep}

// MailboxSecret is what a mailbox keeps secret. With a TokenURL, a RefreshToken is changed for access tokens; without one, ClientID and
// ClientSecret are (RFC 6749 §4.4). Without a TokenURL, Password is the password or the bearer token.
type MailboxSecret struct {
	Password     string `json:"password,omitempty"`
	RefreshToken string `json:"refreshToken,omitempty"`
	ClientSecret string `json:"clientSecret,omitempty"`
}

// Address gives host:port.
func (m *Mailbox) Address() string { return net.JoinHostPort(m.Host, strconv.Itoa(m.Port)) }

// SetPlace sets Place from what it is made of.
func (m *Mailbox) SetPlace() {
	m.Place = strings.Join([]string{m.Account, strings.ToLower(m.Address()), m.User, m.Folder}, "|")
}

// Mailboxes holds the mailboxes.
var Mailboxes = declare[Mailbox](Spec{
	Name: "mailboxes", Prefix: "mbx", Noun: "mailbox",
	Indexes: []Index{
		{Name: "place", Fields: []string{"place"}, Unique: true},
		{Name: "account", Fields: []string{"account", "createdAt"}},
		{Name: "created", Fields: []string{"createdAt"}},
	},
})

// MailboxState is how far a mailbox is fetched, and by whom. It is a document of its own, so that its many writes and the edits of the mailbox do
// not meet. UIDs above UID are still to come; a UIDVALIDITY other than UIDValidity makes every UID mean something else (RFC 9051 §2.3.1.1).
type MailboxState struct {
	Doc         `json:",inline"`
	Node        string     `json:"node"`
	Until       time.Time  `json:"until"` // when the node's lease ends
	UIDValidity int64      `json:"uidValidity"`
	UID         int64      `json:"uid"` // the last one that was taken in
	Taken       int64      `json:"taken"`
	Duplicates  int64      `json:"duplicates"`
	Quarantined int64      `json:"quarantined"`
	Trying      int64      `json:"trying,omitempty"`    // first UID of the batch that is being taken in; 0 is none
	Tries       int        `json:"tries,omitempty"`     // how often that was begun: more than once says that it failed, or that the process died over it
	Suspect     int64      `json:"suspect,omitempty"`   // UID of the one mail that is being taken in, after a batch was begun too often
	Deaths      int        `json:"deaths,omitempty"`    // how often the process died over the suspect
	Aside       []int64    `json:"aside,omitempty"`     // UIDs of the batch that were put in quarantine unread
	Refresh     []byte     `json:"refresh,omitempty"`   // the newest OAuth 2 refresh token that the token server gave, encrypted by Vault.SealBytes
	RefreshOf   string     `json:"refreshOf,omitempty"` // mark of the mailbox's secret that Refresh came of; another secret makes it void
	FetchedAt   *time.Time `json:"fetchedAt,omitempty"` // when everything there was had been taken in
	Failing     bool       `json:"failing"`
	LastError   string     `json:"lastError,omitempty"`
	FailedAt    *time.Time `json:"failedAt,omitempty"`
}

// Restart puts the cursor at the beginning of a folder whose UIDs are of another validity; 0 is not known yet.
func (st *MailboxState) Restart(validity int64) {
	st.UIDValidity, st.UID = validity, 0
	st.Trying, st.Tries, st.Suspect, st.Deaths, st.Aside = 0, 0, 0, 0, nil
}

// MailboxStates holds the states.
var MailboxStates = declare[MailboxState](Spec{Name: "mailboxstates", Prefix: "mbs", Noun: "mailbox state"})

// MailboxStateID gives the id of a mailbox's state.
func MailboxStateID(mailboxID string) string {
	_, own, _ := strings.Cut(mailboxID, "_")
	return MailboxStates.Prefix + "_" + own
}

// LeaseMailbox takes or keeps the right to fetch from a mailbox until now+lease. Conflict if another node has it.
func LeaseMailbox(ctx context.Context, s Store, mailboxID, node string, now time.Time, lease time.Duration) (*MailboxState, error) {
	id := MailboxStateID(mailboxID)
	held := func(st *MailboxState) error {
		if st.Node != node && st.Until.After(now) {
			return Errorf(Conflict, "node %s fetches from this mailbox", st.Node)
		}
		return nil
	}
	// Reading first: those who wait for a lease do not trouble the writer.
	if st, err := MailboxStates.Get(ctx, s, id); err == nil {
		if err := held(st); err != nil {
			return nil, err
		}
	} else if !IsCode(err, NotFound) {
		return nil, err
	}
	var out *MailboxState
	err := s.Write(ctx, func(tx Tx) error {
		st, err := MailboxStates.Get(ctx, tx, id)
		if IsCode(err, NotFound) {
			out = &MailboxState{Doc: Doc{ID: id}, Node: node, Until: now.Add(lease)}
			return MailboxStates.Insert(ctx, tx, out)
		}
		if err != nil {
			return err
		}
		if err := held(st); err != nil {
			return err
		}
		st.Node, st.Until = node, now.Add(lease)
		out = st
		return MailboxStates.Replace(ctx, tx, st)
	})
	if IsCode(err, Duplicate) || IsCode(err, Stale) {
		return nil, Errorf(Conflict, "another node was first")
	}
	return out, err
}

// UpdateMailboxState changes a mailbox's state on behalf of the node that holds its lease. Conflict if that is another by now: what this node
// has fetched meanwhile the other fetches again, which does no harm.
func UpdateMailboxState(ctx context.Context, s Store, mailboxID, node string, change func(*MailboxState)) (*MailboxState, error) {
	var out *MailboxState
	err := s.Write(ctx, func(tx Tx) error {
		var err error
		out, err = MailboxStates.Update(ctx, tx, MailboxStateID(mailboxID), func(st *MailboxState) error {
			if st.Node != node {
				return Errorf(Conflict, "node %s fetches from this mailbox by now", st.Node)
			}
			change(st)
			return nil
		})
		return err
	})
	return out, err
}

// The events of mailboxes.
const (
	EventMailboxCreated   = "mailbox.created"
	EventMailboxUpdated   = "mailbox.updated"
	EventMailboxDeleted   = "mailbox.deleted"
	EventMailboxFailed    = "mailbox.failed"    // it cannot be fetched from; once, when that begins
	EventMailboxRecovered = "mailbox.recovered" // it can be again
)
