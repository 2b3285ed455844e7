package domain

// PhoneNumber is one telephone number as it is kept: the E.164 form is what
// identities are compared by, the display form is what people read.
type PhoneNumber struct {
	E164      string `json:"e164"`      // ITU-T E.164, "+821012345678"; no extension in it
	Display   string `json:"display"`   // as its country writes it, "010-1234-5678"; foreign ones "+1 650-253-0000"
	Extension string `json:"extension"` // digits of the inside line (내선), "" if none
	Valid     bool   `json:"valid"`     // the numbering plan has such a number; false: only its length is right
}

// PhoneParser reads a telephone number as people write it.
type PhoneParser interface {
	// Parse reads raw; a number without country code is taken as one of
	// defaultRegion (ISO 3166-1 alpha-2, "" means "KR"). A number that is
	// possible but not assigned (an emergency call, a new range) comes back
	// with Valid false. What cannot be a number is an *Error with code
	// invalid that names the rule broken.
	Parse(raw, defaultRegion string) (PhoneNumber, error)
}
