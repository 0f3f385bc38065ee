// Package dnstest answers the questions that tests have resolved, so that a name may lead anywhere, and elsewhere at the
// next question. It is for tests only.
package dnstest
