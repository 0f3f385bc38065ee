//go:build race

package hosttest

// raceDetector tells whether this test binary was built with -race.
const raceDetector = true
