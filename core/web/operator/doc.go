// Package operator is the second HTTP listener of Usher, for those who run it.
// It belongs on a loopback or a private address, never on a public one.
//
// Every call needs the operator token as Authorization: Bearer, with three
// exceptions that show nothing secret: /metrics, because scrapers seldom carry
// tokens; the pages /plugins and /sink with their assets, which ask for the token
// themselves; and the pages that explain problems.
//
//	GET    /admin/v1/sink/messages   the mails of the development sink
//	DELETE /admin/v1/sink/messages   forget them
//	GET    /admin/v1/mail            how the queue of mails, the providers and the workers are
//	GET    /admin/v1/mail/messages   the mails that have not left
//	POST   /admin/v1/mail/requeue    try mails now that are stuck, were given up, or wait
//	POST   /admin/v1/mail/pause      keep all mails in the queue
//	POST   /admin/v1/mail/resume     let them leave again
//	POST   /admin/v1/mail/test       hand a mail that is nobody's to a provider
//	POST   /admin/v1/mail/resend     make the last mails once more, for the sink, without their links
//	GET    /admin/v1/invitations/{id}/timeline  the story of one invitation, refusals of its links included
//	GET    /admin/v1/funnel?since=&until=&by=   how far runs came, from the signup to the active account
//	GET    /admin/v1/acts            who did what to mails
//	GET    /admin/v1/config          the configuration in force, secrets redacted
//	POST   /admin/v1/config/reload   read it again, whole or not at all
//	GET    /admin/v1/plugins         the plugins, with where they are bound and how they are
//	GET    /admin/v1/hooks           the hooks, with who is asked in which order
//	GET    /admin/v1/plugins/calls?after=                   the calls of plugins as they end
//	POST   /admin/v1/plugins/versions                       push a version of a plugin
//	GET    /admin/v1/plugins/versions?plugin=               the versions in the registry
//	GET    /admin/v1/plugins/versions/{version}             one, by digest or name
//	POST   /admin/v1/plugins/versions/{version}/quarantine  keep it from serving
//	POST   /admin/v1/plugins/versions/{version}/revoke      for ever
//	POST   /admin/v1/plugins/versions/{version}/clear       let it serve again
//	GET    /admin/v1/plugins/versions/{version}/differences what it answered otherwise as a shadow
//	POST   /admin/v1/plugins/replay                         put recorded calls to a version
//	GET    /admin/v1/plugins/replay/{id}                    what came of it so far
//	DELETE /admin/v1/plugins/replay/{id}                    stop it
//	GET    /admin/v1/plugins/acts                           who did what to versions and releases
//	GET    /admin/v1/events          what happened: types=, tenant=, since=, cursor=, limit=
//	GET    /admin/v1/events/stream   the same as it comes, as server-sent events
//	GET    /admin/v1/events/consumers                       who takes events, and how far each is
//	GET    /admin/v1/events/parked?consumer=&dead=          what waits for one
//	POST   /admin/v1/events/parked/retry                    have it tried again at once
//	POST   /admin/v1/events/parked/skip                     have one never taken
//	POST   /admin/v1/webhooks                               have every tenant's events sent to an address
//	GET    /admin/v1/webhooks                               the endpoints, those of tenants included
//	GET    /admin/v1/webhooks/{id}                          one; PATCH changes, DELETE removes it
//	POST   /admin/v1/webhooks/{id}/rotate                   a new secret
//	POST   /admin/v1/webhooks/{id}/test                     send it an event now
//	POST   /admin/v1/webhooks/{id}/replay                   send it events again
//	GET    /admin/v1/webhooks/{id}/deliveries               the last attempts
//	GET    /metrics                  for Prometheus
//	GET    /debug/pprof/…            the profiles of the Go runtime
//	GET    /plugins                  a page that shows what serves, and rolls it back
//	GET    /sink                     a page that shows the sink
//
// Who acts may give a name for the audit in the header Usher-Operator. It is a claim: whoever
// has the token may give any name.
//
// # What is elsewhere
//
// What is the same for each request, errors included: package edge. The public
// calls: package web. What the calls here do is handed in by package app.
package operator
