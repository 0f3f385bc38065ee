package module_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/usher-id/usher/hostapi"
	. "github.com/usher-id/usher/plugins/internal/assemble" //nolint:revive // an assembler reads best unqualified
	"github.com/usher-id/usher/plugins/module"
)

// What the compiler has to look at grows with what lives across jumps, and not
// with what does not.
func TestWorkGrowsWithWhatLives(t *testing.T) {
	t.Parallel()
	block := Op(Block, Void, GlobalGet, 0, BrIf, 0, End)
	blocks := bytes.Repeat(block, 100)
	work := func(locals int, code ...[]byte) int {
		m := (&Module{}).Memory(1).Table(1)
		m.Global()
		m.Func(hostapi.Signature{}, locals, Code(code...)...)
		limits := module.DefaultLimits()
		limits.Work = 0
		_, err := module.Parse(m.Wasm(), limits)
		n := 0
		if err == nil {
			t.Fatal("no work at all")
		}
		if _, scanned := fmt.Sscanf(err.Error()[strings.Index(err.Error(), ": function 0: "):], ": function 0: %d values", &n); scanned != nil {
			t.Fatal(err)
		}
		return n
	}
	plain := work(0, blocks)
	for name, tc := range map[string]struct {
		more int // beyond the blocks alone, at least and less than twice
		got  int
	}{
		"an operand":                     {2 * 100, work(0, Op(GlobalGet, 0), blocks, Op(GlobalSet, 0))},
		"ten operands":                   {10 * 2 * 100, work(0, bytes.Repeat(Op(GlobalGet, 0), 10), blocks, bytes.Repeat(Op(GlobalSet, 0), 10))},
		"a local":                        {3 * 100, work(1, Op(GlobalGet, 0, LocalSet, 0), blocks, Op(LocalGet, 0, GlobalSet, 0))},
		"a local that is written anew":   {1, work(1, blocks, Op(GlobalGet, 0, LocalSet, 0, LocalGet, 0, GlobalSet, 0))},
		"an operand that was taken":      {1, work(0, Op(GlobalGet, 0, GlobalSet, 0), blocks)},
		"the result of a binary":         {2 * 100, work(0, Op(GlobalGet, 0, GlobalGet, 0, I32Add), blocks, Op(GlobalSet, 0))},
		"the result of a load":           {2 * 100, work(0, Op(GlobalGet, 0, I32Load8, 0, 0), blocks, Op(GlobalSet, 0))},
		"nothing behind a jump out":      {0, work(0, Op(Block, Void, Br, 0), bytes.Repeat(Op(GlobalGet, 0), 100), Op(End), blocks)},
		"the result of a block":          {2 * 100, work(0, Op(Block, byte(hostapi.I32), GlobalGet, 0, End), blocks, Op(GlobalSet, 0))},
		"a local in each of ten loops":   {500 + 10*11/2, work(1, bytes.Repeat(Op(Loop, Void), 10), Op(LocalGet, 0, GlobalSet, 0), bytes.Repeat(Op(End), 10), blocks)},
		"a hundred targets of one table": {100, work(0, Op(Block, Void, GlobalGet, 0), Table(make([]byte, 100)...), Op(End), blocks)},
	} {
		if got := tc.got - plain; got < tc.more || got > 20+8*tc.more {
			t.Errorf("%s: %d more than without, want about %d", name, got, tc.more)
		}
	}
}
