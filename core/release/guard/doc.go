// Package guard decides whether a candidate is worse than its predecessor while both serve.
package guard
