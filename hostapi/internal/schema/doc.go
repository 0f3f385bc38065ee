// Package schema writes the types of hostapi as JSON Schemas (draft 2020-12).
// Comments become descriptions and typed string constants enumerations. What a
// guest writes is closed and bounded by the Max constants; what a guest reads is
// open, since changes within v1 add, and nothing of a question is required, since
// a manifest chooses what it is given.
package schema
