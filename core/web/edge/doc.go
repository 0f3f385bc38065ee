// Package edge is what every HTTP listener of Usher does for every request,
// whatever the request is for. Packages web and operator bring the routes.
//
// The way of one request:
//
//	server.go     read by fasthttp within limits; what cannot be read is refused
//	exchange.go   a [Call] is opened: headers, request id, clock, last-resort recover
//	trace.go      the span, named by the template of the route and nothing else
//	gate.go       cross-site posts, content encodings and long bodies are refused
//	    │         the handler of the [Route] runs
//	decode.go     strict JSON into a plain struct, strings copied out of the buffer
//	answer.go     JSON, bytes or nothing
//	problem.go    the single place that writes an error, as RFC 9457
//	exchange.go   metric, one log line, end of the span
//
// A path may hold a token, so no path, query or URL is ever logged, traced,
// counted or put into an error: only [Route.Path], the template. Host and
// X-Forwarded-Host are never read; X-Forwarded-For is believed only as far as
// trusted proxies wrote it (clientip.go).
//
// # What is elsewhere
//
// Which routes there are, who may call them and what they mean: packages web and
// operator, whose tests are those of this package too. What a use case decides:
// packages activation and identity.
package edge
