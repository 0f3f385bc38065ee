// Package telemetry reports numbers and spans of a plugin. Metrics are declared in the
// manifest with every label and every value that a label may have; a plugin that
// imports this package asks for the capability telemetry there.
package telemetry
