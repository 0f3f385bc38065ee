package signal

// Step is a step of the funnel, in the order in which a person takes them.
type Step string

// The steps of the funnel.
const (
	SignupStarted       Step = "signup_started"
	TenantProvisioned   Step = "tenant_provisioned"
	InvitationCreated   Step = "invitation_created"
	InvitationAccepted  Step = "invitation_accepted"
	ActivationCompleted Step = "activation_completed"
)

func steps() []Step {
	return []Step{SignupStarted, TenantProvisioned, InvitationCreated, InvitationAccepted, ActivationCompleted}
}

// SignupOutcome is how one attempt to sign up ended.
type SignupOutcome string

// The outcomes of a signup. The first two are successes: whoever asks cannot
// tell them apart. Invalid, denied and conflict are the caller's doing; the rest
// are ours and count against the success rate.
const (
	SignupAccepted    SignupOutcome = "accepted"
	SignupExisting    SignupOutcome = "existing_account"
	SignupInvalid     SignupOutcome = "invalid"
	SignupDenied      SignupOutcome = "denied"
	SignupConflict    SignupOutcome = "conflict"
	SignupRateLimited SignupOutcome = "rate_limited"
	SignupClosed      SignupOutcome = "closed"
	SignupUnavailable SignupOutcome = "unavailable"
	SignupFailed      SignupOutcome = "failed"
)

func signupOutcomes() []SignupOutcome {
	return []SignupOutcome{
		SignupAccepted, SignupExisting, SignupInvalid, SignupDenied, SignupConflict,
		SignupRateLimited, SignupClosed, SignupUnavailable, SignupFailed,
	}
}

// TokenOutcome is what the validation of a token found. Only logs, traces and
// metrics see the difference; the caller gets one answer for every bad token.
type TokenOutcome string

// The outcomes of a token's validation.
const (
	TokenValid      TokenOutcome = "valid"
	TokenUnknown    TokenOutcome = "unknown"
	TokenExpired    TokenOutcome = "expired"
	TokenReplayed   TokenOutcome = "replayed"
	TokenRevoked    TokenOutcome = "revoked"
	TokenSuperseded TokenOutcome = "superseded"
	TokenRefused    TokenOutcome = "refused" // the token is good; the tenant, the inviter or the account no longer is
	TokenFailed     TokenOutcome = "failed"  // it could not be checked
)

func tokenOutcomes() []TokenOutcome {
	return []TokenOutcome{
		TokenValid, TokenUnknown, TokenExpired, TokenReplayed, TokenRevoked, TokenSuperseded, TokenRefused, TokenFailed,
	}
}

// TokenOutcomeOf turns the true reason of a refusal into an outcome: "" is
// [TokenValid], a reason that it does not know [TokenFailed].
func TokenOutcomeOf(reason string) TokenOutcome {
	switch reason {
	case "":
		return TokenValid
	case "unknown_token":
		return TokenUnknown
	case "expired_token":
		return TokenExpired
	case "replayed_token":
		return TokenReplayed
	case "revoked_token":
		return TokenRevoked
	case "superseded_token":
		return TokenSuperseded
	case "tenant_suspended", "inviter_lost_right", "account_disabled":
		return TokenRefused
	default:
		return TokenFailed
	}
}

// ErrorType is why a step of activation went wrong.
type ErrorType string

// The error types.
const (
	ErrorInvalidToken    ErrorType = "invalid_token"
	ErrorExpiredToken    ErrorType = "expired_token"
	ErrorReplayedToken   ErrorType = "replayed_token"
	ErrorRevokedToken    ErrorType = "revoked_token"
	ErrorSupersededToken ErrorType = "superseded_token"
	ErrorWrongAccount    ErrorType = "wrong_account"
	ErrorDuplicateEmail  ErrorType = "duplicate_email"
	ErrorDBConstraint    ErrorType = "db_constraint"
	ErrorDBUnavailable   ErrorType = "db_unavailable"
	ErrorHookDenied      ErrorType = "hook_denied"
	ErrorHookFailed      ErrorType = "hook_failed"
	ErrorValidation      ErrorType = "validation_failed"
	ErrorRateLimited     ErrorType = "rate_limited"
	ErrorHashQueue       ErrorType = "hash_queue_full"
	ErrorInternal        ErrorType = "internal"
	ErrorOther           ErrorType = "other"
)

func errorTypes() []ErrorType {
	return []ErrorType{
		ErrorInvalidToken, ErrorExpiredToken, ErrorReplayedToken, ErrorRevokedToken, ErrorSupersededToken,
		ErrorWrongAccount, ErrorDuplicateEmail, ErrorDBConstraint, ErrorDBUnavailable, ErrorHookDenied,
		ErrorHookFailed, ErrorValidation, ErrorRateLimited, ErrorHashQueue, ErrorInternal, ErrorOther,
	}
}

