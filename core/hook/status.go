package hook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi"
)

// MessageStatus asks the plugin of a provider what a callback says. The plugin decides
// whether the callback comes from the provider; one that it denies is
// [core.Unauthenticated]. When it fails the callback is [core.Unavailable], so that the
// provider comes again; when it does not serve the hook, [core.NotFound].
func (h *Hooks) MessageStatus(ctx context.Context, plugin string, c core.Callback) ([]core.MailReport, error) {
	data, err := json.Marshal(hostapi.MessageStatus{Provider: c.Provider, Method: c.Method, Query: c.Query, Headers: c.Headers, Body: c.Body})
	if err != nil {
		return nil, fmt.Errorf("encode the callback for its hook: %w", err)
	}
	var v statusVerdict
	reply, err := h.ask(ctx, Question{Hook: hostapi.HookMessageStatus, Data: data, Plugin: plugin, First: true, Judge: v.judge})
	switch {
	case err != nil:
		return nil, unavailable("This callback cannot be read right now. Please send it again.", err)
	case !reply.Bound:
		return nil, core.E(core.NotFound, "There is nothing here by that name.").Because("hook_not_bound")
	case v.denied:
		return nil, core.E(core.Unauthenticated, "This callback does not prove that it comes from the provider.").Because("hook_denied")
	}
	return v.reports, nil
}

// statusVerdict is the answer to one callback.
type statusVerdict struct {
	denied  bool
	reports []core.MailReport
}

func (v *statusVerdict) judge(_ string, output []byte) (hostapi.Outcome, error) {
	o, err := decode[hostapi.MessageReports](output)
	if err != nil {
		return "", err
	}
	if o.Outcome == hostapi.Deny {
		v.denied = true
		return o.Outcome, nil
	}
	if len(o.Data.Reports) > hostapi.MaxStatusReports {
		return "", fmt.Errorf("there are more than %d reports", hostapi.MaxStatusReports)
	}
	reports := make([]core.MailReport, len(o.Data.Reports))
	for i, r := range o.Data.Reports {
		if reports[i], err = mailReport(r); err != nil {
			return "", fmt.Errorf("report %d: %w", i+1, err)
		}
	}
	v.reports = reports
	return o.Outcome, nil
}

// mailReport takes over one report. A message id that is none of ours names nothing, and
// is no fault: others may send through the same account.
func mailReport(r hostapi.MessageReport) (core.MailReport, error) {
	switch r.Status {
	case hostapi.DeliveryDelivered, hostapi.DeliveryDeferred, hostapi.DeliveryBounced, hostapi.DeliveryComplained:
	default:
		return core.MailReport{}, errors.New("the status is none of delivered, deferred, bounced and complained")
	}
	if r.MessageID == "" && r.ProviderID == "" {
		return core.MailReport{}, errors.New("it names no mail")
	}
	if err := checkProviderID(r.ProviderID); err != nil {
		return core.MailReport{}, err
	}
	out := core.MailReport{ProviderID: r.ProviderID, Status: core.DeliveryStatus(r.Status), Reason: r.Reason}
	if r.At != "" {
		at, err := time.Parse(time.RFC3339, r.At)
		if err != nil {
			return core.MailReport{}, errors.New("its time is not RFC 3339")
		}
		out.At = at
	}
	local, _, _ := strings.Cut(strings.TrimPrefix(r.MessageID, "<"), "@")
	if id, err := core.ParseID(local); err == nil {
		out.MessageID = id
	}
	return out, checkReason(r.Reason)
}
