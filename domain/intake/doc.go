// Package intake is where everything a customer says comes in: it normalises, identifies the customer, finds the thread, and records the
// interaction, its inquiry, the events and the follow-up jobs in one commit. Only after that is the sender answered.
//
//	submission.go  what a channel hands over, and the rules it must keep
//	identify.go    whose it is: identities in, one customer out
//	thread.go      which inquiry it belongs to
//	record.go      the one commit
//	mail.go        raw mail to the same way
package intake
