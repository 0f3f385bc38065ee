// Package toolchain runs the compilers of guests that are written in other languages than Go. It is for tests only;
// each language has a package of its own, which knows the commands.
//
// A guest is built once per test binary, in a folder of its own. Where a part is missing a test is skipped with the
// reason and what to install, unless CI=true: then it fails.
package toolchain
