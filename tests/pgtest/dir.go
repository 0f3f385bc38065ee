package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// memory is where Linux keeps files in memory. Cloning a database there takes a tenth of the time (25 ms, not 300, on a
// virtual machine with a slow disk); a container may give it 64 MB only, so it is used when it has room.
const (
	memory     = "/dev/shm"
	memoryRoom = 1 << 30
)

// fastest is where throw-away data goes.
func fastest() string {
	var fs syscall.Statfs_t
	if syscall.Statfs(memory, &fs) == nil && fs.Bavail*uint64(fs.Bsize) > memoryRoom { //nolint:gosec // a block size is positive
		return memory
	}
	return os.TempDir()
}

// TempDir makes a directory for data that is thrown away, where files are fastest. A server's own user may pass
// through it. Its maker removes it; what a test binary left that was killed, a later one removes.
func TempDir() (string, error) { return tempDir(fastest()) }

// DiskDir is [TempDir] on the disk, where fsync means something and programs may be run.
func DiskDir() (string, error) { return tempDir(os.TempDir()) }

// tempDir names the process, so that sweep knows whose it is, and lets the server's user in when root runs the tests.
func tempDir(parent string) (string, error) {
	dir, err := os.MkdirTemp(parent, fmt.Sprintf("usher-pgtest-%d-*", os.Getpid()))
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o711)
}

// sweep removes what test binaries left that did not reach the end of Main: each leaves some 40 MB.
func sweep() {
	for _, parent := range []string{memory, os.TempDir()} {
		left, _ := filepath.Glob(filepath.Join(parent, "usher-pgtest-*"))
		for _, dir := range left {
			var pid int
			if _, err := fmt.Sscanf(filepath.Base(dir), "usher-pgtest-%d-", &pid); err != nil {
				continue
			}
			if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
				_ = os.RemoveAll(dir) // another user's directory stays
			}
		}
	}
}
