// Package redact takes what is personal out of what plugins were asked and answered, so that it can be kept for a while.
//
//	redact.go   one call: its data, what the host answered the plugin, what the plugin asked of the host
//	fields.go   what may stay of each hook's data: an allow-list; what is not on it is replaced
//	foreign.go  what may stay of texts that others write: answers of other systems, entries of plugins, events
//	text.go     finds the words of a text; e-mail addresses keep their domain
//	standin.go  a stand-in of the same shape for a word, the same one wherever the word comes again in the call
//	verdict.go  what two verdicts differ in, without a word of them
//
// A stand-in is drawn by chance and the drawing is forgotten, so nothing leads back from it. Of what a plugin asked of
// the host only a digest is kept: it tells whether another version asks the same, and nothing else.
//
// What it is not: encryption. Numbers, domains, times and ids stay; package sample seals the rest.
package redact
