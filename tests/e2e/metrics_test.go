package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/usher-id/usher/tests/hosttest"
	"github.com/usher-id/usher/tests/pgtest"
)

// TestMetrics does a known number of everything and reads what /metrics makes of it.
func TestMetrics(t *testing.T) {
	t.Parallel()
	began := time.Now()
	h := hosttest.Start(t, hosttest.Options{Guests: true, Settings: map[string]string{"database.url": pgtest.New(t)}})
	quiet := metricsOf(t, h)
	for _, row := range []struct{ name, label string }{
		{"usher_signup_total", "outcome=failed"},
		{"usher_funnel_total", "step=activation_completed"},
		{"usher_activation_errors_total", "error_type=replayed_token"},
		{"usher_email_sent_total", "outcome=permanent_failure"},
		{"usher_plugin_swap_total", "outcome=rolled_back"},
		{"usher_synthetic_total", "journey=signup"},
		{"usher_plugin_sample_dropped_total", "reason=not_written"},
	} {
		equal(t, row.name+" before anything happened", quiet.value(t, row.name, row.label), 0)
	}
	countedFlow(t, h)
	db := database(t, h)
	hosttest.Until(t, "all mail to be sent", func() bool {
		return one[int](t, db, "SELECT count(*) FROM messages WHERE status = 'pending'") == 0
	})
	hosttest.Until(t, "the queue to be measured empty", func() bool {
		m := metricsOf(t, h)
		return m.value(t, "usher_email_queue_depth") == 0 && m.value(t, "usher_email_queue_oldest_seconds") == 0
	})
	got := metricsOf(t, h)
	for _, row := range []struct {
		name  string
		label string
		want  float64
	}{
		{"usher_signup_total", "outcome=accepted", 2},
		{"usher_signup_total", "outcome=existing_account", 1},
		{"usher_signup_total", "outcome=invalid", 1},
		{"usher_signup_total", "outcome=denied", 1},
		{"usher_signup_total", "", 5},
		{"usher_tenant_provisioning_duration_seconds_count", "", 2},
		{"usher_invitation_create_duration_seconds_count", "", 4},
		{"usher_activation_token_validation_duration_seconds_count", "outcome=valid", 5},
		{"usher_activation_token_validation_duration_seconds_count", "outcome=replayed", 1},
		{"usher_activation_token_validation_duration_seconds_count", "outcome=revoked", 1},
		{"usher_activation_token_validation_duration_seconds_count", "outcome=superseded", 1},
		{"usher_activation_token_validation_duration_seconds_count", "outcome=expired", 1},
		{"usher_activation_token_validation_duration_seconds_count", "outcome=unknown", 1},
		{"usher_activation_errors_total", "error_type=invalid_token", 1},
		{"usher_activation_errors_total", "error_type=expired_token", 1},
		{"usher_activation_errors_total", "error_type=replayed_token", 1},
		{"usher_activation_errors_total", "error_type=revoked_token", 1},
		{"usher_activation_errors_total", "error_type=superseded_token", 1},
		{"usher_activation_errors_total", "error_type=duplicate_email", 1},
		{"usher_activation_errors_total", "error_type=wrong_account", 1},
		{"usher_activation_errors_total", "error_type=hook_denied", 1},
		{"usher_activation_errors_total", "error_type=validation_failed", 1},
		{"usher_activation_errors_total", "", 9},
		{"usher_funnel_total", "step=signup_started", 5},
		{"usher_funnel_total", "step=tenant_provisioned", 2},
		{"usher_funnel_total", "step=invitation_created", 4},
		{"usher_funnel_total", "step=invitation_accepted", 2},
		{"usher_funnel_total", "step=activation_completed", 4},
		{"usher_email_sent_total", "outcome=accepted", 8},
		{"usher_email_sent_total", "provider=sink", 8},
		{"usher_email_handover_duration_seconds_count", "", 8},
		{"usher_plugin_call_duration_seconds_count", "hook=message.render", 8},
		{"usher_plugin_call_duration_seconds_count", "outcome=deny", 1},
		{"usher_plugin_active", "plugin=company-domain", 1},
		{"usher_plugin_active", "plugin=mail-templates", 1},
		{"usher_config_generation", "", 1},
		{"usher_config_last_reload_successful", "", 1},
		{"usher_password_hash_duration_seconds_count", "", 3},
		{"http_server_request_duration_seconds_count", "http_route=/v1/signups", 5},
	} {
		var labels []string
		if row.label != "" {
			labels = []string{row.label}
		}
		equal(t, row.name+" "+row.label, got.value(t, row.name, labels...), row.want)
	}
	labelled(t, got)
	for _, name := range []string{"usher_config_last_reload_timestamp_seconds", "usher_job_last_success_timestamp_seconds"} {
		if at := got.value(t, name); at < float64(began.Unix()-1) || at > float64(time.Now().Unix()+1) {
			t.Errorf("%s is %v", name, at)
		}
	}
	if bytes := got.value(t, "usher_plugin_memory_bytes"); bytes < 1<<20 {
		t.Errorf("the plugins have %v bytes", bytes)
	}
}

