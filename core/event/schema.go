package event

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/core"
)

// kind says what the data of one type of event has.
type kind struct {
	name   core.EventType
	says   string
	fields []field
}

// field is a member of an event's data.
type field struct {
	name, says string
	form       form
	oneOf      []string
	optional   bool
}

// form is what a member looks like.
type form string

const (
	text    form = "string"
	id      form = "uuid"
	instant form = "date-time"
	number  form = "integer"
	yes     form = "boolean"
	words   form = "object" // of strings
)

// kinds is every type of event there is. Members are added, never taken away or given another meaning: a reader passes
// over those that he does not know.
func kinds() []kind {
	return []kind{
		{core.SignupStarted, "Somebody signed up; the tenant is made in the same commit.", nil},
		{core.TenantProvisioned, "A tenant and its owner exist; the owner's address is not proved yet.", []field{
			{name: "signup_id", says: "The signup that made it.", form: id},
			{name: "slug", says: "Its name in addresses.", form: text},
			{name: "name", says: "Its name.", form: text},
			{name: "owner_id", says: "The user who owns it.", form: id},
		}},
		{core.TenantChanged, "A tenant's name or looks were changed; what is new is there.", []field{
			{name: "name", says: "Its name.", form: text, optional: true},
			{name: "logo_url", says: "Where its logo is; empty for none.", form: text, optional: true},
			{name: "colour", says: "Its colour, as #rrggbb; empty for none.", form: text, optional: true},
			{name: "support_url", says: "Where people get help; empty for nowhere.", form: text, optional: true},
		}},
		{core.OwnerVerified, "The owner proved the address; the tenant is active.", nil},
		{core.InvitationCreated, "Somebody was invited.", []field{
			{name: "role", says: "What the invited will be.", form: text, oneOf: []string{string(core.RoleOwner), string(core.RoleAdmin), string(core.RoleMember)}},
			{name: "expires_at", says: "When its link ends.", form: instant},
		}},
		{core.InvitationResent, "An invitation has a new link; the one before is dead.", []field{{name: "expires_at", says: "When its link ends.", form: instant}}},
		{core.EventRevoked, "An invitation was taken back.", nil},
		{core.InvitationLapsed, "An invitation's time was over when another took its place.", nil},
		{core.BulkStarted, "A list of invitations was accepted.", []field{{name: "rows", says: "How many rows it has.", form: number}}},
		{core.BulkFinished, "A list of invitations was worked off or cancelled; one that is retried finishes again.", []field{
			{name: "status", says: "How it ended.", form: text, oneOf: []string{string(core.BulkDone), string(core.BulkCancelled)}},
			{name: "rows", says: "How many rows it has.", form: number},
			{name: "invited", says: "Rows that were invited.", form: number},
			{name: "duplicate", says: "Rows that needed no invitation.", form: number},
			{name: "denied", says: "Rows that a plugin denied.", form: number},
			{name: "failed", says: "Rows that failed.", form: number},
			{name: "pending", says: "Rows that were not tried.", form: number},
		}},
		{core.EventAccepted, "An invitation was accepted.", nil},
		{core.ActivationCompleted, "An account is active and signed in.", []field{
			{name: "purpose", says: "What the link was for.", form: text},
			{name: "session_id", says: "The session that began.", form: id},
		}},
		{core.TenantSwitched, "A session goes on in another tenant.", nil},
		{core.SessionStarted, "Somebody signed in.", []field{{name: "by", says: "The way, such as password.", form: text, optional: true}}},
		{core.SessionRefreshed, "A session's tokens were exchanged for new ones.", nil},
		{core.SessionRevoked, "A session ended before its time.", []field{{name: "reason", says: "Why.", form: text}}},
		{core.SignInRequested, "Somebody asked for a link that signs in.", nil},
		{core.ResetRequested, "Somebody asked for a link that sets a new password.", nil},
		{core.PasswordReset, "A password was set anew.", nil},
		{core.IdentityLinked, "An external identity belongs to an account from now on.", []field{{name: "provider", says: "Who vouches for it.", form: text}}},
		{core.TenantLinked, "What a plugin keeps with a tenant changed.", []field{
			{name: "plugin", says: "Whose it is.", form: text},
			{name: "references", says: "Ids of things elsewhere.", form: words},
		}},
		{core.MessageDelivered, "A mail arrived, as its provider says.", mailed()},
		{core.MessageBounced, "A mail did not arrive, as its provider says.", mailed()},
		{core.MessageComplained, "The reader of a mail called it unwanted.", mailed()},
		{core.PluginsReleased, "Other versions or bindings of plugins are to serve.", released()},
		{core.PluginsRolledBack, "Plugins are to serve as they did before.", released()},
		{core.WebhookAdded, "An endpoint is sent events from now on.", nil},
		{core.WebhookChanged, "An endpoint has another address or other types.", nil},
		{core.WebhookRotated, "An endpoint has a new secret.", []field{{name: "previous_until", says: "Until when the one before signs too.", form: instant}}},
		{core.WebhookEnabled, "An endpoint is sent events again, those that it missed included.", nil},
		{core.WebhookDisabled, "An endpoint is sent nothing any more.", []field{
			{name: "reason", says: "Why: it answered 410, failed for days, or somebody wanted it.", form: text, oneOf: []string{
				string(core.WebhookGone), string(core.WebhookFailing), string(core.WebhookByOwner), string(core.WebhookByOperator),
			}},
			{name: "failing_since", says: "When it first failed.", form: instant, optional: true},
		}},
		{core.WebhookRemoved, "An endpoint was removed.", nil},
	}
}

