package plugins

import (
	"context"

	"github.com/tetratelabs/wazero/experimental"
)

// linear is the memory of one instance. It is a plain slice: memory that is
// unmapped while a guest runs would take the process down with it.
type linear struct {
	buf     []byte
	hint    int  // the size that it is known to reach
	limit   int  // in bytes
	refused bool // it was asked to outgrow its limit
}

// withMemory gives a context in which one instance is made on l.
func withMemory(ctx context.Context, l *linear) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(
		func(_, _ uint64) experimental.LinearMemory { return l }))
}

// Reallocate grows the memory; nil refuses. wazero never shrinks it.
func (l *linear) Reallocate(bytes uint64) []byte {
	if bytes > 1<<31 || int(bytes) > l.limit {
		l.refused = true
		return nil
	}
	size := int(bytes)
	if size > cap(l.buf) {
		grown := make([]byte, size, max(size, l.hint))
		copy(grown, l.buf)
		l.buf = grown
	}
	l.buf = l.buf[:size]
	return l.buf
}

// Free leaves the memory to the garbage collector.
func (l *linear) Free() { l.buf = nil }
