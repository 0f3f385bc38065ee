// Package sample keeps some of the calls that plugins answered, so that a candidate can be asked the same later.
//
//	taken   on the caller's goroutine: counted against the bounds, put on a queue, or dropped
//	kept    in the background: redacted → sealed with the ring's key, bound to its row → written in batches
//	read    page by page: opened, and lost where its key is gone
//
// A sample holds nothing personal that package redact knows of, and is sealed all the same. It is good for a bounded
// time. Nothing waits for a sample and nothing relies on one: what does not fit is dropped and counted.
//
// What it is not: it asks nobody; package replay does.
package sample
