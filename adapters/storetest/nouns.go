package storetest

import (
	"time"

	"sori/domain"
)

// Letter has an index of each shape.
type Letter struct {
	domain.Doc `json:",inline"`
	Subject    string            `json:"subject"`
	Serial     string            `json:"serial,omitempty"`
	Shelf      string            `json:"shelf,omitempty"`
	Slot       int               `json:"slot"`
	Rank       int64             `json:"rank"`
	Open       bool              `json:"open"`
	Owner      *string           `json:"owner,omitempty"`
	Tags       []string          `json:"tags,omitempty"`
	Marks      []int64           `json:"marks,omitempty"`
	Addresses  []Address         `json:"addresses,omitempty"`
	Stamp      *Stamp            `json:"stamp,omitempty"`
	At         time.Time         `json:"at"`
	Due        *time.Time        `json:"due,omitempty"`
	Seen       time.Time         `json:"seen,omitzero"`
	Text       string            `json:"text,omitempty"`
	Data       []byte            `json:"data,omitempty"`
	Names      map[string]string `json:"names,omitempty"`
	Extra      map[string]any    `json:"extra,omitempty"`
}

// Address is in a list of a letter.
type Address struct {
	Key  string `json:"key"`
	Name string `json:"name,omitempty"`
}

// Stamp is an optional part of a letter.
type Stamp struct {
	Code   string     `json:"code,omitempty"`
	Value  int        `json:"value"`
	Posted *time.Time `json:"posted,omitempty"`
}

// Letters has an index of each shape that a declaration can have.
var Letters = domain.Declare[Letter](domain.Spec{
	Name: "letters", Prefix: "ltr", Noun: "letter",
	Indexes: []domain.Index{
		{Name: "rank", Fields: []string{"rank"}},
		{Name: "subject", Fields: []string{"subject", "at"}},
		{Name: "owner", Fields: []string{"owner", "open", "at"}},
		{Name: "open", Fields: []string{"open", "rank", "at"}},
		{Name: "at", Fields: []string{"at"}},
		{Name: "due", Fields: []string{"due", "rank"}, Sparse: true},
		{Name: "seen", Fields: []string{"seen"}},
		{Name: "stamp", Fields: []string{"stamp.code"}, Sparse: true},
		{Name: "posted", Fields: []string{"stamp.posted", "at"}},
		{Name: "tag", Fields: []string{"tags", "open", "at"}, Sparse: true},
		{Name: "anyTag", Fields: []string{"tags", "rank"}},
		{Name: "mark", Fields: []string{"marks"}},
		{Name: "serial", Fields: []string{"serial"}, Unique: true},
		{Name: "place", Fields: []string{"shelf", "slot"}, Unique: true},
		{Name: "address", Fields: []string{"addresses.key"}, Unique: true},
		{Name: "addressAt", Fields: []string{"addresses.key", "at"}, Unique: true},
	},
})

// Purse is money that must not come from nowhere.
type Purse struct {
	domain.Doc `json:",inline"`
	Amount     int64 `json:"amount"`
}

// Purses has no index.
var Purses = domain.Declare[Purse](domain.Spec{Name: "purses", Prefix: "prs", Noun: "purse"})

// Task is work that is claimed with a lease.
type Task struct {
	domain.Doc `json:",inline"`
	Kind       string    `json:"kind"`
	State      string    `json:"state"`
	RunAt      time.Time `json:"runAt"`
	Lease      string    `json:"lease,omitempty"`
	Key        string    `json:"key,omitempty"`
}

// Tasks is indexed as a queue of jobs is.
var Tasks = domain.Declare[Task](domain.Spec{
	Name: "tasks", Prefix: "tsk", Noun: "task",
	Indexes: []domain.Index{
		{Name: "due", Fields: []string{"kind", "state", "runAt"}},
		{Name: "key", Fields: []string{"key"}, Unique: true},
	},
})

// Entry is a line of a journal.
type Entry struct {
	domain.Doc `json:",inline"`
	Seq        int64     `json:"seq"`
	Subject    string    `json:"subject,omitempty"`
	Writer     int       `json:"writer"`
	N          int       `json:"n"`
	At         time.Time `json:"at"`
}

// SetSeq takes the entry's place in the order.
func (e *Entry) SetSeq(seq int64) { e.Seq = seq }

// Journal is sequenced.
var Journal = domain.Declare[Entry](domain.Spec{
	Name: "journal", Prefix: "jrn", Noun: "entry", Sequenced: true,
	Indexes: []domain.Index{
		{Name: "subject", Fields: []string{"subject", "at"}, Sparse: true},
		{Name: "writer", Fields: []string{"writer", "n"}, Unique: true},
	},
})

// Specs lists the collections.
func Specs() []*domain.Spec {
	return []*domain.Spec{&Letters.Spec, &Purses.Spec, &Tasks.Spec, &Journal.Spec}
}

// noon is the time of everything here; minutes after it tell one thing from another.
var noon = time.Date(2026, 3, 14, 3, 0, 0, 123e6, time.UTC)

func minute(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

func ptr[T any](v T) *T { return &v }
