package domain

import "time"

// Channel is a way on which customers come.
type Channel string

// The channels.
const (
	ChannelEmail Channel = "email"
	ChannelBoard Channel = "board"
	ChannelPhone Channel = "phone"
	ChannelFax   Channel = "fax"
	ChannelMemo  Channel = "memo"
	ChannelChat  Channel = "chat"
)

// Channels lists every channel.
var Channels = []Channel{ChannelEmail, ChannelBoard, ChannelPhone, ChannelFax, ChannelMemo, ChannelChat}

// DefaultAccount is the key of the account that each channel of a new store has.
const DefaultAccount = "default"

// Account is a channel account: one mailbox, board, phone line, fax number or chat site of one brand.
type Account struct {
	Doc       `json:",inline"`
	Key       string    `json:"key"`
	Channel   Channel   `json:"channel"`
	Name      string    `json:"name"`
	Address   string    `json:"address,omitempty"` // the mailbox, the number, the site
	Brand     string    `json:"brand,omitempty"`
	Language  string    `json:"language,omitempty"` // BCP 47, of its customers when nothing else tells
	Signature string    `json:"signature,omitempty"`
	Active    bool      `json:"active"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Accounts holds the channel accounts.
var Accounts = declare[Account](Spec{
	Name: "accounts", Prefix: prefixAccount, Noun: "account",
	Indexes: []Index{
		{Name: "key", Fields: []string{"key", "channel"}, Unique: true},
		{Name: "channel", Fields: []string{"channel", "key"}},
		{Name: "created", Fields: []string{"createdAt"}},
	},
})
