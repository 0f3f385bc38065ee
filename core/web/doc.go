// Package web is the public HTTP listener of Usher: which calls there are, who
// may make them, and how their JSON becomes the plain values that the use cases
// take. It decides nothing about activation or sessions itself.
//
//	routes.go     the table: one row for each call; Fiber routes and the OpenAPI
//	              document are both made from it
//	operation.go  what a row is, and how it is served
//	openapi.go    the document that products embed against
//	health.go     /livez, /readyz, /health/…
//	the rest      one file for each call or two that belong together, named after it
//
// The document is committed as openapi.json, so that a change of the contract is
// seen in review. After a change of the table or of a type run
//
//	go generate ./core/web
//
// # What is elsewhere
//
// Everything that is the same for each request, strict JSON and the writing of
// errors included: package edge. The listener for operators: package operator.
// What a person sees in a browser: package page. The use cases: packages
// activation and identity, which know nothing of HTTP.
package web

//go:generate go run ./internal/writeopenapi