func mailed() []field {
	return []field{
		{name: "kind", says: "What the mail is.", form: text},
		{name: "invitation_id", says: "The invitation that it is about.", form: id, optional: true},
		{name: "provider", says: "Who reported it.", form: text},
		{name: "reason", says: "Why, in the provider's words or ours.", form: text, optional: true},
		{name: "reported_at", says: "When it happened.", form: instant},
	}
}

func released() []field {
	return []field{
		{name: "release", says: "Its number.", form: number},
		{name: "kind", says: "What it does.", form: text},
		{name: "plugin", says: "The plugin that it is about; empty for several.", form: text},
		{name: "state", says: "How far it is.", form: text},
		{name: "restores", says: "The release that it goes back to; 0 for none.", form: number},
		{name: "automatic", says: "Whether the guardrail made it.", form: yes},
		{name: "actor", says: "Who made it.", form: text},
		{name: "reason", says: "Why.", form: text},
	}
}

// Types are all types of events, as they are without their prefix.
func Types() (all []core.EventType) {
	for _, k := range kinds() {
		all = append(all, k.name)
	}
	return all
}

// ParseType reads a type with its prefix or without; false when there is none of that name.
func ParseType(name string) (core.EventType, bool) {
	t := core.EventType(strings.TrimPrefix(name, core.EventPrefix))
	return t, slices.Contains(Types(), t)
}

// ParseTypes reads a list of them. A name that is no type is kept as it is, for whoever uses the list to refuse.
func ParseTypes(names []string) []core.EventType {
	var types []core.EventType
	for _, name := range names {
		t, _ := ParseType(name)
		types = append(types, t)
	}
	return types
}

// SchemasPath is where the schemas are listed, and below which they are served.
const SchemasPath = "/events/schemas"

// SchemaPath is where the schema of a type's data is served.
func SchemaPath(t core.EventType) string { return SchemasPath + "/" + core.EventPrefix + string(t) }

// SchemaURL is its address in an installation that is at an address of its own; empty elsewhere.
func SchemaURL(source string, t core.EventType) string {
	if !strings.Contains(source, "://") {
		return ""
	}
	return strings.TrimSuffix(source, "/") + SchemaPath(t)
}

// Schema gives the JSON Schema (2020-12) of the data of a type as it stands on the wire; false when there is none.
func Schema(source, wireType string) (schema []byte, ok bool, err error) {
	all := kinds()
	at := slices.IndexFunc(all, func(k kind) bool { return core.EventPrefix+string(k.name) == wireType })
	if at < 0 {
		return nil, false, nil
	}
	schema, err = json.Marshal(all[at].schema(source), json.Deterministic(true))
	if err != nil {
		return nil, false, fmt.Errorf("event: the schema of %s: %w", wireType, err)
	}
	return schema, true, nil
}

func (k kind) schema(source string) map[string]any {
	members, required := map[string]any{}, []string{}
	for _, f := range k.fields {
		members[f.name] = f.schema()
		if !f.optional {
			required = append(required, f.name)
		}
	}
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SchemaURL(source, k.name),
		"title": core.EventPrefix + string(k.name), "description": k.says, "type": "object", "properties": members, "required": required,
	}
}

func (f field) schema() map[string]any {
	s := map[string]any{"description": f.says, "type": string(f.form)}
	switch f.form {
	case id, instant:
		s["type"], s["format"] = "string", string(f.form)
	case words:
		s["additionalProperties"] = map[string]any{"type": "string"}
	}
	if len(f.oneOf) > 0 {
		s["enum"] = f.oneOf
	}
	return s
}

// Described is a type of event as the list of schemas has it.
type Described struct {
	Type        string
	Description string
	Schema      string // its address
}

// Describe lists the types, each with where its schema is.
func Describe(source string) (all []Described) {
	for _, k := range kinds() {
		all = append(all, Described{core.EventPrefix + string(k.name), k.says, strings.TrimSuffix(source, "/") + SchemaPath(k.name)})
	}
	return all
}
