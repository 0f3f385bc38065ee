// Package core holds the words of Usher: the nouns of activation, the one
// error type that crosses packages, and the records that the parts hand to each
// other. It imports nothing but the standard library and does nothing by itself.
//
// # The map
//
// One person's way through the product, and the package that owns each step:
//
//	HTTP request     web         parses strictly, authenticates, writes errors
//	    │
//	use case         activation  signup, invite, resend, revoke, inspect, activate
//	    │            identity    sessions, signing keys, password hashing
//	    ├─ hook      hook        asks the plugins, before any transaction
//	    └─ store     store       one commit: state, events, message and its job
//	                    │
//	mail job         job         River takes the job up after the commit
//	                 mail        derives the link, renders, hands it to a provider
//	                    │
//	events           event       hands what was committed to its consumers
//	                    │
//	link opened      web/page    a page that changes nothing, then one POST
//	                 visit       who looked at it, kept beside and later
//	                    │
//	use case         activation  spends the token in the commit that activates
//
// Package app puts the parts together; it is the only one that knows them all.
//
// # Invitation
//
//	           resend (a new token version, the old link dies)
//	            ┌──┐
//	create ──▶ pending ──▶ accepted     by a valid token, once
//	              ├──────▶ revoked      by an owner or admin
//	              └──────▶ expired      by the database's clock, checked at use
//
// # Tenant and owner
//
//	signup ──▶ tenant pending, owner pending ──▶ owner verified: both active
package core
