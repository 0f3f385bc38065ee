package hosttest

import "syscall"

// child has the kernel end the process when this one dies, however that happens.
func child() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
