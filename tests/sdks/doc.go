// Package sdks tests the SDKs of other languages than Go by the example that each has below
// examples/plugins/company-domain: it is built as "usher plugin build" builds it, its fixtures, which are those of the
// bundled plugins, are run in the real runtime, and its tests and the SDK's own run in the language's own test tool. It is
// for tests only.
//
// Where a part of the toolchain is missing a test is skipped with what to install, unless CI=true: then it fails.
package sdks
