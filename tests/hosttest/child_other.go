//go:build !linux

package hosttest

import "syscall"

func child() *syscall.SysProcAttr { return nil }
