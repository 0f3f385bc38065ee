// Package activation is the pipeline: it takes a stranger to an active account.
// A file is a use case, and each reads as its numbered steps.
//
//	signup      address cleaned → hook asked → tenant, owner, token, message,
//	            job and events in one commit
//	invite      limits → rights and hook asked, where one is bound → rights, invitation,
//	            token, message, job, event in one commit
//	bulk        a list checked, committed as rows with a job; the job invites batch by batch, each
//	            in one commit with the rows that it marks
//	resend      a new token version in one commit, which kills the link before
//	revoke      the invitation and its link die in one commit
//	tenant      name and look changed, with their event, in one commit
//	inspect     what a link would do; changes nothing
//	activate    proof asked → hooks asked: profile, password, claims → password hashed →
//	            token spent, account, membership, session and events in one commit
//
// What may be done is decided here and in the statement that does it, for every
// transport alike. Before a commit come the slow and the fallible: hooks and hashing. After
// it comes one signal to the mail workers, who find the job in the database.
//
// It knows nothing of HTTP, SQL or Wasm: package web calls it, package store does its
// commits, package hook asks the plugins, package mail sends what it promised.
package activation
