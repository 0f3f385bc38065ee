package guard

// For tests of what the e-values promise.
var (
	Step         = step
	Weight       = weight
	Alternatives = alternatives[:]
	Truths       = truths[:]
)
