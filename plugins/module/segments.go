package module

import (
	"cmp"
	"slices"
)

// mergeGap is the longest run of zeros that is written out to join two segments.
const mergeGap = 128

// segment is an active data segment at a constant offset.
type segment struct {
	offset uint32
	data   []byte
}

func (s segment) end() uint64 { return uint64(s.offset) + uint64(len(s.data)) }

// mergeData joins segments that lie close together in memory. Memory begins as
// zeros and segments that do not overlap can be written in any order, so the
// joined ones mean the same. It gives the body unchanged when it holds anything
// but plain active segments, or when some overlap.
func mergeData(body []byte) []byte {
	segments, ok := readSegments(body)
	if !ok {
		return body
	}
	slices.SortFunc(segments, func(a, b segment) int { return cmp.Compare(a.offset, b.offset) })
	merged := segments[:0:0]
	for i, s := range segments {
		if i == 0 {
			merged = append(merged, segment{s.offset, slices.Clone(s.data)})
			continue
		}
		last := &merged[len(merged)-1]
		if uint64(s.offset) < last.end() {
			return body
		}
		if gap := uint64(s.offset) - last.end(); gap <= mergeGap {
			last.data = append(append(last.data, make([]byte, gap)...), s.data...)
			continue
		}
		merged = append(merged, segment{s.offset, slices.Clone(s.data)})
	}
	return appendSegments(merged)
}

func readSegments(body []byte) ([]segment, bool) {
	r := &reader{b: body}
	var segments []segment
	for range r.u32() {
		flags, op := r.byte(), r.byte()
		s := segment{offset: uint32(r.i32())} //nolint:gosec // the format writes offsets signed
		end := r.byte()
		s.data = r.bytes(r.u32())
		if r.err != nil || flags != 0 || op != opI32Const || end != opEnd {
			return nil, false
		}
		if len(s.data) == 0 {
			return nil, false // it may still be out of bounds, which must stay an error
		}
		segments = append(segments, s)
	}
	return segments, len(segments) > 0 && r.pos == len(body)
}

func appendSegments(segments []segment) []byte {
	b := appendU32(nil, uint32(len(segments))) //nolint:gosec // bounded by Limits.Segments
	for _, s := range segments {
		b = append(appendI32(append(b, 0, opI32Const), int32(s.offset)), opEnd) //nolint:gosec // the format writes offsets signed
		b = append(appendU32(b, uint32(len(s.data))), s.data...)                //nolint:gosec // bounded by Limits.Bytes
	}
	return b
}
