package core

import "time"

// The bounds of a list of invitations.
const (
	MaxBulkRows     = 10_000
	MaxBulkProblems = 1_000 // that one answer lists; all are counted
)

// What is said of an address that need not be invited.
const (
	SayMember  = "This address already belongs to a member."
	SayPending = "This address already has a pending invitation. Resend or revoke that one."
)

// BulkJobKind is the kind of the job that works a list of invitations off; its arguments are a
// [BulkJob]. It waits behind whatever else the workers do.
const (
	BulkJobKind     = "bulk_invitation"
	BulkJobQueue    = "bulk"
	BulkJobPriority = 4
)

// BulkJob names one run over a list. Who resumes a list begins the next run; the one before
// finds that it is no longer the list's, and ends.
type BulkJob struct {
	BulkID ID  `json:"bulk_id"`
	Run    int `json:"run"`
}

// BulkAttempt is one try at a run.
type BulkAttempt struct {
	BulkJob

	Last bool // no other try follows a failure
}

// BulkStatus is where a list of invitations stands.
type BulkStatus string

// The statuses of a list. A done one, too, may be retried.
const (
	BulkQueued    BulkStatus = "queued"
	BulkRunning   BulkStatus = "running"
	BulkPaused    BulkStatus = "paused"
	BulkDone      BulkStatus = "done"
	BulkCancelled BulkStatus = "cancelled"
)

// BulkRowStatus is what became of one row of a list.
type BulkRowStatus string

// The statuses of a row. A duplicate is no failure: the address is in the list before, is
// invited, or belongs already.
const (
	BulkRowPending   BulkRowStatus = "pending"
	BulkRowInvited   BulkRowStatus = "invited"
	BulkRowDuplicate BulkRowStatus = "duplicate"
	BulkRowDenied    BulkRowStatus = "denied" // by a plugin
	BulkRowFailed    BulkRowStatus = "failed"
)

// BulkRow is one row of a list, as it was given and with what became of it.
type BulkRow struct {
	Line         int // of the file where the row begins; the place in a JSON list; from 1
	Address      Address
	Email        string // as given
	Role         Role
	Locale       string
	Metadata     map[string]string
	RedirectURL  string
	Status       BulkRowStatus
	Valid        bool   // trying it again may help
	Field        string // what Code and Message are about; empty for the whole row
	Code         string
	Message      string
	InvitationID ID // zero until invited
}

// BulkProblem says what is wrong with a row, or why it is a duplicate.
type BulkProblem struct {
	Line    int    `json:"line" doc:"The line of the file where the row begins, or the row's place in the list; from 1."`
	Field   string `json:"field,omitzero" doc:"Left out when the whole row is meant."`
	Code    string `json:"code" doc:"Stable and for programs."`
	Message string `json:"message"`
}

// BulkCounts are the rows of a list by what became of them.
type BulkCounts struct {
	Rows      int
	Pending   int
	Invited   int
	Duplicate int
	Denied    int
	Failed    int
}

// Bulk is a list of invitations that is worked off in the background.
type Bulk struct {
	ID         ID
	TenantID   ID
	ActorID    ID // in whose name the invitations go: who began it, or resumed it last
	Status     BulkStatus
	Reason     string // why it was paused, when nobody asked for that
	Counts     BulkCounts
	Life       time.Duration // of each invitation
	CreatedAt  time.Time
	UpdatedAt  time.Time
	FinishedAt time.Time // zero before
}

// BulkStart is everything that accepting a list commits.
type BulkStart struct {
	Bulk        Bulk
	Actor       Actor
	Rows        []BulkRow
	Traceparent string
	Idempotency Idempotency
}

// BulkBatch is what is to be done next of a list.
type BulkBatch struct {
	Bulk        Bulk
	Rows        []BulkRow
	InviterRole Role // of now
	Allowed     bool // whoever began it may still invite
}

// BulkOutcome is what a batch commits of one row: an invitation, or else what the row says.
type BulkOutcome struct {
	Row    BulkRow
	Invite Invite // when the row is pending still
}

// BulkAction is what may be done to a list.
type BulkAction string

// The actions.
const (
	BulkPause  BulkAction = "pause"
	BulkResume BulkAction = "resume"
	BulkCancel BulkAction = "cancel"
	BulkRetry  BulkAction = "retry"
)

// BulkRowFilter selects a page of a list's rows. Zero fields do not select.
type BulkRowFilter struct {
	Statuses []BulkRowStatus
	Limit    int
	Cursor   string
}
