// Package kit runs the fixtures of a plugin against its module in the real runtime:
// the engine of package plugins, with its limits, its reset, its fuel, and no server,
// database or network. "usher plugin test" prints what it finds, and [Test] is for
// who keeps a module beside Go tests.
//
// It stands here and not in sdk/sdktest because the runtime must not come with the
// tests of a plugin's plain logic: sdktest calls handlers natively and needs nothing but
// the standard library, kit calls a built module of any language.
//
// A fixture (hostapi.Fixture) has the data and config of a call, the HTTP exchanges
// that stand in for the network, and what is to come of it. Answers are compared in the
// form of manifest.Answer: what is left out is the same as what is empty. The wall time
// is the greatest that a manifest may ask for, whatever this one does, so that a busy
// machine makes no fixture fail; [Result] has the time that was taken.
//
// [Probe] plays the fixtures of what is new in a release before it serves, against the very
// versions that will, several times for what they cost.
//
// A plugin is granted what its manifest asks for. Its requests get the responses of the
// fixture, in order; entries are those that the fixture names and last for it alone; metrics and spans are taken and
// forgotten; the value of a secret is [SecretPrefix] and its name.
package kit
