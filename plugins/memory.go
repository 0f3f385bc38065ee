package plugins

import (
	"context"
	"runtime"

	"github.com/tetratelabs/wazero/experimental"
)

// linear is the memory of one instance. Memory that is unmapped while a guest runs
// would take the process down, so it is unmapped only when nothing refers
// to it any more, as a plain slice would be freed.
type linear struct {
	buf     []byte
	region  []byte // what buf is the front of where addresses are reserved; nil for a plain slice
	image   *image // mapped over region, once it was restored
	pages   []uint64
	hint    int  // the size that it is known to reach
	limit   int  // in bytes
	refused bool // it was asked to outgrow its limit
}

// hold takes a reservation that free gives back when the memory is no longer
// referred to.
func (l *linear) hold(region []byte, free func([]byte)) {
	l.region = region
	runtime.AddCleanup(l, free, region)
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
	if l.region == nil && l.buf == nil {
		l.reserve()
	}
	if l.region != nil {
		l.buf = l.region[:size]
		return l.buf
	}
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
