package domain

import "time"

// APIKey lets a machine in. Only a hash of the secret is kept; the secret is shown once, when the key is made.
type APIKey struct {
	Doc       `json:",inline"`
	Name      string     `json:"name"`
	Role      Role       `json:"role"`
	Scopes    []Scope    `json:"scopes,omitempty"`
	Hash      string     `json:"hash"` // SHA-256 of the secret, hex
	Hint      string     `json:"hint"` // its first letters, to know it again
	CreatedBy Ref        `json:"createdBy"`
	CreatedAt time.Time  `json:"createdAt"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty"`
	RevokedAt *time.Time `json:"revokedAt,omitempty"`
}

// APIKeys holds the keys.
var APIKeys = declare[APIKey](Spec{
	Name: "apikeys", Prefix: prefixAPIKey, Noun: "API key",
	Indexes: []Index{
		{Name: "hash", Fields: []string{"hash"}, Unique: true},
		{Name: "created", Fields: []string{"createdAt"}},
	},
})
