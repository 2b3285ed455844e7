package domain

import "time"

// InquiryFilter chooses inquiries. Empty fields choose nothing out. Queue, Team, Assignee and Type may be None, for those that have none.
type InquiryFilter struct {
	Status         Status         `json:"status,omitempty"`
	StatusCategory StatusCategory `json:"statusCategory,omitempty"`
	Queue          string         `json:"queue,omitempty"`
	Team           string         `json:"team,omitempty"`
	Assignee       string         `json:"assignee,omitempty"`
	Type           string         `json:"type,omitempty"`
	Channel        Channel        `json:"channel,omitempty"`
	Tier           string         `json:"tier,omitempty"`
	Tag            string         `json:"tag,omitempty"`
	Customer       string         `json:"customer,omitempty"`
	Priority       Priority       `json:"priority,omitempty"`
	Unread         *bool          `json:"unread,omitempty"`
}

// None finds, as a filter, the inquiries that have none.
const None = "none"

// View is a saved filter, with an order. One without an owner is everybody's.
type View struct {
	Doc        `json:",inline"`
	Name       string        `json:"name"`
	Owner      string        `json:"owner,omitempty"` // subject of the one whose it is
	Filter     InquiryFilter `json:"filter"`          // whose assignee may be ActingAgent, for whoever looks
	Sort       string        `json:"sort,omitempty"`
	Order      int           `json:"order"`
	Generation int64         `json:"generation"` // counts the changes of the filter; the counts are kept for one
	CreatedAt  time.Time     `json:"createdAt"`
	UpdatedAt  time.Time     `json:"updatedAt"`
}

// Shared tells whether a view is everybody's.
func (v *View) Shared() bool { return v.Owner == "" }

// Views holds the views.
var Views = declare[View](Spec{
	Name: "views", Prefix: "vie", Noun: "view",
	Indexes: []Index{
		{Name: "owner", Fields: []string{"owner", "order"}},
		{Name: "all", Fields: []string{"createdAt"}},
	},
})

// ViewTally counts the inquiries in one view, or, where a view differs with who looks, in one agent's. It is a rollup of the feed.
type ViewTally struct {
	Doc    `json:",inline"`
	Count  int64 `json:"count"`
	Unread int64 `json:"unread"`
}

// ViewTallies holds the counts.
var ViewTallies = declare[ViewTally](Spec{Name: "viewTallies", Prefix: "vit", Noun: "view tally"})

// ViewPlace remembers in which tallies an inquiry is counted, so that each change of it moves the counts by the difference.
type ViewPlace struct {
	Doc     `json:",inline"`
	Tallies []string `json:"tallies,omitempty"` // ids
	Unread  bool     `json:"unread,omitempty"`
}

// ViewPlaces holds the places, one an inquiry that is or was in a view.
var ViewPlaces = declare[ViewPlace](Spec{Name: "viewPlaces", Prefix: "vip", Noun: "view place"})
