//go:build wasip1

// Command hr-directory is a plugin of Usher. Package policy has its logic; each serve_*.go file here hands one
// hook to it.
package main

func main() {}
