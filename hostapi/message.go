package hostapi

// MessageRender is the question of [HookMessageRender]: what does this mail
// say? Link is a placeholder that the renderer copies into both parts verbatim;
// the host puts the real link in its place afterwards, so no guest sees a token.
type MessageRender struct {
	Kind          MessageKind   `json:"kind"`
	Locale        string        `json:"locale"` // BCP 47, empty for the default
	Tenant        MessageTenant `json:"tenant"`
	RecipientName string        `json:"recipient_name"` // may be empty
	InviterName   string        `json:"inviter_name"`   // of an invitation only
	Link          string        `json:"link"`           // empty when the message has none
	ExpiresAt     string        `json:"expires_at"`     // RFC 3339 in UTC, empty without a link
}

// MessageTenant is what a renderer sees of the tenant that a mail is about.
type MessageTenant struct {
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// MessageKind says what a mail is for.
type MessageKind string

// The kinds of mail.
const (
	MessageOwnerVerification MessageKind = "owner_verification"
	MessageInvitation        MessageKind = "invitation"
	MessageExistingAccount   MessageKind = "existing_account"
	MessageSignIn            MessageKind = "sign_in"
	MessagePasswordReset     MessageKind = "password_reset"
)

// The bounds of a [RenderedMessage], in bytes.
const (
	MaxSubject  = 300
	MaxBodyPart = 100 << 10
)

// RenderedMessage is a finished mail. Both parts are needed; the subject is one
// line; the link placeholder stands in both parts when the question had one.
type RenderedMessage struct {
	Subject string `json:"subject"`
	HTML    string `json:"html"`
	Text    string `json:"text"`
}
