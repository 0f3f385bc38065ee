package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/module"
)

func committed(t *testing.T) (wasm []byte, provenance string) {
	t.Helper()
	wasm, err := os.ReadFile("../engine.wasm")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../PROVENANCE.md")
	if err != nil {
		t.Fatal(err)
	}
	return wasm, string(text)
}

func TestHash(t *testing.T) {
	t.Parallel()
	wasm, provenance := committed(t)
	if got := digest(wasm); !strings.Contains(provenance, "`"+got+"`") {
		t.Errorf("engine.wasm has the sha256 %s, which PROVENANCE.md does not say", got)
	}
}

// TestRebuild compiles the engine where that can give the same bytes.
func TestRebuild(t *testing.T) {
	t.Parallel()
	wasm, provenance := committed(t)
	tools, err := toolchain(t.Context())
	if errors.Is(err, errMissing) {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(provenance, tools) {
		t.Skipf("other tools than those of PROVENANCE.md give other bytes:\n%s", tools)
	}
	rebuilt, err := compile(t.Context(), "shell")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(rebuilt, wasm) {
		t.Errorf("the source gives other bytes, with the sha256 %s; run make engine and say so in PROVENANCE.md", digest(rebuilt))
	}
}

// TestBorder keeps the engine at what the contract has: every hook, every capability, and nothing of a system.
func TestBorder(t *testing.T) {
	t.Parallel()
	wasm, _ := committed(t)
	m, err := module.Parse(wasm, module.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	imported := map[string]bool{}
	for _, i := range m.Imports {
		imported[i.Module+"."+i.Name] = true
	}
	for name := range hostapi.CoreFunctions() {
		delete(imported, hostapi.ModuleCore+"."+name)
	}
	for _, c := range hostapi.Capabilities() {
		for _, f := range c.Functions {
			if !imported[c.Module+"."+f] {
				t.Errorf("it does not import %s.%s", c.Module, f)
			}
			delete(imported, c.Module+"."+f)
		}
	}
	if len(imported) > 0 {
		t.Errorf("it imports %v", imported)
	}
	for _, h := range hostapi.Hooks() {
		if _, ok := m.Func(h.Export()); !ok {
			t.Errorf("it does not export %s", h.Export())
		}
	}
}
