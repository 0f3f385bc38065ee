// Package denial holds the errors of a denial to their bounds: what they say reaches a person's form and the callers of
// the API. The host refuses an answer whose errors are beyond them, and so do the fixtures of a plugin. No guest needs it.
package denial
