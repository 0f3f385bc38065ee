// Package bounce reads the mails in which servers say what became of a mail: delivery status
// notifications (RFC 3464) and reports of complaints (RFC 5965). Anybody can write one, so it
// tells what a mail says and to which addresses it came, and whether that is to be believed is
// its caller's to judge (package mail).
package bounce
