// Package examples tries what stands in examples/plugins, the way that an author or an operator would: each project is
// copied out of the repository with its SDK, tested in its own language, built, tried by its fixtures and shown; the
// transcript in its README is what comes of that. Some then serve on a real host.
//
//	go test ./tests/examples -update   writes the transcripts anew
package examples
