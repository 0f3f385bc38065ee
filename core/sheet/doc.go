// Package sheet reads and writes lists of people to invite as CSV (RFC 4180): what a
// spreadsheet program saves, and what may be opened in one again.
//
// It knows the columns and nothing of what may stand in them; package activation judges that.
package sheet
