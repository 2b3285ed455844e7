package domain

// Organisation is a whole organisation as people write it down: what is to be there, by key. A section that is left out says nothing of its kind.
type Organisation struct {
	Accounts    []Account   `json:"accounts"`
	Skills      []Skill     `json:"skills"`
	Teams       []Team      `json:"teams"`
	Calendars   []Calendar  `json:"calendars"`
	Queues      []Queue     `json:"queues"`
	Agents      []Agent     `json:"agents"`
	Routes      []Route     `json:"routes"`
	SLAPolicies []SLAPolicy `json:"slaPolicies"`
}

// MaxOrganisation is the longest document of an organisation, in bytes.
const MaxOrganisation = 8 << 20

// OrganisationFormat reads and writes the document of an organisation.
type OrganisationFormat interface {
	// Read gives what a document says, and the line on which each field is, by its path ("queues.0.teams"). Invalid names every fault; Malformed if it is no document
	// at all. Ids, versions and times have no place in it; what is not said to be inactive is active.
	Read(document []byte) (*Organisation, map[string]int, error)
	// Write gives the document of an organisation, so that Read gives the same again.
	Write(*Organisation) ([]byte, error)
}
