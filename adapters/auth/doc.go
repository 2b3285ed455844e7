// Package auth tells whose a bearer token is: a JWT (RFC 7519) signed with a shared secret or with a key of a JWKS, or an API key.
//
//	auth.go    the verifier: which kind of token it is, and the cache
//	claims.go  what the claims of a JWT must say
//	jwks.go    the keys of a single sign-on, fetched and kept
//	sign.go    making tokens for this machine
package auth
