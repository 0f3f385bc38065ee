package mail

import (
	"fmt"
	"time"
)

// calendars write the day of a date in each language, which the library for languages does not.
var calendars = map[string]func(time.Time) string{
	"en": func(t time.Time) string { return t.Format("2 January 2006, 15:04 UTC") },
	"de": func(t time.Time) string {
		return fmt.Sprintf("%d. %s %d, %s Uhr (UTC)", t.Day(), germanMonths[t.Month()-1], t.Year(), clock(t))
	},
	"es": func(t time.Time) string {
		return fmt.Sprintf("%d de %s de %d, %s (UTC)", t.Day(), spanishMonths[t.Month()-1], t.Year(), clock(t))
	},
	"fr": func(t time.Time) string {
		day := fmt.Sprint(t.Day())
		if t.Day() == 1 {
			day = "1er"
		}
		return fmt.Sprintf("%s %s %d à %s (UTC)", day, frenchMonths[t.Month()-1], t.Year(), clock(t))
	},
	"ja": func(t time.Time) string { return t.Format("2006年1月2日15:04（UTC）") },
}

var (
	germanMonths = [...]string{
		"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
	}
	spanishMonths = [...]string{
		"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
	}
	frenchMonths = [...]string{
		"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
	}
)

func clock(t time.Time) string { return t.Format("15:04") }

// until says when a link ends, for people. UTC, because nobody knows where the
// reader is.
func until(locale string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return calendars[locale](t.UTC())
}
