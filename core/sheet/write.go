package sheet

import (
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-id/usher/core"
)

// Write writes rows with what became of them, to be put right and read again. A value that a
// spreadsheet program would take for a formula has an apostrophe before it, which [Read] takes
// away again (OWASP, CSV injection).
func Write(rows []core.BulkRow) ([]byte, error) {
	var keys []string
	for _, r := range rows {
		for key := range r.Metadata {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	var out strings.Builder
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	record := []string{columnLine, columnEmail, columnRole, columnLocale, columnRedirect}
	for _, key := range keys {
		record = append(record, guarded(prefixMetadata+key))
	}
	record = append(record, columnCode, columnMessage)
	for i := -1; i < len(rows); i++ {
		if i >= 0 {
			record = fieldsOf(rows[i], keys)
		}
		if err := w.Write(record); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return []byte(out.String()), w.Error()
}

func fieldsOf(r core.BulkRow, keys []string) []string {
	record := []string{strconv.Itoa(r.Line), guarded(r.Email), guarded(string(r.Role)), guarded(r.Locale), guarded(r.RedirectURL)}
	for _, key := range keys {
		record = append(record, guarded(r.Metadata[key]))
	}
	return append(record, guarded(r.Code), guarded(r.Message))
}

// formula are the first characters of what a spreadsheet program may take for one.
const formula = "=+-@\t\r\n"

func guarded(s string) string {
	if s != "" && strings.ContainsRune(formula, rune(s[0])) {
		return "'" + s
	}
	return s
}

func unguarded(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune(formula, rune(s[1])) {
		return s[1:]
	}
	return s
}
