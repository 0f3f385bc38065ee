package hostapi

// Envelope is what a guest is asked with. Data is the question of the hook, such as
// [SignupValidate]. A guest ignores fields it does not know.
type Envelope[D any] struct {
	ABI         string  `json:"abi"`
	Hook        Hook    `json:"hook"`
	CallID      string  `json:"call_id"`
	RunID       string  `json:"run_id"` // the signup or activation that the call belongs to
	Tenant      string  `json:"tenant"` // id, empty before there is one
	Actor       Actor   `json:"actor"`
	Traceparent string  `json:"traceparent"` // W3C trace context of the call, empty when untraced
	Config      RawJSON `json:"config"`      // the operator's settings for this plugin, an object
	Data        D       `json:"data"`
}

// Actor is who caused the call.
type Actor struct {
	Kind string `json:"kind"` // anonymous, user, api_key or system
	ID   string `json:"id,omitempty"`
}

// The kinds of [Actor].
const (
	ActorAnonymous = "anonymous"
	ActorUser      = "user"
	ActorAPIKey    = "api_key"
	ActorSystem    = "system"
)

// Outcome is a guest's verdict.
type Outcome string

// The outcomes. A hook that asks for no verdict accepts only continue.
const (
	Continue Outcome = "continue"
	Deny     Outcome = "deny"
)

// Output is what a guest answers. Data is a closed type, such as [SignupPatch]: the
// host refuses fields that are not in it.
type Output[D any] struct {
	Outcome Outcome      `json:"outcome"`
	Data    D            `json:"data,omitzero"`
	Errors  []FieldError `json:"errors,omitempty"`
}

// FieldError says what a guest found wrong with a field. Field is the JSON name
// in the question, Code is stable and snake_case, Message is for the person.
type FieldError struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// RawJSON is a JSON value that is passed through as it is; empty stands for null.
type RawJSON []byte

// MarshalJSON gives the value itself.
func (r RawJSON) MarshalJSON() ([]byte, error) {
	if len(r) == 0 {
		return []byte("null"), nil
	}
	return r, nil
}

// UnmarshalJSON keeps a copy of the value.
func (r *RawJSON) UnmarshalJSON(b []byte) error {
	*r = append((*r)[:0], b...)
	return nil
}
