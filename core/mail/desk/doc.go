// Package desk is what on-call can do about mails: see why they do not leave, have them tried
// again, keep them back, and try a provider.
//
//	Status, List         how the queue, the providers and the workers are, and which mails wait
//	Requeue              try mails now that are stuck, were given up, or wait
//	Pause, Resume        keep all mails in the queue
//	Test                 hand a mail that is nobody's to a provider, and tell its answer
//	Resend               make the last mails once more, for the sink alone, without their links
//
// Whatever is done stands with who did it in the table operator_acts and in the log. Addresses
// are masked in both.
//
// Not here: the operators' calls (package operator), how a mail is sent (package mail), the
// queue's rows (package store), the workers (package job).
package desk
