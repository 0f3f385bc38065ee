package signal

import "go.opentelemetry.io/otel/attribute"

// Metrics. An instrument is called exactly as Prometheus shows it, so that one
// name holds in code, alerts and dashboards, whichever way it was exported.
const (
	MetricSignups         = "usher_signup_total"
	MetricProvisioning    = "usher_tenant_provisioning_duration_seconds"
	MetricTokenValidation = "usher_activation_token_validation_duration_seconds"
	MetricInvitations     = "usher_invitation_create_duration_seconds"
	MetricErrors          = "usher_activation_errors_total"
	MetricFunnel          = "usher_funnel_total"

	MetricEmailQueueDepth  = "usher_email_queue_depth"
	MetricEmailQueueOldest = "usher_email_queue_oldest_seconds"
	MetricEmailSent        = "usher_email_sent_total"
	MetricEmailStatus      = "usher_email_status_total"
	MetricEmailHandover    = "usher_email_handover_duration_seconds"
	MetricEmailProvider    = "usher_email_provider_shut"
	MetricEmailPaused      = "usher_email_queue_paused"
	MetricEmailWorkers     = "usher_email_workers"

	MetricEventDeliveries = "usher_event_delivery_total"
	MetricEventParked     = "usher_event_parked"
	MetricEventLag        = "usher_event_lag_seconds"
	MetricEventDead       = "usher_event_dead"
	MetricEventStreams    = "usher_event_streams"
	MetricWebhooksOff     = "usher_webhook_disabled"
	// PrefixPlugin begins the name of what a plugin reports itself.
	PrefixPlugin = "usher_plugin_"

	MetricPluginCall   = "usher_plugin_call_duration_seconds"
	MetricPluginActive = "usher_plugin_active"
	MetricPluginSwaps  = "usher_plugin_swap_total"
	MetricPluginMemory = "usher_plugin_memory_bytes"

	MetricPluginInstances = "usher_plugin_instances"
	MetricPluginBreaker   = "usher_plugin_breaker_open"
	MetricPluginSafeMode  = "usher_plugin_safe_mode"
	MetricPluginGuardrail = "usher_plugin_guardrail_total"
	MetricPluginRelease   = "usher_plugin_release"
	MetricPluginWaiting   = "usher_plugin_release_waiting"
	MetricPluginSamples   = "usher_plugin_sample_dropped_total"

	MetricConfigGeneration = "usher_config_generation"
	MetricConfigReloadOK   = "usher_config_last_reload_successful"
	MetricConfigReloadedAt = "usher_config_last_reload_timestamp_seconds"
	MetricJobLastSuccess   = "usher_job_last_success_timestamp_seconds"
	MetricJobDuration      = "usher_job_duration_seconds"
	MetricSynthetics       = "usher_synthetic_total"
	MetricHashQueueWait    = "usher_password_hash_queue_wait_seconds"
	MetricHashDuration     = "usher_password_hash_duration_seconds"
	MetricClockOffset      = "usher_clock_offset_seconds"
	MetricDBPoolWait       = "usher_db_pool_wait_seconds_total"
	MetricDBPoolAcquires   = "usher_db_pool_acquire_total"
	MetricDBConnections    = "db.client.connection.count"
	MetricDBConnectionsMax = "db.client.connection.max"
	MetricHTTPRequest      = "http.server.request.duration"
)

// Labels of metrics.
const (
	LabelOutcome   = attribute.Key("outcome")
	LabelErrorType = attribute.Key("error_type")
	LabelStep      = attribute.Key("step")
	LabelState     = attribute.Key("state")
	LabelStatus    = attribute.Key("status")
	LabelProvider  = attribute.Key("provider")
	LabelHook      = attribute.Key("hook")
	LabelPlugin    = attribute.Key("plugin")
	LabelVersion   = attribute.Key("version")
	LabelDigest    = attribute.Key("digest")
	LabelJob       = attribute.Key("job")
	LabelJourney   = attribute.Key("journey")
	LabelSource    = attribute.Key("source")
	LabelMetric    = attribute.Key("metric") // that the guardrail compares
	LabelReason    = attribute.Key("reason")
	LabelConsumer  = attribute.Key("consumer")
	LabelPool      = attribute.Key("pool")
	LabelSynthetic = attribute.Key("synthetic")

	LabelHTTPMethod = attribute.Key("http.request.method")
	LabelHTTPRoute  = attribute.Key("http.route")
	LabelHTTPStatus = attribute.Key("http.response.status_code")
)

