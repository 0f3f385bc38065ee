package module

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

var errTruncated = errors.New("the module ends too early")

// reader walks over bytes. The first error sticks and every later read gives
// zero, so that a caller checks once.
type reader struct {
	b   []byte
	pos int
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *reader) more() bool { return r.err == nil && r.pos < len(r.b) }

func (r *reader) byte() byte {
	if r.err != nil {
		return 0
	}
	if r.pos >= len(r.b) {
		r.err = errTruncated
		return 0
	}
	c := r.b[r.pos]
	r.pos++
	return c
}

func (r *reader) bytes(n uint32) []byte {
	if r.err != nil {
		return nil
	}
	if int64(n) > int64(len(r.b)-r.pos) {
		r.err = errTruncated
		return nil
	}
	b := r.b[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return b
}

// u32 reads an unsigned LEB128 number of at most 32 bits.
func (r *reader) u32() uint32 {
	var v uint32
	for shift := 0; shift < 35; shift += 7 {
		c := r.byte()
		if r.err != nil {
			return 0
		}
		if shift == 28 && c > 0x0f {
			break
		}
		v |= uint32(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	r.fail("a number at byte %d is longer than 32 bits", r.pos)
	return 0
}

// skipLEB passes over a LEB128 number of at most the given number of bytes.
func (r *reader) skipLEB(most int) {
	for range most {
		if r.byte() < 0x80 {
			return
		}
	}
	r.fail("a number at byte %d is too long", r.pos)
}

// i32 reads a signed LEB128 number of at most 32 bits.
func (r *reader) i32() int32 {
	var v int64
	for shift := 0; shift < 35; shift += 7 {
		c := r.byte()
		v |= int64(c&0x7f) << shift
		if c < 0x80 {
			if c&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			if v < math.MinInt32 || v > math.MaxInt32 {
				break
			}
			return int32(v)
		}
	}
	r.fail("a number at byte %d is longer than 32 bits", r.pos)
	return 0
}

func (r *reader) name() string {
	b := r.bytes(r.u32())
	if !utf8.Valid(b) {
		r.fail("a name at byte %d is not UTF-8", r.pos)
		return ""
	}
	return string(b)
}

// count reads how many items follow and refuses more than the limit.
func (r *reader) count(what string, most int) int {
	n := r.u32()
	if r.err == nil && uint64(n) > uint64(max(most, 0)) {
		r.fail("%d %s are more than the limit of %d", n, what, most)
		return 0
	}
	return int(n)
}
