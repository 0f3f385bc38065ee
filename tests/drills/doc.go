// Package drills rehearses what on-call may have to do, on the real thing: host processes on
// one Postgres, under load, through the commands that a person would type. A drill prints
// what a person would see and how long each step took; make drill shows it.
package drills
