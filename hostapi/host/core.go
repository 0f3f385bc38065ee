package host

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usher-id/usher/hostapi"
)

// Core puts the module usher:core/v1 into a runtime.
func Core(ctx context.Context, r wazero.Runtime) error {
	module := r.NewHostModuleBuilder(hostapi.ModuleCore)
	signatures := hostapi.CoreFunctions()
	for name, function := range functions() {
		s := signatures[name]
		module.NewFunctionBuilder().WithGoModuleFunction(function, valueTypes(s.Params), valueTypes(s.Results)).Export(name)
	}
	if _, err := module.Instantiate(ctx); err != nil {
		return fmt.Errorf("instantiate %s: %w", hostapi.ModuleCore, err)
	}
	return nil
}

func valueTypes(types []hostapi.ValueType) []api.ValueType {
	out := make([]api.ValueType, len(types))
	for i, t := range types {
		out[i] = api.ValueType(t)
	}
	return out
}

func functions() map[string]api.GoModuleFunc {
	return map[string]api.GoModuleFunc{
		hostapi.FuncInputLen:    inputLen,
		hostapi.FuncInputRead:   inputRead,
		hostapi.FuncOutputWrite: outputWrite,
		hostapi.FuncLog:         logLine,
		hostapi.FuncFail:        fail,
		hostapi.FuncResultRead:  resultRead,
		hostapi.FuncNowMS:       nowMS,
		hostapi.FuncDeadlineMS:  deadlineMS,
		hostapi.FuncRandom:      random,
	}
}

func inputLen(ctx context.Context, _ api.Module, stack []uint64) {
	stack[0] = api.EncodeI32(int32(len(CallOf(ctx).Input))) //nolint:gosec // an envelope is far below 2 GiB
}

func inputRead(ctx context.Context, m api.Module, stack []uint64) {
	copyOut(m, CallOf(ctx).Input, stack)
}

func resultRead(ctx context.Context, m api.Module, stack []uint64) {
	copyOut(m, CallOf(ctx).Result, stack)
}

// copyOut serves (dst, off, len) from src.
func copyOut(m api.Module, src []byte, stack []uint64) {
	off := min(uint64(api.DecodeU32(stack[1])), uint64(len(src)))
	n := min(uint64(api.DecodeU32(stack[2])), uint64(len(src))-off)
	if !m.Memory().Write(api.DecodeU32(stack[0]), src[off:off+n]) {
		panic(ErrBadPointer)
	}
	stack[0] = n
}

func outputWrite(ctx context.Context, m api.Module, stack []uint64) {
	call := CallOf(ctx)
	b := guestBytes(m, stack[0], stack[1])
	if len(b) > call.OutputMax-len(call.Output) {
		call.Overflowed = true
		stack[0] = api.EncodeI32(-hostapi.StatusLimit)
		return
	}
	call.Output = append(call.Output, b...)
	stack[0] = uint64(len(b))
}

func logLine(ctx context.Context, m api.Module, stack []uint64) {
	CallOf(ctx).Journal.Line(api.DecodeI32(stack[0]), guestBytes(m, stack[1], stack[2]))
}

func fail(ctx context.Context, m api.Module, stack []uint64) {
	b := guestBytes(m, stack[0], stack[1])
	CallOf(ctx).Failure = Printable(b[:min(len(b), maxFailure)])
}

func nowMS(ctx context.Context, _ api.Module, stack []uint64) {
	stack[0] = api.EncodeI64(CallOf(ctx).Now.UnixMilli())
}

func deadlineMS(ctx context.Context, _ api.Module, stack []uint64) {
	deadline := CallOf(ctx).Deadline
	if deadline.IsZero() {
		deadline = time.UnixMilli(0)
	}
	stack[0] = api.EncodeI64(deadline.UnixMilli())
}

func random(ctx context.Context, m api.Module, stack []uint64) {
	CallOf(ctx)
	if api.DecodeU32(stack[1]) > hostapi.MaxRandom {
		stack[0] = api.EncodeI32(-hostapi.StatusLimit)
		return
	}
	b := guestBytes(m, stack[0], stack[1])
	_, _ = rand.Read(b) // crypto/rand never fails
	stack[0] = uint64(len(b))
}

// guestBytes is a view of the guest's memory, valid until the guest runs on.
func guestBytes(m api.Module, ptr, length uint64) []byte {
	b, ok := m.Memory().Read(api.DecodeU32(ptr), api.DecodeU32(length))
	if !ok {
		panic(ErrBadPointer)
	}
	return b
}
