//go:build unix && !linux

package postgres

import (
	"path/filepath"
	"syscall"
)

// childAttr gives a child its user and its own process group (a terminal's Ctrl-C is for the parent, which still needs
// its database to drain). Only Linux can also stop it when the parent is killed.
func childAttr(as account) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: as.credential(), Setpgid: true}
}

// serverOn is the pid in the data directory's postmaster.pid when such a process lives, or 0.
func serverOn(data string) int {
	pid := pidIn(filepath.Join(data, "postmaster.pid"))
	if pid > 0 && syscall.Kill(pid, 0) == nil {
		return pid
	}
	return 0
}