// Spans. The span of an HTTP request is called "METHOD /route/{template}".
const (
	SpanSignup         = "activation.signup"
	SpanInvite         = "activation.invite"
	SpanBulkStart      = "activation.bulk_start"
	SpanBulkBatch      = "activation.bulk_batch"
	SpanResend         = "activation.resend"
	SpanRevoke         = "activation.revoke"
	SpanChangeTenant   = "tenant.change"
	SpanInspect        = "activation.inspect"
	SpanActivate       = "activation.activate"
	SpanSignIn         = "identity.sign_in"
	SpanRefresh        = "identity.refresh"
	SpanSwitch         = "identity.switch_tenant"
	SpanSession        = "identity.session"
	SpanExternalBegin  = "identity.begin_external"
	SpanExternalFinish = "identity.finish_external"

	SpanHash       = "identity.hash_password"
	SpanLink       = "identity.request_link"
	SpanHook       = "hook.call"
	SpanPlugin     = "plugin.call"
	SpanFetch      = "plugin.fetch" // one exchange of a plugin; its own spans are plugin.NAME.…
	SpanJobWork    = "job.work"
	SpanMailLoad   = "mail.load" // with the wait for others to share the statement
	SpanMailRender = "mail.render"
	SpanMailRecord = "mail.record" // likewise
	SpanMailSend   = "mail.send"
	SpanSMTP       = "smtp.send"

	SpanEventDeliver = "event.deliver"
	SpanMailFeedback = "mail.feedback" // a provider's callback
)

// Attributes of spans, beside those of the semantic conventions. None ever holds
// a token, a password, an address or a URL that has a token in it.
const (
	AttrTenantID      = attribute.Key("usher.tenant.id")
	AttrUserID        = attribute.Key("usher.user.id")
	AttrInvitationID  = attribute.Key("usher.invitation.id")
	AttrMessageID     = attribute.Key("usher.message.id")
	AttrMessageKind   = attribute.Key("usher.message.kind")
	AttrPurpose       = attribute.Key("usher.token.purpose")
	AttrOutcome       = attribute.Key("usher.outcome")
	AttrHook          = attribute.Key("usher.hook")
	AttrPlugin        = attribute.Key("usher.plugin.name")
	AttrPluginVersion = attribute.Key("usher.plugin.version")
	AttrRenderedBy    = attribute.Key("usher.mail.rendered_by") // "native", or a plugin and its version
	AttrPluginDigest  = attribute.Key("usher.plugin.digest")
	AttrPluginFuel    = attribute.Key("usher.plugin.fuel")         // units the guest spent
	AttrPluginMemory  = attribute.Key("usher.plugin.memory_bytes") // of the guest's linear memory at the end
	AttrPluginOrder   = attribute.Key("usher.plugin.order")        // in the chain of its hook, from 1
	AttrPluginRole    = attribute.Key("usher.plugin.role")         // serving, candidate or shadow
	AttrPluginRelease = attribute.Key("usher.plugin.release")      // that the call belongs to; 0 for one that has no number
	AttrProvider      = attribute.Key("usher.mail.provider")
	AttrJobKind       = attribute.Key("usher.job.kind")
	AttrJobAttempt    = attribute.Key("usher.job.attempt")
	AttrConsumer      = attribute.Key("usher.event.consumer")
	AttrEventID       = attribute.Key("usher.event.id")
	AttrEventType     = attribute.Key("usher.event.type")
	AttrErrorType     = attribute.Key("error.type")
)

// Keys of log lines that the log handler adds from the context.
const (
	LogTraceID   = "trace_id"
	LogSpanID    = "span_id"
	LogTenantID  = "tenant_id"
	LogRequestID = "request_id"
	LogSynthetic = "synthetic"
)
