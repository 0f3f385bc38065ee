// Package arch tests the shape of the repository: the directions between packages, that each says what it is for, the
// size of files and functions, and what committed text may not contain.
//
// The linter checks the directions too, file by file; here they are read from `go list`, with the dependencies of
// dependencies, so that each check shows when the other is wrong. A rule is a row of a table with its reason.
package arch