// labelled checks that each name has the labels that alerts and dashboards ask for, and
// no other.
func labelled(t *testing.T, got scrape) {
	t.Helper()
	for name, want := range map[string]string{
		"usher_signup_total": "outcome",
		"usher_tenant_provisioning_duration_seconds_count":         "",
		"usher_activation_token_validation_duration_seconds_count": "outcome",
		"usher_invitation_create_duration_seconds_count":           "",
		"usher_activation_errors_total":                            "error_type",
		"usher_funnel_total":                                       "step",
		"usher_email_queue_depth":                                  "state",
		"usher_email_queue_oldest_seconds":                         "",
		"usher_email_sent_total":                                   "outcome provider",
		"usher_plugin_call_duration_seconds_count":                 "hook outcome plugin version",
		"usher_plugin_active":                                      "digest plugin",
		"usher_plugin_swap_total":                                  "outcome",
		"usher_plugin_memory_bytes":                                "plugin",
		"usher_config_generation":                                  "",
		"usher_config_last_reload_successful":                      "",
		"usher_config_last_reload_timestamp_seconds":               "",
		"usher_job_last_success_timestamp_seconds":                 "job",
		"usher_synthetic_total":                                    "journey outcome",
	} {
		got.value(t, name)
		equal(t, "labels of "+name, got.keys(name), want)
	}
}

// countedFlow does what TestMetrics counts.
func countedFlow(t *testing.T, h *hosttest.Host) {
	t.Helper()
	c := h.Client(t)
	x, y := newTenant(t, h), newTenant(t, h)
	signUp(t, h, x.owner.User.Email, "Known")
	h.Mail(t, x.owner.User.Email, 2)
	c.Post("/v1/signups", hosttest.Object{"email": "nobody", "organization_name": "x"}).Problem(422, "validation_failed")
	c.Post("/v1/signups", hosttest.Object{"email": "somebody@gmail.com", "organization_name": "x"}).Problem(422, "validation_failed")

	accepted, gone, replaced := newAddress("accepted"), newAddress("gone"), newAddress("replaced")
	x.invite(accepted)
	goneID, replacedID := x.invite(gone), x.invite(replaced)
	x.client().Post(x.path("/invitations"), hosttest.Object{"email": gone, "role": "member"}).Problem(409, "conflict")
	token := h.Mail(t, accepted, 1).Token()
	member := activate(t, h, token, "Mary")
	c.Post("/v1/activations", withPassword(token, "Mary")).Problem(410, "invalid_token")

	token = h.Mail(t, gone, 1).Token()
	x.client().Delete(x.path("/invitations/" + goneID)).Want(204)
	c.Post("/v1/activations", withPassword(token, "Gus")).Problem(410, "invalid_token")

	inspect := func(token string) {
		c.Post("/v1/activations/inspect", hosttest.Object{"token": token}).Problem(410, "invalid_token")
	}
	old := h.Mail(t, replaced, 1).Token()
	x.client().Post(x.path("/invitations/"+replacedID+"/resend"), nil).Want(202)
	fresh := h.Mail(t, replaced, 2).Token()
	inspect(old)
	if _, err := database(t, h).Exec(t.Context(), "UPDATE tokens SET expires_at = now() - interval '1 s' WHERE invitation_id = $1", replacedID); err != nil {
		t.Fatal(err)
	}
	inspect(fresh)
	inspect(fmt.Sprintf("%043d", 0))

	x.invite(y.owner.User.Email)
	token = h.Mail(t, y.owner.User.Email, 2).Token()
	join := hosttest.Object{"token": token}
	h.Client(t).As(member.Session.AccessToken).Post("/v1/activations", join).Problem(401, "invalid_credentials")
	y.client().Post("/v1/activations", join).Want(201)
}
