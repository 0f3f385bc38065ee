package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
)

// TestQuickstart types the README's quickstart into one shell, beside a host that was
// started as `make run` starts it. Only the two addresses are others.
func TestQuickstart(t *testing.T) {
	t.Parallel()
	host := hosttest.Start(t, hosttest.Options{Guests: true})
	blocks := quickstart(t)
	if len(blocks) < 6 {
		t.Fatalf("the README has %d blocks of a quickstart", len(blocks))
	}
	out := typed(t, host, blocks)
	for i, block := range blocks {
		t.Logf("%s\n─▶ %s", strings.TrimSpace(block), out[i])
	}

	// 1. The signup is accepted, and the one with a free mail provider refused by the plugin.
	var signup struct{ Status, Code string }
	read(t, out[0], &signup)
	equal(t, "status of the signup", signup.Status, "verification_sent")
	var refused struct {
		Status int
		Code   string
		Errors []struct{ Field, Code, Message string }
	}
	read(t, out[1], &refused)
	if refused.Status != 422 || len(refused.Errors) != 1 || refused.Errors[0].Field != "email" || refused.Errors[0].Code != "company_email_required" {
		t.Errorf("the plugin's refusal is %s", out[1])
	}

	// 2. The mail's link made Ada the active owner.
	equal(t, "output of the activation", out[2], "")
	ada := activatedIn(t, host, "ada.json")
	equal(t, "Ada", ada.User.Status+" "+ada.User.DisplayName+" "+ada.Membership.Role, "active Ada owner")
	equal(t, "her tenant", ada.Tenant.Status+" "+ada.Tenant.Name, "active Analytical Engines")

	// 3. Grace is invited, and 4. active.
	var invitation struct{ Email, Role, Status string }
	read(t, out[3], &invitation)
	equal(t, "the invitation", invitation.Email+" "+invitation.Role+" "+invitation.Status, "grace@engines.example member pending")
	var me struct {
		User        struct{ Email, Status string }
		Memberships []struct {
			Tenant struct{ Name string }
			Role   string
		}
	}
	read(t, out[4], &me)
	if me.User.Email != "grace@engines.example" || me.User.Status != "active" || len(me.Memberships) != 1 ||
		me.Memberships[0].Tenant.Name != "Analytical Engines" || me.Memberships[0].Role != "member" {
		t.Errorf("Grace is %s", out[4])
	}

	// 5. The tenant's events tell the story.
	var events struct{ Data []struct{ Type string } }
	read(t, out[5], &events)
	var types []string
	for _, e := range events.Data {
		types = append(types, strings.TrimPrefix(e.Type, "activation."))
	}
	for _, want := range []string{"SignupStarted", "TenantProvisioned", "OwnerVerified", "InvitationCreated", "InvitationAccepted", "ActivationCompleted"} {
		if !slices.Contains(types, want) {
			t.Errorf("the events %v lack %s", types, want)
		}
	}
}

// quickstart are the fenced blocks of the README that are marked so.
func quickstart(t *testing.T) (blocks []string) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(hosttest.Root(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	fence := regexp.MustCompile("(?ms)^```sh quickstart\n(.*?)^```$")
	for _, match := range fence.FindAllSubmatch(readme, -1) {
		blocks = append(blocks, string(match[1]))
	}
	return blocks
}

// typed runs the blocks in one shell beside the host's .usher and gives what each printed.
func typed(t *testing.T, h *hosttest.Host, blocks []string) []string {
	t.Helper()
	const end = "\x1e"
	script := strings.Join(blocks, "printf '\\036'\n")
	script = strings.NewReplacer("http://127.0.0.1:8080", h.URL, "http://127.0.0.1:9901", h.Operator).Replace(script)
	cmd := exec.CommandContext(t.Context(), "bash", "-s")
	cmd.Dir, cmd.Stdin = h.Dir, strings.NewReader(script)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("the shell: %v: %s\n%s", err, &stderr, out)
	}
	printed := strings.Split(string(out), end)
	if len(printed) != len(blocks) {
		t.Fatalf("%d blocks printed %d texts", len(blocks), len(printed))
	}
	return printed
}

func activatedIn(t *testing.T, h *hosttest.Host, name string) (done activated) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(h.Dir, name))
	if err != nil {
		t.Fatal(err)
	}
	read(t, string(text), &done)
	return done
}

func read(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %s, want %s", what, fmt.Sprint(got), fmt.Sprint(want))
	}
}