// QueueState is a state of a mail in the queue.
type QueueState string

// The states of the mail queue.
const (
	QueueReady     QueueState = "ready"     // may be sent now
	QueueRunning   QueueState = "running"   // is being sent
	QueueRetrying  QueueState = "retrying"  // failed, waits for the next attempt
	QueueScheduled QueueState = "scheduled" // is to be sent later
	QueueDead      QueueState = "dead"      // given up; needs an operator
)

func queueStates() []QueueState {
	return []QueueState{QueueReady, QueueRunning, QueueRetrying, QueueScheduled, QueueDead}
}

// ShutReason is why a provider is given no mails.
type ShutReason string

// The reasons.
const (
	ShutDown    ShutReason = "down"    // it takes no mail, and may by itself again
	ShutRefused ShutReason = "refused" // it refuses us: credentials or configuration, which somebody has to put right
)

func shutReasons() []ShutReason { return []ShutReason{ShutDown, ShutRefused} }

// WorkerState is what a number of mail workers are.
type WorkerState string

// The states.
const (
	WorkerBusy    WorkerState = "busy"    // mails under way
	WorkerAllowed WorkerState = "allowed" // the most that may be, as the backlog is now
)

func workerStates() []WorkerState { return []WorkerState{WorkerBusy, WorkerAllowed} }

// SendOutcome is how one attempt to hand a mail to a provider ended.
type SendOutcome string

// The outcomes of sending.
const (
	SendAccepted  SendOutcome = "accepted"
	SendTemporary SendOutcome = "temporary_failure" // tried again later
	SendPermanent SendOutcome = "permanent_failure" // this address will not take it
	SendSkipped   SendOutcome = "skipped"           // revoked, expired or superseded meanwhile
)

func sendOutcomes() []SendOutcome {
	return []SendOutcome{SendAccepted, SendTemporary, SendPermanent, SendSkipped}
}

// ReportStatus is what a provider reported of a mail, or why that changed nothing.
type ReportStatus string

// The statuses of reports. Only those that changed something are counted under theirs.
const (
	ReportDeferred   ReportStatus = "deferred"
	ReportDelivered  ReportStatus = "delivered"
	ReportBounced    ReportStatus = "bounced"
	ReportComplained ReportStatus = "complained"
	ReportRepeated   ReportStatus = "repeated" // the mail was there already, or further
	ReportUnknown    ReportStatus = "unknown"  // no mail of that name went through the provider
	ReportRejected   ReportStatus = "rejected" // the whole callback: denied, or its plugin failed
)

func reportStatuses() []ReportStatus {
	return []ReportStatus{
		ReportDeferred, ReportDelivered, ReportBounced, ReportComplained, ReportRepeated, ReportUnknown, ReportRejected,
	}
}

// CallOutcome is how one call of a plugin ended.
type CallOutcome string

// The outcomes of a plugin call. The first two are answers, the rest failures.
const (
	CallContinue CallOutcome = "continue"
	CallDeny     CallOutcome = "deny"
	CallTimeout  CallOutcome = "timeout"
	CallTrap     CallOutcome = "trap"
	CallLimit    CallOutcome = "limit"   // memory, output or log cap
	CallBadReply CallOutcome = "invalid" // an answer that breaks the contract
	CallBusy     CallOutcome = "busy"    // no free instance in time
	CallSkipped  CallOutcome = "skipped" // not made: the breaker of the binding is open
	CallFailed   CallOutcome = "failed"
)

// SwapOutcome is how a change of a plugin's version ended.
type SwapOutcome string

// The outcomes of a swap.
const (
	SwapDone       SwapOutcome = "done"
	SwapRefused    SwapOutcome = "refused" // the new version did not load; nothing changed
	SwapRolledBack SwapOutcome = "rolled_back"
)

func swapOutcomes() []SwapOutcome { return []SwapOutcome{SwapDone, SwapRefused, SwapRolledBack} }

// Result is a plain success or failure.
type Result string

// The results.
const (
	OK     Result = "ok"
	Failed Result = "failed"
)

// Journey is what a synthetic user tries.
type Journey string

// The journeys.
const (
	JourneySignup     Journey = "signup"
	JourneyActivation Journey = "activation"
)

// ClockSource is a clock that this host's clock is compared with.
type ClockSource string

// The sources.
const (
	ClockDatabase ClockSource = "database"
	ClockNTP      ClockSource = "ntp"
)
