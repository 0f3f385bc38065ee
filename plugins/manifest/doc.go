// Package manifest judges what a plugin says about itself: its hooks and the fields it
// needs, the capabilities and limits it asks for, the schema of its config, its
// fixtures. [Parse] takes the bytes of a stranger; its error lists everything that is
// wrong, each with the place in the manifest and what was expected there. [Fit] holds
// an operator's config to the schema, [Answer] an answer to the type of its hook.
//
// Whether a module exports what its manifest names, and imports what it asks for, is
// package plugins' to say; what is granted is the operator's.
package manifest
