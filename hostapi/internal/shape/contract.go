package shape

import "github.com/usher-id/usher/hostapi"

// Hook says which types a hook asks with and is answered by.
type Hook struct {
	Hook             hostapi.Hook
	Question, Answer string
}

// Hooks lists the types of every hook.
func Hooks() []Hook {
	return []Hook{
		{hostapi.HookSignupValidate, "SignupValidate", "SignupPatch"},
		{hostapi.HookTenantProvision, "TenantProvision", "TenantReferences"},
		{hostapi.HookInvitationValidate, "InvitationValidate", "InvitationPatch"},
		{hostapi.HookActivationValidate, "ActivationValidate", "ActivationPatch"},
		{hostapi.HookPasswordCheck, "PasswordCheck", "PasswordVerdict"},
		{hostapi.HookMessageRender, "MessageRender", "RenderedMessage"},
		{hostapi.HookMessageRoute, "MessageRoute", "MessageRouting"},
		{hostapi.HookMessageSend, "MessageSend", "MessageSent"},
		{hostapi.HookMessageStatus, "MessageStatus", "MessageReports"},
		{hostapi.HookIdentityBegin, "IdentityBegin", "IdentityRedirect"},
		{hostapi.HookIdentityFinish, "IdentityFinish", "Identity"},
		{hostapi.HookSessionClaims, "SessionClaims", "SessionClaimed"},
		{hostapi.HookEventDeliver, "EventDeliver", "EventDelivered"},
	}
}

// Function says which types a function of a capability is asked with and answers
// by; an empty Answer is nothing.
type Function struct {
	Module, Name    string
	Request, Answer string
}

// Functions lists the types of every function of a capability.
func Functions() []Function {
	return []Function{
		{hostapi.ModuleHTTP, hostapi.FuncHTTPFetch, "HTTPRequest", "HTTPResponse"},
		{hostapi.ModuleKV, hostapi.FuncKVGet, "KVKey", "KVValue"},
		{hostapi.ModuleKV, hostapi.FuncKVPut, "KVEntry", ""},
		{hostapi.ModuleKV, hostapi.FuncKVDelete, "KVKey", ""},
		{hostapi.ModuleSecret, hostapi.FuncSecretHMAC, "HMACRequest", "HMACResult"},
		{hostapi.ModuleTelemetry, hostapi.FuncTelemetryMetric, "Metric", ""},
		{hostapi.ModuleTelemetry, hostapi.FuncTelemetrySpanStart, "Span", ""},
		{hostapi.ModuleTelemetry, hostapi.FuncTelemetrySpanEnd, "SpanEnd", ""},
	}
}
