// Package app puts the parts together: it starts them in the order in which they need each
// other, reloads them, and stops them in reverse. It is the only package that
// knows them all, and it holds no rule of its own.
//
//	config ─▶ both addresses bound ─▶ log, telemetry ─▶ keys
//	       ─▶ database (in development a private one, migrated) ─▶ store, and
//	          the plugins compile meanwhile
//	       ─▶ hooks ─▶ mail and its workers ─▶ identity ─▶ activation
//	       ─▶ operator and public listeners ─▶ ready.json
//
// A part that cannot start stops what was started before it and says why. Stopping
// takes no new request, answers those under way, lets mail that is being sent be
// sent, and closes the database last.
package app
