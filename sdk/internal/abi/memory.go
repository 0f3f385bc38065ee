package abi

import "github.com/usher-id/usher/hostapi"

// Memory is a [Host] of plain fields for native tests.
type Memory struct {
	Input    []byte
	Output   []byte
	Lines    []string
	Failure  string
	Now      int64 // milliseconds since 1970
	Deadline int64 // milliseconds since 1970
	// Lend plays the capabilities; nil lends none.
	Lend func(module, name string, request []byte) (hostapi.Status, []byte)
}

// InputLen implements [Host].
func (m *Memory) InputLen() int { return len(m.Input) }

// InputRead implements [Host].
func (m *Memory) InputRead(dst []byte, off int) int {
	return copy(dst, m.Input[min(off, len(m.Input)):])
}

// OutputWrite implements [Host].
func (m *Memory) OutputWrite(b []byte) bool {
	if len(m.Output)+len(b) > hostapi.DefaultLimits().OutputBytes {
		return false
	}
	m.Output = append(m.Output, b...)
	return true
}

// Log implements [Host].
func (m *Memory) Log(_ int32, line string) { m.Lines = append(m.Lines, line) }

// Fail implements [Host].
func (m *Memory) Fail(reason string) { m.Failure = reason }

// NowMS implements [Host].
func (m *Memory) NowMS() int64 { return m.Now }

// DeadlineMS implements [Host].
func (m *Memory) DeadlineMS() int64 { return m.Deadline }

// Random implements [Host] with bytes that are anything but random.
func (m *Memory) Random(b []byte) bool {
	for i := range b {
		b[i] = byte(i)
	}
	return len(b) <= hostapi.MaxRandom
}

// Use implements [Host].
func (m *Memory) Use(i Import, request []byte) (hostapi.Result, string) {
	if m.Lend == nil {
		return hostapi.NewResult(hostapi.StatusDenied, 0), `{"reason":"not_granted"}`
	}
	status, answer := m.Lend(i.Module, i.Name, request)
	return hostapi.NewResult(status, len(answer)), string(answer)
}
