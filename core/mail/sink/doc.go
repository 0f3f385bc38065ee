// Package sink is a mail server that keeps what it is given, for development,
// tests and drills: what a mailbox would show can be read without a mailbox.
//
// It speaks real SMTP on a loopback port, so that development sends mail the way
// production does. Mails are kept in memory only, the newest first to be read and the
// oldest dropped when there are too many, and nothing is written to disk: a mail carries a
// link that signs its reader in. Never use it as the provider of a production host.
package sink
