// Package browser drives a real Chromium in tests: it starts one, opens tabs
// that look like a phone, keeps what the page said and asked for, checks the
// basics of accessibility, and saves screenshots as build artefacts.
//
// It is for tests only and knows no page of Usher: a test brings the address and
// the words. Where Chromium is missing a test is skipped with the reason, but in
// CI (CI=true) it fails.
package browser
