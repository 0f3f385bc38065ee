// Package provider speaks the HTTP APIs of mail providers: it sends a mail by one, and reads
// what its callbacks say of mails. What providers differ in is data, a [flavour] each:
// another one is another entry of the table. It is plain Go: the plugin beside it only wires
// it up.
//
// It never sees a secret or a link. The host puts the secret into the request and the link
// in the place of its placeholder, and proves callbacks: see [Track].
package provider
