// Package json picks single values out of JSON and writes strings, for plugins that speak
// JSON with others. It has neither reflection nor a tree of values: encoding/json would cost
// a guest most of its size and time. A value is the text of it, and is read anew for each
// that is picked; what is broken, missing or of another type reads as empty.
package json
