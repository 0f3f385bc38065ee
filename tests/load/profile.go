package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// profiled is how long a profile of the host lasts, in seconds.
const profiled = 15

// profile begins to take profiles of the host, CPU and allocations, when the command
// line asks for them. The function returned waits until they are written.
func (p *pair) profile(ctx context.Context, name string) (wait func()) {
	if !p.options.profile {
		return func() {}
	}
	var both sync.WaitGroup
	for _, kind := range []string{"profile", "allocs"} {
		both.Go(func() {
			file := filepath.Join(p.out, name+"-"+kind+".pprof")
			if err := p.fetch(ctx, fmt.Sprintf("/debug/pprof/%s?seconds=%d", kind, profiled), file); err != nil {
				p.say("no profile: %v", err)
				return
			}
			p.say("written: %s", file)
		})
	}
	return both.Wait
}

// fetch keeps what the operators' listener answers.
func (p *pair) fetch(ctx context.Context, path, file string) error {
	token, err := os.ReadFile(filepath.Join(p.dir, p.hostName(), "operator.token")) //nolint:gosec // below a temporary folder of this program
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.host.Operator+path, http.NoBody) //nolint:gosec // to the process that this program started
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	answer, err := http.DefaultClient.Do(request) //nolint:gosec // see above
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, answer.Status)
	}
	return os.WriteFile(file, body, 0o644) //nolint:gosec // where the command line says
}
