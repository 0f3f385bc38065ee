// Package signtest signs modules for tests, each with a key of its own.
package signtest
