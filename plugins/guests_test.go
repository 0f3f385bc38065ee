package plugins_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/usher-id/usher/hostapi"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
)

const validate = hostapi.HookSignupValidate

// The guests written in Go are built once for all tests, by the command that the README gives.
var buildExample = struct { //nolint:gochecknoglobals // a build cache
	company, welcome, nested func() ([]byte, error)
}{goGuest("../plugins/bundled/company-domain"), goGuest("../plugins/bundled/mail-templates"), goGuest("./testdata/nested")}

func goGuest(path string) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		dir, err := os.MkdirTemp("", "usher-guest-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		out := filepath.Join(dir, "guest.wasm")
		build := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", out, path)
		build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return nil, err
		}
		return os.ReadFile(out)
	})
}

func companyDomain(t testing.TB) []byte { return built(t, buildExample.company) }
func welcomeMail(t testing.TB) []byte   { return built(t, buildExample.welcome) }

func nestedJSON(t testing.TB) []byte { return built(t, buildExample.nested) }

func built(t testing.TB, build func() ([]byte, error)) []byte {
	t.Helper()
	wasm, err := build()
	if err != nil {
		t.Fatalf("build the guest: %v", err)
	}
	return wasm
}

// onlyWhenAsked wraps a body that misbehaves so that the warm-up, whose run is
// called warm-up, passes: it looks at the byte of the envelope that tells them
// apart. read must be the index of input_read.
func onlyWhenAsked(read byte, body []byte) []byte {
	const prefix = `{"abi":"usher/v1","hook":"signup.validate","call_id":"`
	return Code(
		Int(900), Int(len(prefix)), Int(1), Op(Call, read, Drop), // call_id is warm-up or hexadecimal
		Int(900), Op(I32Load8, 0, 0), Int('w'), Op(I32Ne),
		Op(If, Void), body, Op(End),
	)
}

// misbehaving is a guest with a memory of one page that runs a body in each call
// but the warm-up's, and answers continue when it gets to the end.
func misbehaving(body func(m *Module) []byte) []byte {
	m := &Module{}
	read, write := m.Core(hostapi.FuncInputRead), m.Core(hostapi.FuncOutputWrite)
	code := body(m)
	const answer = `{"outcome":"continue"}`
	m.Memory(1).Data(0, []byte(answer))
	return m.Hook(validate, 1, Code(onlyWhenAsked(read, code), Int(0), Int(len(answer)), Op(Call, write, Drop), Int(0))...).Wasm()
}

// answering is a guest that writes these bytes.
func answering(output []byte) []byte {
	m := &Module{}
	write := m.Core(hostapi.FuncOutputWrite)
	return m.Memory(1).Data(0, output).
		Hook(validate, 0, Code(Int(0), Int(len(output)), Op(Call, write, Drop), Int(0))...).Wasm()
}

// remembering counts its calls in a global and in its memory, and answers with
// both counts as digits.
func remembering() []byte {
	m := &Module{}
	write := m.Core(hostapi.FuncOutputWrite)
	count := m.Global()
	const at, text = 100, `{"outcome":"continue","data":{"slug":"00"}}`
	const digit = at + len(`{"outcome":"continue","data":{"slug":"`)
	return m.Memory(1).Data(at, []byte(text)).Hook(validate, 0, Code(
		Op(GlobalGet, count), Int(1), Op(I32Add, GlobalSet, count),
		Int(digit), Int('0'), Op(GlobalGet, count, I32Add, I32Store8, 0, 0),
		Int(digit+1), Int(digit+1), Op(I32Load8, 0, 0), Int(1), Op(I32Add, I32Store8, 0, 0),
		Int(at), Int(len(text)), Op(Call, write, Drop), Int(0),
	)...).Wasm()
}
