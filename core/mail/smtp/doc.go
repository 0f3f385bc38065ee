// Package smtp hands mails to an SMTP server. It keeps connections open between
// mails, because dialling, TLS and AUTH cost many times what one mail does. Where the server
// announces PIPELINING (RFC 2920), a mail takes two round trips instead of four.
//
// Every failure is a mail.Failure whose class follows the stage and the reply:
// what a server says to MAIL, AUTH or before is about us and concerns every mail,
// what it says to RCPT and DATA is about this one. A connection lost after the final dot
// leaves open whether the mail was accepted. No reply's words are kept, only its codes,
// because replies repeat addresses.
//
// Not here: what a mail says (package mail), when it is tried again (package job).
package smtp
