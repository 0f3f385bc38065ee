// Package page holds what a person sees of Usher in a browser: the activation
// page behind a mailed link, the page on which a list of people is invited, the operator's views of plugin releases, of letters and of the
// mail sink, and the readable page behind each problem type.
//
// The pages are written in src with Svelte, built by Vite into dist, and
// embedded from there, so that building Usher needs no Node. After a change in
// src run, in that folder,
//
//	npm ci && npm run check && npm run build
//
// and commit dist with it; a test compares the two.
//
// # What the activation page promises
//
// Its document is the same bytes for every link. The script takes the token out
// of the address bar, keeps it in memory, and asks the host what the link is
// for, which changes nothing. The token is spent by one POST only, after a
// person typed something or ticked a box: mail scanners open links, run scripts
// and press buttons. Nothing comes from another origin but the logo of the tenant, asked
// for without a referrer when the token has left the address; nothing is inline, and
// the policy in [Document.Headers] holds the browser to that.
//
// # What the page of plugin releases promises
//
// It says first what serves and whether everything is in order, and keeps what it
// knew when the host is away. The rollback says where it goes, wants a reason and a
// second press, and names the newest release that was seen, so that of two
// operators one is told of the other. The operator token stays in the tab.
//
// # What the page of lists promises
//
// Somebody signs in on it, and the session's tokens stay in the memory of the script: a reload
// forgets them. Nothing is sent before the list was checked and its report shown.
//
// # What is elsewhere
//
// Package web owns the routes: it serves /a/{token}, /invite, /assets/…, /problems/{code}
// and, on the operator listener, /plugins, /mail and /sink, and writes the headers that it is given
// here. What a token may do is for package activation to say.
package page
