package store

import (
	"strconv"

	"github.com/usher-id/usher/core"
)

// mailJob writes the job of the row that the CTE "message" returned, as the
// job library would write it (River v0.51: every column that is not named here
// has the default that its client writes too; a test in package job compares the
// two). Writing it here keeps a use case at one statement. No NOTIFY: its lock
// would make all commits wait for each other; package job wakes the workers afterwards.
// The priority is [core.MailPrioritySingle] or [core.MailPriorityBulk].
func mailJob(metadata string, priority int) string {
	return `job AS (
	INSERT INTO river_job (args, kind, metadata, priority, queue)
	SELECT jsonb_build_object('message_id', message.id), '` + core.MailJobKind + `', ` + metadata + `::jsonb, ` + strconv.Itoa(priority) + `, '` + core.MailJobQueue + `'
	FROM message)`
}

// jobMetadata carries the trace of the request in the job's row, so that the mail is part
// of its story.
func jobMetadata(traceparent string) []byte {
	if traceparent == "" {
		return []byte("{}")
	}
	return []byte(`{"traceparent":"` + traceparent + `"}`)
}

// InsertMailJob is the statement behind every mail job, for the test that holds it
// against the job library's own: $1 is the message's id, $2 the job's metadata.
func InsertMailJob(priority int) string {
	return `WITH message AS (SELECT $1::uuid AS id), ` + mailJob("$2", priority) + ` SELECT id FROM message`
}
