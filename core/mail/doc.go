// Package mail turns the id of a message row into a mail that a provider took.
//
//	job ─▶ Sender.SendMail
//	         gate      waits while the provider is down, lets one mail probe it
//	         load      the message as it stands now; revoked and expired ones stop here
//	         link      public_url/a/token, derived from the token's reference
//	         render    by a plugin behind the Renderer, or natively
//	         send      to a Provider (package smtp; the sink is one more SMTP server)
//	         record    sent, skipped, failed, or what went wrong this time
//
// A link exists in memory only, between load and send. It is the same in every
// attempt, and so are Message-ID, Date and MIME boundary, so that a mail that was sent
// twice is recognised as one by mail servers and by its reader.
//
// # Delivered, but not recorded
//
// The provider took the mail and then the database failed. Sending again would be
// a second mail for one invitation, and at every retry another one, so the failure
// says who accepted the message ([Failure.AcceptedBy]), the job keeps that in its own
// row, and the next attempt, on any replica, records and does not send. What is left is
// the crash of the process in these few milliseconds: then the job is found as stuck
// and the mail is sent once more, with the same Message-ID and link.
//
// # A provider that is down
//
// A mail that failed for its own reasons waits longer with every attempt. A provider
// that is down is not the mail's fault: its attempts are not counted, the waiting jobs
// stay where they are, and one mail a second finds out when the provider is back.
//
// Not here: the queue, retries and the schedule (package job), the rows (package
// store), what a plugin is (package hook).
package mail
