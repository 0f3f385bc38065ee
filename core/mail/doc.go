// Package mail turns the id of a message row into a mail that a provider took.
//
//	job ─▶ Sender.SendMail
//	         gates     the first provider that is up; waits while all are down
//	         load      the message as it stands now; revoked and expired ones stop here
//	         turn      at the domain that it goes to, where that is paced; else later, uncounted
//	         route     by a plugin behind the Router, or as configured
//	         render    by a plugin behind the Renderer, or natively
//	         link      link_url/a/token, derived from the token's reference
//	         send      to one Provider after the other (package smtp; the sink is one more
//	                   SMTP server; Adapted, behind which is a plugin)
//	         record    sent, skipped, failed, or what went wrong this time
//
//	web ─▶ Feedback.ProviderCallback ─▶ the provider's plugin ─▶ what became of mails
//
// A link exists in memory only, between load and send. It is the same in every
// attempt, and so are Message-ID, Date and MIME boundary, so that a mail that was sent
// twice is recognised as one by mail servers and by its reader.
//
// # Letters
//
// The native templates are a layout for each part and a file of words for each language, for a locale such as de-AT
// the one of de, and English for those that have none. What differs between two letters of one form are
// facts: names, a date, and how the tenant wants to look. They were chosen by strangers, so each is
// escaped for its place, an address must be https, and colours that follow the tenant's are computed to
// be read in the light and in the dark (package brand). The only thing that a letter fetches is
// the tenant's logo.
//
// Letters are transactional: each answers what its reader did, or brings one invitation. So they say
// Auto-Submitted (RFC 3834) and ask for no automatic replies, and have no List-Unsubscribe: one click
// of a scanner (RFC 8058 is for bulk mail) would keep people from the links that they asked for.
// Nor a Feedback-ID, which is the relay's that signs the mail.
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
// # Providers, and one that is down
//
// Providers are tried in their order, and the class of a failure decides what follows.
//
//	temporary         the next provider; then later, and longer with every attempt
//	busy              the next provider; then soon, and not counted: nobody was asked
//	down, refused     the next provider; its gate shuts. When all are down the mail waits and
//	                  nothing is counted: that is not the mail's fault
//	unknown           later, by the same order: it may have been taken, and must not come twice
//	permanent         given up
//
// How long a mail waits after an attempt that counts is a table in failure.go.
//
// One mail a second finds out whether a provider that is down is back, for each provider on
// its own. A plugin that fails is a temporary failure, or an unknown one when the link had
// left in a request: then the provider may have the mail.
//
// # What providers report
//
// A callback is judged by the provider's plugin, and what it says of a mail is kept with its
// event in one commit. A mail goes from sent over deferred and delivered to bounced and
// complained, never back, and a callback that is repeated changes nothing. A report that names
// a mail by the provider's name and overtakes the record of the mail is not understood; one
// that names it by our Message-ID is.
//
// The inviter is told of a bounce of the link that is the invitation's now, once, by a mail that is promised in
// the commit of the report. It shows the address masked, has no link, and is always native. Of a complaint
// nobody is told: it would say who complained.
//
// # Paces of domains
//
// A domain that is paced takes so many mails in a minute from all replicas together. A mail asks
// once, keeps the turn that it is given in its job's row, and waits for it in the queue. Mails that
// somebody waits for have a line of their own; one that passes a list that has its turns already
// comes beside it, so that for a while there may be up to twice as many. Jobs that sleep are woken
// every few seconds, so a fast pace comes in small heaps.
//
// Not here: what on-call does (package desk), the queue, retries and the schedule (package job), the rows (package
// store), what a plugin is (package hook).
package mail
