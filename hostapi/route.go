package hostapi

// MessageRoute is the question of [HookMessageRoute]: by which providers, and when,
// does this mail leave? It is asked at each attempt.
type MessageRoute struct {
	Kind            MessageKind    `json:"kind"`
	Locale          string         `json:"locale"` // BCP 47, may be empty
	RecipientDomain string         `json:"recipient_domain"`
	Attempt         int            `json:"attempt"`   // begins at 1; one that a delay put off comes again
	AgeS            int            `json:"age_s"`     // seconds since the mail was committed
	Providers       []MailProvider `json:"providers"` // in their configured order
}

// MailProvider is one way out for a mail.
type MailProvider struct {
	Name    string `json:"name"`
	Up      bool   `json:"up"`      // as far as the last attempts showed
	Plugin  bool   `json:"plugin"`  // served by message.send
	Refused bool   `json:"refused"` // it was the last that this mail was handed to, and did not take it
}

// MaxRouteDelay is the longest that guests may hold a mail back, in seconds and counted
// from its commit: what is delayed is asked about again, and an older mail leaves at once.
const MaxRouteDelay = 3600

// MessageRouting is the answer: the names of providers to try, in order. Nil keeps the
// configured order; a name that is not configured breaks the contract.
type MessageRouting struct {
	Providers []string `json:"providers,omitempty"`
	DelayS    int      `json:"delay_s,omitempty"` // seconds to wait before the first try
}
