package telemetry_test

import (
	"io"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/telemetry"
)

// exposed are the names that alerts, dashboards and the runbook rely on.
func exposed() []string {
	return []string{
		"db_client_connection_count", "db_client_connection_max",
		"http_server_request_duration_seconds",
		"usher_activation_errors_total", "usher_activation_token_validation_duration_seconds",
		"usher_clock_offset_seconds",
		"usher_config_generation", "usher_config_last_reload_successful", "usher_config_last_reload_timestamp_seconds",
		"usher_db_pool_acquire_total", "usher_db_pool_wait_seconds_total",
		"usher_email_handover_duration_seconds", "usher_email_provider_shut",
		"usher_email_queue_depth", "usher_email_queue_oldest_seconds", "usher_email_queue_paused",
		"usher_email_sent_total", "usher_email_status_total", "usher_email_workers",
		"usher_event_dead", "usher_event_delivery_total", "usher_event_lag_seconds", "usher_event_parked", "usher_event_streams",
		"usher_funnel_total", "usher_invitation_create_duration_seconds",
		"usher_job_duration_seconds", "usher_job_last_success_timestamp_seconds",
		"usher_password_hash_duration_seconds", "usher_password_hash_queue_wait_seconds",
		"usher_plugin_active", "usher_plugin_breaker_open", "usher_plugin_call_duration_seconds", "usher_plugin_guardrail_total",
		"usher_plugin_instances", "usher_plugin_memory_bytes", "usher_plugin_release", "usher_plugin_release_waiting", "usher_plugin_safe_mode", "usher_plugin_sample_dropped_total",
		"usher_plugin_swap_total",
		"usher_signup_total", "usher_synthetic_total", "usher_tenant_provisioning_duration_seconds",
		"usher_webhook_disabled",
	}
}

func newSignals(t testing.TB, tel *telemetry.Telemetry) *signal.Signals {
	t.Helper()
	s, err := signal.New(tel.Meter())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// everything calls each method once.
func everything(t *testing.T, s *signal.Signals) {
	t.Helper()
	ctx := t.Context()
	s.Signup(ctx, signal.SignupAccepted)
	s.Funnel(ctx, signal.SignupStarted)
	s.ActivationError(ctx, "never heard of")
	s.Provisioned(ctx, 10*time.Millisecond)
	s.TokenValidation(ctx, time.Millisecond, signal.TokenValid)
	s.InvitationCreation(ctx, time.Millisecond)
	s.HashQueueWait(ctx, time.Millisecond, signal.OK)
	s.Hashed(ctx, 20*time.Millisecond)
	s.EventDelivered(ctx, "nats", true)
	s.EventBacklog(ctx, "nats", 2, 1, time.Second)
	s.EventStreams(ctx, 3)
	s.WebhooksDisabled(ctx, "gone", 1)
	s.EmailProvider(ctx, "smtp")
	s.EmailSent(ctx, "smtp", signal.SendAccepted)
	s.EmailProviderShut(ctx, "smtp", signal.ShutRefused)
	s.EmailWorkers(ctx, 3, 8)
	s.EmailPaused(ctx, false)
	s.EmailReporter(ctx, "api")
	s.EmailStatus(ctx, "api", signal.ReportBounced)
	s.EmailHandover(ctx, time.Millisecond)
	s.EmailQueue(ctx, signal.QueueReady, 7)
	s.EmailQueueOldest(ctx, 3*time.Second)
	s.PluginCall(ctx, "signup.validate", "domains", "1.0.0", 20*time.Microsecond, signal.CallDeny)
	s.PluginSwap(ctx, signal.SwapDone)
	s.PluginGuardrail(ctx, "domains", "failures")
	s.PluginRelease(ctx, 7, true)
	s.HTTPRequest(ctx, http.MethodPost, "/v1/activations", http.StatusCreated, time.Millisecond)
	s.ConfigLoaded(ctx, 3, time.Unix(1700000000, 0))
	s.JobDone(ctx, "mail", time.Millisecond, signal.OK, time.Unix(1700000001, 0))
	s.SyntheticRun(ctx, signal.JourneySignup, signal.OK)
	s.ClockOffset(ctx, signal.ClockDatabase, -20*time.Millisecond)
	watch(t)(s.WatchPlugins(func() iter.Seq[signal.PluginState] {
		return slices.Values([]signal.PluginState{
			{Name: "domains", Digest: "sha256:1", Memory: 100, Instances: 2, Bindings: []signal.BindingState{{Hook: "signup.validate", BreakerOpen: true}}},
			{Name: "domains", Digest: "sha256:2", Memory: 11, Instances: 1, Bindings: []signal.BindingState{{Hook: "signup.validate"}, {Hook: "message.render", SwitchedOff: true}}},
		})
	}))
	watch(t)(s.WatchSamples(func() map[string]int64 { return map[string]int64{"busy": 3} }))
	watch(t)(s.WatchPool("main", func() signal.PoolState {
		return signal.PoolState{Used: 2, Idle: 3, Max: 8, Acquires: 40, Wait: time.Second}
	}))
}

func watch(t *testing.T) func(func() error, error) {
	t.Helper()
	return func(stop func() error, err error) {
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = stop() })
	}
}

