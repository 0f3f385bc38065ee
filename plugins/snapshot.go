package plugins

import (
	"bytes"

	"github.com/tetratelabs/wazero/api"
)

// block is the grain at which memory is compared and restored, in bytes.
const block = 4096

// snapshot is the state of a guest after its warm-up: memory and every mutable
// global. Memory is an image where the kernel keeps track of what is written to it;
// elsewhere it is compared block by block. Half of a Go guest's memory is zero, so empty
// blocks are not kept.
type snapshot struct {
	size    int
	image   *image
	at      []int32 // for each block its place in data, or -1 when it is all zeros
	data    []byte
	zeros   []byte
	globals []uint64
}

func takeSnapshot(memory []byte, globals []api.MutableGlobal, compare bool) *snapshot {
	s := &snapshot{size: len(memory), zeros: make([]byte, block), at: make([]int32, 0, len(memory)/block)}
	for _, g := range globals {
		s.globals = append(s.globals, g.Get())
	}
	if !compare {
		if im, err := newImage(memory); err == nil {
			s.image = im
			return s
		}
	}
	filled := 0
	for b := range blocks(memory) {
		if !bytes.Equal(b, s.zeros) {
			filled++
		}
	}
	s.data = make([]byte, 0, filled*block)
	for b := range blocks(memory) {
		if bytes.Equal(b, s.zeros) {
			s.at = append(s.at, -1)
			continue
		}
		s.at = append(s.at, int32(len(s.data))) //nolint:gosec // memory is bounded far below 2 GiB
		s.data = append(s.data, b...)
	}
	return s
}

// restore brings memory and globals back. It gives false, and the instance is
// lost, when the memory has another size.
func (s *snapshot) restore(l *linear, globals []api.MutableGlobal) bool {
	if len(l.buf) != s.size {
		return false
	}
	if s.image == nil || !s.image.restore(l) {
		s.compare(l.buf)
	}
	for i, g := range globals {
		g.Set(s.globals[i])
	}
	return true
}

// compare writes the blocks that differ: comparing is cheaper than copying, and a
// call changes few of them.
func (s *snapshot) compare(memory []byte) {
	i := 0
	for b := range blocks(memory) {
		if want := s.block(i); !bytes.Equal(b, want) {
			copy(b, want)
		}
		i++
	}
}

func (s *snapshot) block(i int) []byte {
	if s.image != nil {
		return s.image.content()[i*block : (i+1)*block]
	}
	if at := s.at[i]; at >= 0 {
		return s.data[at : at+block]
	}
	return s.zeros
}

// close lets go of the image. Instances that have it mapped keep what they have.
func (s *snapshot) close() {
	if s.image != nil {
		s.image.close()
	}
}

// blocks walks over a memory, whose size is a multiple of 64 KiB.
func blocks(memory []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for off := 0; off < len(memory); off += block {
			if !yield(memory[off : off+block]) {
				return
			}
		}
	}
}
