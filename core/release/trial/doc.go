// Package trial watches what versions of plugins do. It counts every call that ended, on each
// replica; it judges a candidate against its predecessor from what all replicas counted; and
// it takes a candidate back that is worse than it may be. Packages guard and cost have the
// arithmetic, package release the ledger, package store the rows.
//
//	call that ended ──▶ Counter ──▶ plugin_tallies, every second ──▶ Watch.Look ──▶ plugin_trials
//	                                                                     └── alarm ──▶ a release, by nobody
//
//	counter.go   what is counted, on the path of calls
//	meter.go     what calls cost, counted by many at once
//	flush.go     what was counted, as rows
//	watch.go     when it is looked at
//	look.go      the windows, and who may judge them
//	state.go     what is kept between two looks
//	rollback.go  what follows an alarm
//	evidence.go  what is kept for a person
//	gate.go      what stands against a promotion
//	show.go      what operators are shown
//
// # Who evaluates
//
// Every replica looks about once a second while a candidate is tried. It reads the trial, then
// the tallies, and writes the trial back if nobody else did since: whoever loses has done
// nothing, so that each run is weighed once however many replicas there are. A replica that
// cannot reach the database counts on, and its next report has all of it.
//
// An alarm is part of the state of the trial. It is written first and acted on then; if that
// fails, because the database goes away or another release came between, the next look of
// any replica acts on it, as long as the candidate is there. The number of the release decides
// who of several does.
//
// # What is counted
//
// The first call of a run to a hook, for runs that began under the release that serves: those
// were assigned by chance, and at the same time, to one of the two versions. Where tenants are
// assigned, the first call of a tenant. Calls that ended for the caller's reasons, and those
// that no guest was asked in, are no doing of a version. When a release changes the share of
// the same candidate the trial goes on with what it knows.
//
// # What is not watched
//
// Once a version serves alone, after activate or promote, nothing is there to compare it with
// at the same time. The test of package guard rests on both having been assigned their runs by
// chance in the same window; that is what makes each factor an e-value. Tallies that were frozen at
// the promotion are no such control, although they are kept and the predecessor is still warm: what
// the hour does to the traffic, a campaign, an outage of what both call, a bot, would count
// against the version; their own error stays in every window, so that the bets no longer multiply; and a
// limit so wide that drift stays within it would miss what the guard is for. False
// alarms, which the guard promises to bound, could not be bounded, and each would take back a good
// version by itself. So nothing is rolled back by itself then. Who wants a watch after the
// promotion keeps a concurrent control: the candidate at 90 or 99 percent instead of promoted, which
// this package watches for as long as it lasts.
package trial
