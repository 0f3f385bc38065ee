package provider

import (
	"errors"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/json"
	"github.com/usher-id/usher/sdk/tracker"
)

// Track reads a callback that comes from the provider, and denies any other. The secret of the
// proof is in no request: the host compares HMACs under it. Of an event that says nothing about a
// delivery, such as an opened mail, nothing is reported.
func Track(call *sdk.Call, c tracker.Callback) (tracker.Verdict, error) {
	f, err := configured(call)
	if err != nil {
		return tracker.Verdict{}, err
	}
	if ok, err := f.genuine(call, c); err != nil || !ok {
		return tracker.Deny(), err
	}
	list := []string{json.Raw(c.Body, f.events.inside...)}
	if f.events.list {
		var ok bool
		if list, ok = json.Elements(c.Body); !ok {
			return tracker.Verdict{}, errors.New("the callback is no list of events")
		}
	}
	var reports []tracker.Report
	for _, event := range list {
		r, told, err := f.report(event)
		if err != nil {
			return tracker.Verdict{}, err
		}
		if told && len(reports) < hostapi.MaxStatusReports {
			reports = append(reports, r)
		}
	}
	return tracker.Reports(reports...), nil
}

// report is what one event says of a mail; false when it is not about the delivery of one.
func (f *flavour) report(event string) (r tracker.Report, told bool, err error) {
	e := f.events
	kind := json.Text(event, e.kind[0]...)
	if kind == "" {
		return r, false, errors.New("the callback has an event without a kind")
	}
	status := e.statuses[kind]
	for _, more := range e.kind[1:] {
		if s, ok := e.statuses[kind+"/"+json.Text(event, more...)]; ok {
			status = s
		}
	}
	r = tracker.Report{
		MessageID: json.Text(event, e.mail...), ProviderID: f.cut(fit(json.Text(event, e.id...))),
		Status: status, Reason: word(json.Text(event, e.reason...)),
	}
	return r, status != "" && (r.MessageID != "" || r.ProviderID != ""), nil
}

// cut takes from an id what the provider puts behind it in callbacks.
func (f *flavour) cut(id string) string {
	for i := range len(id) {
		for _, end := range f.events.idEnds {
			if len(id)-i >= len(end) && id[i:i+len(end)] == end {
				return id[:i]
			}
		}
	}
	return id
}
