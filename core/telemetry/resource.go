package telemetry

import (
	"crypto/rand"

	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// newResource says who is talking. Nothing is taken from the environment or from
// the command line, where secrets may stand.
func newResource(c Config) *resource.Resource {
	instance := c.Instance
	if instance == "" {
		instance = rand.Text()
	}
	return resource.NewWithAttributes(semconv.SchemaURL,
		semconv.ServiceName(c.Service),
		semconv.ServiceVersion(c.Version),
		semconv.ServiceInstanceID(instance),
		semconv.TelemetrySDKName("opentelemetry"),
		semconv.TelemetrySDKLanguageGo,
	)
}
