package plugins

import (
	"context"
	"fmt"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
)

// maxRounds bounds how often a warm-up is repeated until memory stops growing.
const maxRounds = 8

// warmUp runs a guest's own start-up and calls each of its hooks with made-up
// data until its memory has found its size, then takes the snapshot that every
// call begins from. A guest that crashes here is refused.
func (v *version) warmUp(ctx context.Context) (*snapshot, error) {
	i, err := v.start(ctx, 0, true)
	if err != nil {
		return nil, err
	}
	defer i.close()
	for range maxRounds {
		before := len(i.memory.buf)
		for _, h := range v.hooks {
			if err := v.rehearse(ctx, i, h); err != nil {
				return nil, fmt.Errorf("the warm-up call of %s: %w", h, err)
			}
		}
		if len(i.memory.buf) == before {
			break
		}
	}
	return takeSnapshot(i.memory.buf, i.globals, v.compareMemory), nil
}

// rehearse calls one hook with made-up data. What the guest answers does not
// matter, only that it comes back.
func (v *version) rehearse(ctx context.Context, i *instance, h hostapi.Hook) error {
	data, err := sampleData(h)
	if err != nil {
		return err
	}
	i.input = v.appendEnvelope(i.input[:0], envelope{hook: h, callID: "warm-up", runID: "warm-up", actorKind: hostapi.ActorSystem, data: data})
	now := time.Now()
	deadline, _ := ctx.Deadline()
	err = i.ask(ctx, h, host.Call{Input: i.input, OutputMax: v.limits.OutputBytes, Now: now, Deadline: deadline})
	if err != nil {
		return fmt.Errorf("%s", firstLine(err))
	}
	if i.returned() != hostapi.ReturnOK {
		v.log.WarnContext(ctx, "plugin failed its warm-up", "hook", h, "reason", i.call.Failure)
	}
	return nil
}
