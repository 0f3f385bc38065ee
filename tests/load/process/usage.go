package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of times in /proc: USER_HZ, which Linux shows as 100 a second on
// every platform that Go runs on.
const tick = 10 * time.Millisecond

// CPU is the time that a process has used, with its children that have ended.
func CPU(pid int) time.Duration {
	own, ended, _ := times(pid)
	return own + ended
}

// TreeCPU is the time that a process and all its children have used, those that run
// and those that have ended.
func TreeCPU(pid int) time.Duration {
	total := CPU(pid)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil {
			continue
		}
		if own, ended, parent := times(child); parent == pid {
			total += own + ended
		}
	}
	return total
}

// OwnCPU is the time that this process has used.
func OwnCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// times reads /proc/PID/stat (proc(5)): its own time, that of children it has waited
// for, and its parent.
func times(pid int) (own, ended time.Duration, parent int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, 0
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name may hold spaces
	f := strings.Fields(after)
	if len(f) < 15 {
		return 0, 0, 0
	}
	parent, _ = strconv.Atoi(f[1])
	var t [4]time.Duration // utime, stime, cutime, cstime
	for i := range t {
		n, _ := strconv.Atoi(f[11+i])
		t[i] = time.Duration(n) * tick
	}
	return t[0] + t[1], t[2] + t[3], parent
}

// RSS is the memory in bytes that a process holds now.
func RSS(pid int) int64 { return status(pid, "VmRSS:") }

// Peak is the most that it held since [ResetPeak], or since it began where that is
// not allowed.
func Peak(pid int) int64 { return status(pid, "VmHWM:") }

// ResetPeak makes the memory held now the peak (proc(5), clear_refs).
func ResetPeak(pid int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0) // Peak says what follows when it fails
}

func status(pid int, key string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "\n"+key)
	f := strings.Fields(after)
	if len(f) == 0 {
		return 0
	}
	kib, _ := strconv.ParseInt(f[0], 10, 64)
	return kib << 10
}
