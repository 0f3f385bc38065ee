package hostapi

// MessageStatus is the question of [HookMessageStatus]: what does this callback of a
// provider say? The guest must prove that it comes from the provider, by
// [FuncSecretHMAC] or a signature in it, and denies it otherwise.
type MessageStatus struct {
	Provider string            `json:"provider"` // name in the host's configuration
	Method   string            `json:"method"`
	Query    map[string]string `json:"query"`   // first value of each
	Headers  map[string]string `json:"headers"` // first value of each, names in lower case
	Body     string            `json:"body"`    // up to 64 KiB of UTF-8
}

// DeliveryStatus is what a provider reports of a mail.
type DeliveryStatus string

// What a provider reports.
const (
	DeliveryDelivered  DeliveryStatus = "delivered"
	DeliveryDeferred   DeliveryStatus = "deferred"
	DeliveryBounced    DeliveryStatus = "bounced"
	DeliveryComplained DeliveryStatus = "complained"
)

// MaxStatusReports is the most reports of one callback.
const MaxStatusReports = 1000

// MessageReports is the answer to [HookMessageStatus].
type MessageReports struct {
	Reports []MessageReport `json:"reports,omitempty"`
}

// MessageReport is one thing that happened to a mail. It is named by MessageID as
// [MessageSend] gave it, or else by ProviderID as [MessageSent] gave it; a report of a mail
// that the host does not know is passed over. A mail goes from deferred over delivered and
// bounced to complained and never back.
type MessageReport struct {
	MessageID  string         `json:"message_id,omitempty"`
	ProviderID string         `json:"provider_id,omitempty"` // no control characters
	Status     DeliveryStatus `json:"status"`
	Reason     string         `json:"reason,omitempty"` // snake_case, up to [MaxSendReason]
	At         string         `json:"at,omitempty"`     // RFC 3339; now when empty
}
