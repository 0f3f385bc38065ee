// Package project makes and builds the source of a plugin: a folder with a manifest.json, plain
// logic, and the wiring that one language needs. [Create] writes one, [Open] finds out what a folder is, and
// [Project.Build] makes its module, with the manifest in it, at build/NAME.wasm.
//
// A project carries the SDK of its language in the folder usher-sdk, brought by the program that
// wrote it: it builds without a network, and against the contract of that program. Each language has a
// file here that knows its toolchain, and a folder of starter/ with what Create writes.
//
// What a built module does is package kit's, how one is signed package signing's.
package project
