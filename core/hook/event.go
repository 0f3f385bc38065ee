package hook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

// EventDeliver hands an event, a CloudEvent as JSON, to one plugin. Nil means that the
// plugin took it, or is not bound for the event's tenant. An error means that it must come
// again; it has a method RetryAfter when the plugin said when.
func (h *Hooks) EventDeliver(ctx context.Context, plugin string, e core.Event, cloudEvent []byte, attempt int) error {
	data, err := json.Marshal(hostapi.EventDeliver{Event: cloudEvent, Attempt: attempt})
	if err != nil {
		return fmt.Errorf("encode the event for its hook: %w", err)
	}
	var delivered hostapi.EventDelivered
	reply, err := h.ask(ctx, Question{
		Hook: hostapi.HookEventDeliver, RunID: e.ID.String(), TenantID: idOf(e.TenantID), Plugin: plugin, Data: data, First: true,
		Judge: func(_ string, output []byte) (hostapi.Outcome, error) {
			o, err := decode[hostapi.EventDelivered](output)
			if err != nil {
				return "", err
			}
			if o.Outcome != hostapi.Continue {
				return "", errors.New("an event cannot be denied")
			}
			if o.Data.RetryAfterS < 0 || o.Data.RetryAfterS > hostapi.MaxRetryAfter {
				return "", fmt.Errorf("retry_after_s is not between 0 and %d", hostapi.MaxRetryAfter)
			}
			delivered = o.Data
			return o.Outcome, nil
		},
	})
	if err != nil {
		return err
	}
	if reply.Bound && !delivered.Acknowledged {
		return notTaken{time.Duration(delivered.RetryAfterS) * time.Second}
	}
	return nil
}

// notTaken is a plugin's word that it did not take an event.
type notTaken struct{ after time.Duration }

func (notTaken) Error() string { return "the plugin did not acknowledge the event" }

// RetryAfter is when the plugin wants the event again; zero when it did not say.
func (n notTaken) RetryAfter() time.Duration { return n.after }
