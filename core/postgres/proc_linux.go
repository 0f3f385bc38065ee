package postgres

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// childAttr gives a child its user, its own process group (a terminal's Ctrl-C is for the parent, which still needs its
// database to drain) and a fast shutdown when the thread that started it is gone.
func childAttr(as account) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: as.credential(), Setpgid: true, Pdeathsig: syscall.SIGINT}
}

// serverOn is the pid of a process that works in the data directory, as every PostgreSQL process does, or 0.
func serverOn(data string) int {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && cwd == data {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(link)))
			return pid
		}
	}
	return 0
}
