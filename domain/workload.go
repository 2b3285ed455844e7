package domain

import (
	"slices"
	"time"
)

// Workload is what an agent has in work. There is one an agent, under an id made from the agent's. Its version guards the agent's capacity: whoever
// adds an item has seen all others, so that several nodes together never give out more than fits.
type Workload struct {
	Doc       `json:",inline"`
	Agent     string     `json:"agent"` // key
	Items     []WorkItem `json:"items,omitempty"`
	IdleSince time.Time  `json:"idleSince"`        // when the agent was last given or finished work
	Missed    int        `json:"missed,omitempty"` // offers let pass in a row
	UpdatedAt time.Time  `json:"updatedAt"`
}

// WorkItem is one inquiry that an agent has, or is asked to take.
type WorkItem struct {
	InquiryID string     `json:"inquiryId"`
	State     WorkState  `json:"state"`
	Weight    int        `json:"weight"` // units of capacity
	Tier      string     `json:"tier,omitempty"`
	Channel   Channel    `json:"channel"`
	Queue     string     `json:"queue,omitempty"`
	Home      string     `json:"home,omitempty"` // the queue that it had before routing, for its way back
	Since     time.Time  `json:"since"`          // when the customer began to wait
	GivenAt   time.Time  `json:"givenAt"`
	Until     *time.Time `json:"until,omitempty"` // of an offer: when it ends
	Begun     bool       `json:"begun,omitempty"` // the agent has done something on it
}

// WorkState tells an offer from work.
type WorkState string

// The states of an item.
const (
	WorkOffered  WorkState = "offered"
	WorkAccepted WorkState = "accepted"
)

// Workloads holds the workloads. The index "inquiry" is where an inquiry has one agent at most.
var Workloads = declare[Workload](Spec{
	Name: "workloads", Prefix: "wkl", Noun: "workload",
	Indexes: []Index{{Name: "inquiry", Fields: []string{"items.inquiryId"}, Unique: true}},
})

// WorkloadID gives the id of an agent's workload.
func WorkloadID(agentID string) string { return siblingID(Workloads.Prefix, agentID) }

// Load gives the units of capacity in use.
func (w *Workload) Load() (load int) {
	for i := range w.Items {
		load += w.Items[i].Weight
	}
	return load
}

// Item gives the item of an inquiry, nil if there is none.
func (w *Workload) Item(inquiryID string) *WorkItem {
	i := slices.IndexFunc(w.Items, func(x WorkItem) bool { return x.InquiryID == inquiryID })
	if i < 0 {
		return nil
	}
	return &w.Items[i]
}

// Drop takes an inquiry away, and reports whether it was there.
func (w *Workload) Drop(inquiryID string, now time.Time) bool {
	n := len(w.Items)
	w.Items = slices.DeleteFunc(slices.Clone(w.Items), func(x WorkItem) bool { return x.InquiryID == inquiryID })
	if len(w.Items) == n {
		return false
	}
	w.IdleSince, w.UpdatedAt = now, now
	return true
}

// Put adds an item.
func (w *Workload) Put(item WorkItem, now time.Time) {
	w.Items = append(slices.Clone(w.Items), item)
	w.IdleSince, w.UpdatedAt = now, now
}
