// Package mailbox is the mail server that the measured host delivers to: it takes
// every mail, and remembers by recipient when it came, how often, and the token of
// its link.
//
// It is a real SMTP server in the load's own process, so its work is paid for by the
// machine that is measured, as a provider's would not be. The time of a mail is the end
// of its DATA, before the server's answer.
package mailbox
