package domain

import (
	"slices"
	"time"
)

// RoutingSettings is what holds for all routing.
type RoutingSettings struct {
	Doc              `json:",inline"`
	Weights          []ChannelWeight `json:"weights"`            // of channels that differ from DefaultWeights
	Reserved         []Reservation   `json:"reserved,omitempty"` // shares of every agent's capacity kept for classes of customers
	MissedOffers     int             `json:"missedOffers"`       // offers let pass in a row after which an agent is away; 0 is never
	RefusalSeconds   int             `json:"refusalSeconds"`     // how long an inquiry is kept from an agent who did not take it
	WrapUpSeconds    int             `json:"wrapUpSeconds"`      // how long wrap-up lasts; 0 is until the agent ends it
	CallGraceSeconds int             `json:"callGraceSeconds"`   // how long a call stays with an agent whose client fell silent
	KeepAgent        bool            `json:"keepAgent"`          // who writes again comes to the same agent, be the agent there or not
}

// ChannelWeight is how much of an agent's capacity an inquiry of a channel takes.
type ChannelWeight struct {
	Channel Channel `json:"channel"`
	Weight  int     `json:"weight"` // units; 0 takes nothing
}

// Reservation keeps a share of every agent's capacity for classes of customers. Work of other classes does not use it.
type Reservation struct {
	Tiers []string `json:"tiers"`
	Share float64  `json:"share"` // 0 to 0.9
}

// DefaultWeights are how much an inquiry of each channel takes: a call all, a chat a third, a letter a tenth.
var DefaultWeights = []ChannelWeight{
	{ChannelPhone, 100}, {ChannelChat, 30}, {ChannelEmail, 10}, {ChannelBoard, 10}, {ChannelFax, 10}, {ChannelMemo, 10},
}

// RoutingSettingsID is the id of the one settings document.
const RoutingSettingsID = "rts_settings"

// DefaultRoutingSettings holds until somebody sets others.
func DefaultRoutingSettings() RoutingSettings {
	return RoutingSettings{
		Doc: Doc{ID: RoutingSettingsID}, Weights: slices.Clone(DefaultWeights), MissedOffers: 2, RefusalSeconds: 300, WrapUpSeconds: 60, CallGraceSeconds: 120,
	}
}

// RoutingSettingsStore holds the settings.
var RoutingSettingsStore = declare[RoutingSettings](Spec{Name: "routingSettings", Prefix: "rts", Noun: "routing settings"})

// Weight gives what an inquiry of a channel takes of an agent who has this capacity: never more than all of it.
func (s *RoutingSettings) Weight(c Channel, capacity int) int {
	for _, list := range [][]ChannelWeight{s.Weights, DefaultWeights} {
		if i := slices.IndexFunc(list, func(w ChannelWeight) bool { return w.Channel == c }); i >= 0 {
			return min(list[i].Weight, capacity)
		}
	}
	return min(FullCapacity, capacity)
}

// RefusalTime is RefusalSeconds.
func (s *RoutingSettings) RefusalTime() time.Duration {
	return time.Duration(s.RefusalSeconds) * time.Second
}

// Events of routing.
const (
	EventInquiryOffered       = "inquiry.offered"
	EventInquiryOfferRejected = "inquiry.offer_rejected"
	EventInquiryOfferExpired  = "inquiry.offer_expired"
	EventInquiryReturned      = "inquiry.returned" // taken from an agent and back to its queue; data says why
	EventRoutingSettings      = "routing.configured"
)
