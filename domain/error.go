package domain

import (
	"cmp"
	"errors"
	"fmt"
)

// Code says what kind of fault an Error is. It is stable: front ends switch on it,
// and each door has one table from Code to its own status.
type Code string

// The codes, from the caller's faults to ours.
const (
	Malformed       Code = "malformed"        // the request cannot be read at all
	Invalid         Code = "invalid"          // it can be read, but breaks a rule
	Unauthenticated Code = "unauthenticated"  // no token, or one that does not hold
	Forbidden       Code = "forbidden"        // the token lacks a scope
	NotFound        Code = "not_found"        // nobody has this id
	Conflict        Code = "conflict"         // the state of things forbids it
	Duplicate       Code = "duplicate"        // a unique key is already taken
	Stale           Code = "stale"            // edited by another since it was read
	KeyReused       Code = "key_reused"       // an Idempotency-Key came back with another request
	TooLarge        Code = "too_large"        // past a size limit
	Unsupported     Code = "unsupported_type" // a media type that is not taken here
	RateLimited     Code = "rate_limited"     // too many requests
	Unavailable     Code = "unavailable"      // try again later
	SlowReader      Code = "slow_reader"      // a stream was cut because its reader did not keep up
	Internal        Code = "internal"         // our fault; the caller gets an id only
)

// Codes lists every code, so that each door's table can be tested for completeness.
var Codes = []Code{
	Malformed, Invalid, Unauthenticated, Forbidden, NotFound, Conflict, Duplicate, Stale,
	KeyReused, TooLarge, Unsupported, RateLimited, Unavailable, SlowReader, Internal,
}

// Fault names one field that breaks one rule.
type Fault struct {
	Field   string `json:"field"`
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

// Error is what every use case answers when it refuses. Message may be shown to the caller;
// the wrapped error may not.
type Error struct {
	Code    Code
	Message string
	Field   string // the field at fault, where there is one
	Rule    string // the rule it breaks: required, max, format, scope …
	Faults  []Fault
	cause   error
}

// Error gives the message with its field.
func (e *Error) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + ": " + e.Message
}

// Unwrap gives the cause, which is for logs only.
func (e *Error) Unwrap() error { return e.cause }

// AllFaults gives the faults one by one; an Error with a Field and no Faults has one.
func (e *Error) AllFaults() []Fault {
	if len(e.Faults) > 0 || e.Field == "" {
		return e.Faults
	}
	return []Fault{{Field: e.Field, Rule: e.Rule, Message: e.Message}}
}

// Errorf makes an Error of a code. A %w in format becomes the cause.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), cause: errors.Unwrap(err)}
}

// InvalidField makes the Error for one field that breaks one rule.
func InvalidField(field, rule, format string, args ...any) *Error {
	return &Error{Code: Invalid, Field: field, Rule: rule, Message: fmt.Sprintf(format, args...)}
}

// Missing makes the Error for an id nobody has.
func Missing(noun, id string) *Error {
	return &Error{Code: NotFound, Message: fmt.Sprintf("no %s has the id %q", noun, Clip(id, 80))}
}

// CodeOf gives the code of an error, Internal for one that is not ours.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// IsCode reports whether err is an Error of this code. A nil error is of no code.
func IsCode(err error, code Code) bool { return err != nil && CodeOf(err) == code }

// Clip shortens a caller's text for a message, on a rune boundary.
func Clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && s[most]&0xC0 == 0x80 {
		most--
	}
	return s[:most] + "…"
}

// Faults collects field faults, so that a caller sees all of them at once.
type Faults []Fault

// Add notes one fault.
func (f *Faults) Add(field, rule, format string, args ...any) {
	*f = append(*f, Fault{Field: field, Rule: rule, Message: fmt.Sprintf(format, args...)})
}

// AddError notes the faults of an Error, with the field's name put under a prefix.
func (f *Faults) AddError(prefix string, err error) {
	var e *Error
	if !errors.As(err, &e) {
		f.Add(prefix, "invalid", "%v", err)
		return
	}
	faults := e.AllFaults()
	if len(faults) == 0 {
		faults = []Fault{{Rule: cmp.Or(e.Rule, string(e.Code)), Message: e.Message}}
	}
	for _, x := range faults {
		x.Field = joinField(prefix, x.Field)
		*f = append(*f, x)
	}
}

func joinField(prefix, field string) string {
	switch {
	case prefix == "":
		return field
	case field == "":
		return prefix
	}
	return prefix + "." + field
}

// Err gives one Invalid error naming every fault, or nil if there is none.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	msg := f[0].Message
	if f[0].Field != "" {
		msg = f[0].Field + ": " + msg
	}
	if len(f) > 1 {
		msg = fmt.Sprintf("%s (and %d more)", msg, len(f)-1)
	}
	return &Error{Code: Invalid, Message: msg, Faults: f}
}

// FieldOf gives the field of an error, "" if it names none.
func FieldOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Field
	}
	return ""
}

// RuleOf gives the rule that an error names, "" if it names none.
func RuleOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Rule
	}
	return ""
}
