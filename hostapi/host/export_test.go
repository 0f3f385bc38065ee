package host

// Reachable is what decides about each address that is dialled.
var Reachable = reachable //nolint:gochecknoglobals // for the tests
