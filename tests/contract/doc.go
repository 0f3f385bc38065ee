// Package contract checks what really went over the wire against an OpenAPI
// document. It is for tests only: give [Document.Client] to whatever speaks to a
// host, and every exchange that the document does not allow fails the test.
//
// What the document is made from, and that it is the one committed, is tested in
// package web.
package contract
