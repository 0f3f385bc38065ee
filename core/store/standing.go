package store

import (
	"github.com/uptrace/bun"

	"github.com/usher-id/usher/core"
)

// standingRow is the newest mail of an invitation, and who opened the link in it. All of
// it is NULL where there is no mail.
type standingRow struct {
	MailDelivery  string       `bun:"mail_delivery"`
	MailProvider  string       `bun:"mail_provider"`
	MailReason    string       `bun:"mail_reason"`
	MailAttempts  int          `bun:"mail_attempts"`
	SentAt        bun.NullTime `bun:"sent_at"`
	DeliveredAt   bun.NullTime `bun:"delivered_at"`
	BouncedAt     bun.NullTime `bun:"bounced_at"`
	OpenedByHuman bool         `bun:"opened_by_human"`
	OpenedFirst   bun.NullTime `bun:"opened_first"`
	OpenedLast    bun.NullTime `bun:"opened_last"`
	OpenedCount   int64        `bun:"opened_count"`
}

const newestMail = `LEFT JOIN LATERAL (
	SELECT m.status, m.delivery, m.provider, m.reason, m.delivery_reason, m.attempts, m.sent_at, m.delivered_at, m.bounced_at, m.token_id, m.token_version
	FROM messages AS m WHERE m.invitation_id = i.id ORDER BY m.created_at DESC, m.id DESC LIMIT 1) AS mail ON true`

// openings counts what persons did if there was one, and otherwise each program once: one that
// runs the page's script has fetched the page before.
const openings = `LEFT JOIN LATERAL (
	SELECT coalesce(bool_or(v.kind = 'person'), false) AS human,
		coalesce(min(v.first_at) FILTER (WHERE v.kind = 'person'), min(v.first_at)) AS first_at,
		coalesce(max(v.last_at) FILTER (WHERE v.kind = 'person'), max(v.last_at)) AS last_at,
		coalesce(max(v.count) FILTER (WHERE v.kind = 'person'), max(v.count), 0) AS count
	FROM link_visits AS v WHERE v.token_id = mail.token_id AND v.token_version = mail.token_version AND v.kind <> 'refused') AS opened ON true`

const standingColumns = `coalesce(nullif(mail.delivery, ''), mail.status, 'pending') AS mail_delivery, coalesce(mail.provider, '') AS mail_provider,
	coalesce(nullif(mail.delivery_reason, ''), mail.reason, '') AS mail_reason, coalesce(mail.attempts, 0) AS mail_attempts,
	mail.sent_at, mail.delivered_at, mail.bounced_at,
	opened.human AS opened_by_human, opened.first_at AS opened_first, opened.last_at AS opened_last, opened.count AS opened_count`

func (r *standingRow) standing() core.MailStanding {
	s := core.MailStanding{
		Status: core.MailStatus(r.MailDelivery), Provider: r.MailProvider, Attempts: r.MailAttempts, Reason: r.MailReason,
		SentAt: utc(r.SentAt), DeliveredAt: utc(r.DeliveredAt), BouncedAt: utc(r.BouncedAt),
	}
	if r.OpenedCount == 0 {
		return s
	}
	s.Opened = core.Opened{By: core.OpenedByScanner, First: utc(r.OpenedFirst), Last: utc(r.OpenedLast), Count: r.OpenedCount}
	if r.OpenedByHuman {
		s.Opened.By = core.OpenedByHuman
	}
	switch core.DeliveryStatus(r.MailDelivery) {
	case core.DeliverySent, core.DeliveryDeferred, core.DeliveryDelivered:
		s.Status = core.MailOpened
	case core.DeliveryPending, core.DeliveryFailed, core.DeliverySkipped, core.DeliveryBounced, core.DeliveryComplained:
	}
	return s
}
