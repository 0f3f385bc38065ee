package hosttest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Result is how a command ended.
type Result struct {
	Code           int
	Stdout, Stderr string
}

// Run runs one command line of the binary to its end, in dir, with settings by their
// keys in the environment.
func Run(t testing.TB, dir string, settings map[string]string, args ...string) Result {
	t.Helper()
	program, err := bare()
	if err != nil {
		t.Fatal("hosttest: ", err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, environ(settings)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatalf("hosttest: usher %s: %v", strings.Join(args, " "), err)
	}
	return Result{Code: cmd.ProcessState.ExitCode(), Stdout: stdout.String(), Stderr: stderr.String()}
}

// environ is this process's environment without settings of a host, and with these.
func environ(settings map[string]string) []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "USHER_") || strings.HasPrefix(variable, "USHER_PG_BIN=") {
			env = append(env, variable)
		}
	}
	for key, value := range settings {
		env = append(env, "USHER_"+strings.ToUpper(strings.ReplaceAll(key, ".", "_"))+"="+value)
	}
	return env
}
