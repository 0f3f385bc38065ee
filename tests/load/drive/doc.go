// Package drive sends the requests of one step, as fast as a number of clients can,
// and keeps what each answer took.
//
// It knows neither what a step sends nor what it means: a [Target] writes the request
// of person i and reads the answer. The same client serves every target, so that what it
// costs is the same on each side of a ratio. It shares the machine with what it
// measures, hence fasthttp and few allocations.
//
// What the durations become is the business of package report.
package drive
