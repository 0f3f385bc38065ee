package sheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/usher-id/usher/core"
)

// The columns. Those of what became of a row are read over, so that a list of failed rows can be
// put right and sent again.
const (
	columnEmail    = "email"
	columnRole     = "role"
	columnLocale   = "locale"
	columnRedirect = "redirect_url"
	prefixMetadata = "metadata."
	columnLine     = "line"
	columnCode     = "code"
	columnMessage  = "message"
)

// Read reads a list. The first row names the columns: email, role, locale, redirect_url and
// metadata.KEY, in any order; email must be there. Columns are separated by commas, or by
// semicolons or tabs when the first row has these and no comma. An empty field says nothing.
// A row with too few or too many fields has that as its problem; what cannot be read at all is
// a [core.ValidationFailed] or [core.MalformedRequest] that names line and column. At most one
// row more than most is read.
func Read(text string, most int) ([]core.BulkRow, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	if err := readable(text); err != nil {
		return nil, err
	}
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, reader.FieldsPerRecord, reader.ReuseRecord = separator(text), -1, true
	names, err := header(reader)
	if err != nil {
		return nil, err
	}
	var rows []core.BulkRow
	for len(rows) <= most {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, malformed(err)
		}
		line, _ := reader.FieldPos(0)
		rows = append(rows, row(names, record, line))
	}
	return rows, nil
}

// readable refuses what a spreadsheet program saves in another encoding.
func readable(text string) error {
	line := 1
	for part := range strings.Lines(text) {
		if !utf8.ValidString(part) || strings.ContainsRune(part, 0) {
			return unreadable("not_utf8", fmt.Sprintf("Line %d is not UTF-8 text. Save the file as CSV in UTF-8.", line))
		}
		line++
	}
	return nil
}

func separator(text string) rune {
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	for _, r := range ",;\t" {
		if strings.ContainsRune(first, r) {
			return r
		}
	}
	return ','
}

func header(reader *csv.Reader) ([]string, error) {
	record, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, unreadable("no_header", "The list is empty. Its first line names the columns: email, role, locale, redirect_url, metadata.KEY.")
	}
	if err != nil {
		return nil, malformed(err)
	}
	names := make([]string, len(record))
	seen := map[string]bool{}
	for i, given := range record {
		line, column := reader.FieldPos(i)
		name := strings.TrimSpace(given)
		if key, is := cutPrefixFold(name, prefixMetadata); is {
			name = prefixMetadata + key
		} else {
			name = strings.ToLower(name)
		}
		at := fmt.Sprintf("Line %d, column %d", line, column)
		switch {
		case !known(name):
			return nil, unreadable("unknown_column", fmt.Sprintf("%s: there is no column %q. The columns are email, role, locale, redirect_url and metadata.KEY.", at, clipped(name)))
		case seen[name]:
			return nil, unreadable("duplicate_column", fmt.Sprintf("%s: the column %q is there twice.", at, clipped(name)))
		}
		seen[name], names[i] = true, name
	}
	if !seen[columnEmail] {
		return nil, unreadable("no_email_column", "The first line names the columns, and none of them is email.")
	}
	return names, nil
}

func known(name string) bool {
	switch name {
	case columnEmail, columnRole, columnLocale, columnRedirect, columnLine, columnCode, columnMessage:
		return true
	}
	return strings.HasPrefix(name, prefixMetadata) && name != prefixMetadata
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func row(names, record []string, line int) core.BulkRow {
	r := core.BulkRow{Line: line}
	if len(record) != len(names) {
		r.Code, r.Message = "wrong_number_of_fields", fmt.Sprintf("Line %d has %d fields, and the first line names %d columns.", line, len(record), len(names))
	}
	for i, value := range record {
		if i == len(names) {
			break
		}
		switch value = unguarded(strings.TrimSpace(value)); names[i] {
		case columnEmail:
			r.Email = value
		case columnRole:
			r.Role = core.Role(strings.ToLower(value))
		case columnLocale:
			r.Locale = value
		case columnRedirect:
			r.RedirectURL = value
		case columnLine, columnCode, columnMessage:
		default:
			if value == "" {
				continue
			}
			if r.Metadata == nil {
				r.Metadata = map[string]string{}
			}
			r.Metadata[strings.TrimPrefix(names[i], prefixMetadata)] = value
		}
	}
	return r
}

// malformed says where quotes do not match. The words of the library are not quoted: they do
// not say what to do.
func malformed(err error) error {
	if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
		return unreadable("malformed_csv", fmt.Sprintf("Line %d, column %d: the quotes do not match. A field with a quote, a comma or a line break stands in quotes, and a quote in it is doubled.", wrong.Line, wrong.Column))
	}
	return unreadable("malformed_csv", "The list cannot be read as CSV.")
}

func unreadable(code, message string) error {
	e := core.E(core.MalformedRequest, message).Because(code)
	e.Fields = []core.FieldError{{Field: "rows", Code: code, Message: message}}
	return e
}

func clipped(name string) string {
	const most = 60
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return name
}
