package store

import (
	"encoding/base64"
	"encoding/json"

	"github.com/usher-id/usher/core"
)

// A cursor is opaque to callers and nothing but data to the store: it is parsed into
// its type before it comes near a query.
func writeCursor[T any](at T) string {
	b, err := json.Marshal(at)
	if err != nil {
		return "" // ids and numbers always marshal
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readCursor[T any](cursor string) (T, error) {
	var at T
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &at)
	}
	if err != nil {
		return at, badCursor()
	}
	return at, nil
}

func badCursor() error {
	return core.Invalid(core.FieldError{Field: "cursor", Code: "invalid", Message: "Use next_cursor of the page before, unchanged."})
}
