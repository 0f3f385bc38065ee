package event

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core"
)

// CloudEvent is an event in the JSON format of CloudEvents 1.0, with the extensions
// tenantid and traceparent.
type CloudEvent struct {
	SpecVersion     string         `json:"specversion"`
	ID              core.ID        `json:"id"` // constant over retries
	Source          string         `json:"source"`
	Type            string         `json:"type"`
	Subject         string         `json:"subject"` // a kind and an id
	Time            time.Time      `json:"time"`
	DataContentType string         `json:"datacontenttype"`
	DataSchema      string         `json:"dataschema,omitzero"`
	TenantID        core.ID        `json:"tenantid,omitzero"`
	Traceparent     string         `json:"traceparent,omitzero"`
	Data            jsontext.Value `json:"data"`
}

const jsonType = "application/json"

// NewCloudEvent gives an event its form on the wire. Source names this installation.
func NewCloudEvent(source string, e core.Event) CloudEvent {
	data := jsontext.Value(e.Data)
	if len(data) == 0 {
		data = jsontext.Value("{}")
	}
	return CloudEvent{
		SpecVersion: "1.0", ID: e.ID, Source: source, Type: core.EventPrefix + string(e.Type),
		Subject: e.AggregateType + "/" + e.AggregateID.String(), Time: e.Time.UTC(),
		DataContentType: jsonType, DataSchema: SchemaURL(source, e.Type), TenantID: e.TenantID, Traceparent: e.Traceparent, Data: data,
	}
}

// Marshal is NewCloudEvent as JSON.
func Marshal(source string, e core.Event) ([]byte, error) {
	b, err := json.Marshal(NewCloudEvent(source, e))
	if err != nil {
		return nil, fmt.Errorf("event: encode %s: %w", e.ID, err)
	}
	return b, nil
}

// MarshalOther is an event that reports no change, such as the test of an endpoint.
func MarshalOther(source, wireType string, id core.ID, subject string, tenant core.ID, at time.Time) ([]byte, error) {
	b, err := json.Marshal(CloudEvent{
		SpecVersion: "1.0", ID: id, Source: source, Type: wireType, Subject: subject, Time: at.UTC(), DataContentType: jsonType, TenantID: tenant,
		Data: jsontext.Value("{}"),
	})
	if err != nil {
		return nil, fmt.Errorf("event: encode %s: %w", id, err)
	}
	return b, nil
}
