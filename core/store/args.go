package store

import (
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-id/usher/core"
)

// uuid and nullable hand an id to pgx in the form that it encodes without a detour.
func uuid(id core.ID) [16]byte { return id }

func nullable(id core.ID) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: !id.IsZero()} }

// into lets pgx scan a uuid that is never NULL straight into an id.
func into(id *core.ID) *[16]byte { return (*[16]byte)(id) }

// maybe reads a timestamp that may be NULL; NULL is the zero time.
func maybe(t pgtype.Timestamptz) time.Time {
	if !t.Valid {
		return time.Time{}
	}
	return t.Time.UTC()
}

// jsonMap gives a jsonb column an object even where there is nothing to say.
func jsonMap(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// verdicts is NULL where no plugin was asked.
func verdicts(said []core.HookVerdict) any {
	if len(said) == 0 {
		return nil
	}
	return said
}

// domain is what follows the last @ of an address that was cleaned before it was stored.
func domain(email string) string {
	return email[strings.LastIndexByte(email, '@')+1:]
}
