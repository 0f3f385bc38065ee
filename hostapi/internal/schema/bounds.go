package schema

import "github.com/usher-id/usher/hostapi"

// bounds names the constants of hostapi that bound what guests write, by type and
// JSON name and then the keyword that they set. A bound in bytes is written as one
// in characters: whoever is above the latter is above the former.
func bounds() map[string]map[string]string {
	return map[string]map[string]string{
		"RenderedMessage.subject":      {"maxLength": "MaxSubject"},
		"RenderedMessage.html":         {"maxLength": "MaxBodyPart"},
		"RenderedMessage.text":         {"maxLength": "MaxBodyPart"},
		"MessageRouting.delay_s":       {"maximum": "MaxRouteDelay"},
		"MessageSent.provider_id":      {"maxLength": "MaxProviderID"},
		"MessageSent.reason":           {"maxLength": "MaxSendReason"},
		"MessageSent.retry_after_s":    {"maximum": "MaxRetryAfter"},
		"MessageReports.reports":       {"maxItems": "MaxStatusReports"},
		"MessageReport.provider_id":    {"maxLength": "MaxProviderID"},
		"MessageReport.reason":         {"maxLength": "MaxSendReason"},
		"TenantReferences.references":  {"maxProperties": "MaxReferences", "names.maxLength": "MaxReferenceName", "values.maxLength": "MaxReferenceValue"},
		"IdentityRedirect.url":         {"maxLength": "MaxRedirectURL"},
		"IdentityRedirect.private":     {"maxLength": "MaxIdentityState"},
		"Identity.subject":             {"maxLength": "MaxSubjectName"},
		"EventDelivered.retry_after_s": {"maximum": "MaxRetryAfter"},
		"KVKey.key":                    {"maxLength": "MaxKVKey"},
		"KVEntry.key":                  {"maxLength": "MaxKVKey"},
		"KVEntry.value":                {"maxLength": "MaxKVValue"},
		"KVEntry.ttl_s":                {"maximum": "MaxKVTTL"},
		"Metric.labels":                {"values.maxLength": "MaxMetricLabel"},
		"Span.name":                    {"maxLength": "MaxSpanName"},
		"Span.attributes":              {"maxProperties": "MaxAttributes", "values.maxLength": "MaxAttribute"},
		"Metric.name":                  {"maxLength": "MaxMetricLabel"},
		"TelemetryGrant.metrics":       {"maxItems": "MaxMetricNames"},
		"MetricNeeds.name":             {"maxLength": "MaxMetricLabel"},
		"MetricNeeds.labels":           {"maxProperties": "MaxMetricLabels"},
		"HTTPRequest.url":              {"maxLength": "MaxHTTPURL"},
		"HTTPRequest.headers":          {"maxProperties": "MaxHTTPHeaders"},
	}
}

// partly are types of which a document wants only a part, by its name: a fixture names
// what it compares of a request, and what matters of a response.
func partly() map[string]bool {
	return map[string]bool{"manifest.HTTPRequest": true, "manifest.HTTPResponse": true}
}

// unwritten are the bounds that no keyword of a schema can say: they are about
// several values, several calls, or bytes of JSON.
func unwritten() []string {
	return []string{"MaxRandom", "MaxClaims", "MaxKVEntries", "MaxKVBytes", "MaxMetrics", "MaxSpans", "MaxRequestBytes", "MaxHTTPHeaderBytes", "MaxMetricSeries"}
}

// Written names the bounds of hostapi that somebody has placed, in a schema or among
// those that none can say.
func Written() map[string]bool {
	names := map[string]bool{}
	for _, keywords := range bounds() {
		for _, name := range keywords {
			names[name] = true
		}
	}
	for _, name := range unwritten() {
		names[name] = true
	}
	return names
}

// most are the maxima of numbers that hostapi gives by a function.
func most() map[string]int {
	l := hostapi.MaxLimits()
	return map[string]int{
		"Limits.wall_ms": l.WallMS, "Limits.memory_pages": l.MemoryPages, "Limits.output_bytes": l.OutputBytes,
		"Limits.log_bytes": l.LogBytes, "Limits.calls_out": l.CallsOut, "Limits.result_bytes": l.ResultBytes,
	}
}
