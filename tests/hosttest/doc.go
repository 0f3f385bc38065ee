// Package hosttest runs the real host as a process of its own, for tests only.
//
//	func TestMain(m *testing.M) { hosttest.Main(m) }
//
//	func TestX(t *testing.T) {
//		host := hosttest.Start(t, hosttest.Options{})
//		answer := host.Client(t).Post("/v1/signups", hosttest.Object{"email": "ada@example.com", "organization_name": "Ada"})
//		mail := host.Mail(t, "ada@example.com")
//		host.Stop(t)
//	}
//
// The binary and the example guests are built once, in build/test, for all test binaries. A host that
// loads no guests is built with the race detector when the test is, and a race that it
// reports fails the test; guests are compiled too slowly for that. A host takes part in a
// test by its environment, its files, its listeners, its lines and its signals, as it does in
// front of an operator: nothing of package app is imported.
//
// What it is not: a person who uses the host (tests/e2e has those), or the parts around
// it (pgtest, smtptest, otlptest).
package hosttest
