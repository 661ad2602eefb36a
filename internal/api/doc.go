// Package api is the desk for programs: REST operations under /api/v1 and the
// OpenAPI document that describes them.
//
// Every operation is one thin handler: it reads its input, asks the domain as the
// staff member whose key the program shows, and returns plain values. Access is
// checked in the domain, within the role of the staff member and the scopes of the
// key. What all operations share stands around them:
//
//	server.go    the chain a request passes
//	guard.go     who is asking: the key, its scope
//	limit.go     how often: requests per minute and key
//	repeat.go    Idempotency-Key: the same request twice has one effect
//	problem.go   errors, made from platform/errs in one place (RFC 9457)
//	page.go      lists, paged by key
//	etag.go      what has not changed is not sent again
//	document.go  the document: examples are made from the fields
//
// The document is the contract: it is generated from the operations, checked in as
// docs/api/openapi.json, and a typed client (client/) is generated from it.
package api
