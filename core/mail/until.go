package mail

import (
	"strings"
	"time"
)

// until says when a link ends, for people. UTC, because nobody knows where the
// reader is.
func until(locale string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	switch locale {
	case "de":
		return strings.Replace(t.UTC().Format("2. January 2006, 15:04 Uhr (UTC)"), t.UTC().Month().String(), germanMonth(t.UTC().Month()), 1)
	default:
		return t.UTC().Format("2 January 2006, 15:04 UTC")
	}
}

func germanMonth(m time.Month) string {
	switch m {
	case time.January:
		return "Januar"
	case time.February:
		return "Februar"
	case time.March:
		return "März"
	case time.May:
		return "Mai"
	case time.June:
		return "Juni"
	case time.July:
		return "Juli"
	case time.October:
		return "Oktober"
	case time.December:
		return "Dezember"
	default: // April, August, September and November are the same word
		return m.String()
	}
}
