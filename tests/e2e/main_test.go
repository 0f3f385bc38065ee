package e2e_test

import (
	"flag"
	"sync"
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/otlptest"
	"github.com/usher-id/usher/tests/storetest"
)

func TestMain(m *testing.M) {
	storetest.Template()
	flag.Parse()
	if !isSet("test.parallel") { // these tests mostly wait for other processes
		_ = flag.Set("test.parallel", "6")
	}
	hosttest.Main(m)
}

func isSet(name string) (set bool) {
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

// collector takes the telemetry of the shared host; it ends with the binary.
var collector = sync.OnceValue(otlptest.Start)

// shared is the host of the tests that need nothing but tenants of their own: a whole
// one, as a newcomer starts it, that also sends its telemetry to the collector.
var shared = hosttest.NewLasting(func() hosttest.Options {
	return hosttest.Options{Guests: true, Settings: map[string]string{
		"log.format":                "json",
		"log.level":                 "debug",
		"telemetry.otlp_endpoint":   collector().URL(),
		"telemetry.metric_interval": "1s",
		"activation.redirect_hosts": "app.example.com",
	}}
})
