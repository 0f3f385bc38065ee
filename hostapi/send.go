package hostapi

// MessageSend is the question of [HookMessageSend]: hand this mail to the provider
// that the plugin adapts. Where the link belongs, Text and HTML have Link, a
// placeholder: the host puts the real link in its place, also in its URL-encoded form,
// in the body of each request that the guest sends with [FuncHTTPFetch], so that no
// guest sees a token. A mail with a link that is accepted while its placeholder left in
// no request breaks the contract.
type MessageSend struct {
	Provider  string      `json:"provider"`   // name in the host's configuration
	MessageID string      `json:"message_id"` // without brackets; the same for every attempt
	Attempt   int         `json:"attempt"`    // begins at 1
	Kind      MessageKind `json:"kind"`
	From      MailAddress `json:"from"`
	To        string      `json:"to"`
	Subject   string      `json:"subject"`
	Text      string      `json:"text"`
	HTML      string      `json:"html"`
	Link      string      `json:"link"` // the placeholder, empty when the mail has none
}

// MailAddress is who writes a mail.
type MailAddress struct {
	Name  string `json:"name"` // may be empty
	Email string `json:"email"`
}

// SendStatus is what became of an attempt to send.
type SendStatus string

// What became of an attempt. A guest that fails has its mail tried by the next provider,
// or later; if the link had left in a request, only later and with the same MessageID.
const (
	SendAccepted SendStatus = "accepted" // the provider has it
	SendRetry    SendStatus = "retry"    // not now: another provider, or later
	SendRefused  SendStatus = "refused"  // the provider refuses us: credentials, quota; concerns every mail
	SendFailed   SendStatus = "failed"   // never: this recipient, or this mail
)

// The bounds of a [MessageSent], in bytes and seconds.
const (
	MaxProviderID = 256
	MaxSendReason = 64
	MaxRetryAfter = 24 * 3600
)

// MessageSent is the answer to [HookMessageSend].
type MessageSent struct {
	Status      SendStatus `json:"status"`
	ProviderID  string     `json:"provider_id,omitempty"`   // the provider's name for the mail
	RetryAfterS int        `json:"retry_after_s,omitempty"` // with retry or refused
	Reason      string     `json:"reason,omitempty"`        // snake_case; never an address
}