// scrape asks the page as Prometheus does.
func scrape(t *testing.T, tel *telemetry.Telemetry, accept string) map[string]*dto.MetricFamily {
	t.Helper()
	server := httptest.NewServer(tel.Handler())
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	res, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v: %s", res.StatusCode, err, body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(body)))
	if err != nil {
		t.Fatalf("%v in\n%s", err, body)
	}
	return families
}

func TestExposedNames(t *testing.T) {
	t.Parallel()
	tel, _ := start(t, telemetry.Config{})
	everything(t, newSignals(t, tel))
	families := scrape(t, tel, "text/plain")
	var ours []string
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") || strings.HasPrefix(name, "promhttp_") {
			continue
		}
		ours = append(ours, name)
	}
	if want := append(exposed(), "target_info"); !slices.Equal(ours, slices.Sorted(slices.Values(want))) {
		t.Errorf("exposed\n%v\nwant\n%v", strings.Join(ours, "\n"), strings.Join(want, "\n"))
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes"} {
		if families[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestValuesAndLabels(t *testing.T) {
	t.Parallel()
	tel, _ := start(t, telemetry.Config{})
	s := newSignals(t, tel)
	everything(t, s)
	s.Signup(signal.WithRequest(t.Context(), "r", true), signal.SignupAccepted)
	families := scrape(t, tel, "text/plain")
	for _, row := range []struct {
		name, labels string
		want         float64
	}{
		{"usher_signup_total", "outcome=accepted", 1},
		{"usher_signup_total", "outcome=accepted,synthetic=true", 1},
		{"usher_signup_total", "outcome=failed", 0},
		{"usher_funnel_total", "step=signup_started", 1},
		{"usher_funnel_total", "step=activation_completed", 0},
		{"usher_activation_errors_total", "error_type=other", 1},
		{"usher_activation_errors_total", "error_type=db_constraint", 0},
		{"usher_email_sent_total", "outcome=accepted,provider=smtp", 1},
		{"usher_email_sent_total", "outcome=permanent_failure,provider=smtp", 0},
		{"usher_email_queue_depth", "state=ready", 7},
		{"usher_email_queue_oldest_seconds", "", 3},
		{"usher_plugin_active", "digest=sha256:2,plugin=domains", 1},
		{"usher_plugin_memory_bytes", "plugin=domains", 111},
		{"usher_plugin_instances", "plugin=domains", 3},
		{"usher_plugin_breaker_open", "hook=signup.validate,plugin=domains", 1},
		{"usher_plugin_sample_dropped_total", "reason=busy", 3},
		{"usher_plugin_safe_mode", "hook=signup.validate,plugin=domains", 0},
		{"usher_plugin_safe_mode", "hook=message.render,plugin=domains", 1},
		{"usher_plugin_swap_total", "outcome=done", 1},
		{"usher_plugin_guardrail_total", "metric=failures,plugin=domains", 1},
		{"usher_plugin_release", "", 7},
		{"usher_plugin_release_waiting", "", 1},
		{"usher_config_generation", "", 3},
		{"usher_config_last_reload_successful", "", 1},
		{"usher_config_last_reload_timestamp_seconds", "", 1700000000},
		{"usher_job_last_success_timestamp_seconds", "job=mail", 1700000001},
		{"usher_synthetic_total", "journey=activation,outcome=failed", 0},
		{"usher_synthetic_total", "journey=signup,outcome=ok", 1},
		{"usher_clock_offset_seconds", "source=database", -0.02},
		{"db_client_connection_count", "pool=main,state=idle", 3},
		{"usher_db_pool_wait_seconds_total", "pool=main", 1},
	} {
		if got, ok := value(families[row.name], row.labels); !ok || got != row.want {
			t.Errorf("%s{%s} = %v (there: %v), want %v", row.name, row.labels, got, ok, row.want)
		}
	}
}

func TestThresholdsAreBucketEdges(t *testing.T) {
	t.Parallel()
	tel, _ := start(t, telemetry.Config{})
	everything(t, newSignals(t, tel))
	families := scrape(t, tel, "text/plain")
	for _, name := range []string{
		"http_server_request_duration_seconds", "usher_tenant_provisioning_duration_seconds",
		"usher_activation_token_validation_duration_seconds", "usher_invitation_create_duration_seconds",
	} {
		var edges []float64
		for _, b := range families[name].GetMetric()[0].GetHistogram().GetBucket() {
			edges = append(edges, b.GetUpperBound())
		}
		for _, want := range []float64{0.3, 0.6, 1.2, 2, 3} {
			if !slices.Contains(edges, want) {
				t.Errorf("%s has no edge at %v: %v", name, want, edges)
			}
		}
	}
}

func TestOpenMetricsIsOffered(t *testing.T) {
	t.Parallel()
	tel, _ := start(t, telemetry.Config{})
	everything(t, newSignals(t, tel))
	res := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	tel.Handler().ServeHTTP(res, req)
	body := res.Body.String()
	for _, want := range []string{"usher_signup_total{outcome=\"accepted\"} 1", "# EOF"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in OpenMetrics", want)
		}
	}
}

func TestFailedReload(t *testing.T) {
	t.Parallel()
	tel, _ := start(t, telemetry.Config{})
	s := newSignals(t, tel)
	s.ConfigLoaded(t.Context(), 1, time.Unix(1700000000, 0))
	s.ConfigRefused(t.Context())
	families := scrape(t, tel, "text/plain")
	if got, _ := value(families["usher_config_last_reload_successful"], ""); got != 0 {
		t.Errorf("successful = %v after a refusal", got)
	}
	if got, _ := value(families["usher_config_last_reload_timestamp_seconds"], ""); got != 1700000000 {
		t.Errorf("the time of the last good load moved to %v", got)
	}
}

func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	tel, _ := start(t, telemetry.Config{})
	s := newSignals(t, tel)
	for i := range 1000 {
		s.EmailSent(t.Context(), "provider-"+time.Duration(i).String(), signal.SendAccepted)
	}
	if n := len(scrape(t, tel, "text/plain")["usher_email_sent_total"].GetMetric()); n > 100 {
		t.Errorf("%d series from one label", n)
	}
}

// value finds a series by its labels in alphabetic order, "a=1,b=2".
func value(f *dto.MetricFamily, labels string) (float64, bool) {
	for _, m := range f.GetMetric() {
		var pairs []string
		for _, l := range m.GetLabel() {
			pairs = append(pairs, l.GetName()+"="+l.GetValue())
		}
		slices.Sort(pairs)
		if strings.Join(pairs, ",") == labels {
			return m.GetCounter().GetValue() + m.GetGauge().GetValue(), true
		}
	}
	return 0, false
}
