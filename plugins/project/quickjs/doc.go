// Package quickjs makes modules of scripts: it brings an engine, QuickJS compiled to WebAssembly, has it read a script,
// and freezes the two into one module that begins where the reading ended.
//
//	script ──▶ Load: the engine reads it, its top level runs ──▶ Loaded.Module: memory and globals as data
//	                                                              with the hooks it serves and the functions it uses
//
// Such a module is like one of any other language: it starts at once, is metered and reset, and imports what it can use
// and nothing else. The same script gives the same bytes, so nothing of the machine, the time or of chance is in them.
//
// engine.wasm is committed, with its source in engine/ and where the rest comes from in PROVENANCE.md;
// "make engine" builds it anew. Who bundles TypeScript to a script is package project.
package quickjs
