// Package checkout is the working copy that tests run in: where it is, and whose turn it is to build something in it that
// all test binaries use. It is for tests only.
package checkout
