package main

import (
	"os"
	"slices"
	"syscall"
	"time"
)

// syncTimes is what it takes to write 8 KiB to the disk of a folder and wait for them,
// as a commit does: the median and the 95th percentile.
func syncTimes(dir string) (p50, p95 time.Duration, err error) {
	const times, blocks, block = 200, 64, 8192
	f, err := os.CreateTemp(dir, "sync-*")
	if err != nil {
		return 0, 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.Write(make([]byte, blocks*block)); err != nil {
		return 0, 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, 0, err
	}
	took := make([]time.Duration, times)
	for i := range took {
		start := time.Now()
		if _, err := f.WriteAt(make([]byte, block), int64(i%blocks)*block); err != nil {
			return 0, 0, err
		}
		if err := syscall.Fsync(int(f.Fd())); err != nil {
			return 0, 0, err
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[times/2], took[times*95/100], nil
}
