// Package api is the REST door: gin in front of the use cases. openapi.yaml is its source; package gen is generated from it.
//
//	api.go           what the door needs, and how it is put together
//	operation.go     the operations of the document: scope, parameters, body
//	problem.go       errors as application/problem+json; the one table from code to status
//	observe.go       request ids, access log, metrics, panics
//	shield.go        security headers, CORS, compression
//	limit.go         rate limits
//	auth.go          tokens and scopes
//	body.go          reading a body within its limits; strict JSON
//	validate.go      parameters and bodies against the document
//	idempotency.go   one key, carried out once
//	version.go       ETag and If-Match
//	page.go null.go  lists; empty fields
//	stream.go        answers that are written as they come
//
// and one file a noun: intake.go fax.go batch.go inquiry.go desk.go export.go interaction.go customer.go sealed.go search.go event.go account.go
// apikey.go me.go org.go agent.go team.go skill.go shift.go queue.go route.go calendar.go slapolicy.go health.go. A handler decodes, makes one call and encodes; no rule lives here.
package api
