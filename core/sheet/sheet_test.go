package sheet_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/sheet"
)

func said(rows []core.BulkRow) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%d|%s|%s|%s|%s|%v|%s\n", r.Line, r.Email, r.Role, r.Locale, r.RedirectURL, r.Metadata, r.Code)
	}
	return b.String()
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"one column":        {"email\na@example.com", "2|a@example.com||||map[]|\n"},
		"BOM and CRLF":      {"\ufeffemail,role\r\na@example.com,admin\r\n", "2|a@example.com|admin|||map[]|\n"},
		"any order, case":   {"Role, EMAIL\nADMIN, a@example.com \n", "2|a@example.com|admin|||map[]|\n"},
		"metadata":          {"email,metadata.Team,metadata.n\na@example.com,x,\n", "2|a@example.com||||map[Team:x]|\n"},
		"quotes":            {"email,metadata.t\na@example.com,\"x, \"\"y\"\"\r\nz\"\nb@example.com,1\n", "2|a@example.com||||map[t:x, \"y\"\nz]|\n4|b@example.com||||map[t:1]|\n"},
		"semicolons":        {"email;role\na@example.com;admin\n", "2|a@example.com|admin|||map[]|\n"},
		"tabs":              {"email\tlocale\na@example.com\tde\n", "2|a@example.com||de||map[]|\n"},
		"empty lines":       {"\nemail\n\n\na@example.com\n\n", "5|a@example.com||||map[]|\n"},
		"too short":         {"email,role\na@example.com\nb@example.com,admin\n", "2|a@example.com||||map[]|wrong_number_of_fields\n3|b@example.com|admin|||map[]|\n"},
		"too long":          {"email\na@example.com,admin\n", "2|a@example.com||||map[]|wrong_number_of_fields\n"},
		"header only":       {"email\n", ""},
		"sent back":         {"line,email,role,locale,redirect_url,metadata.tel,code,message\n7,a@example.com,member,,,'+49 30,invalid,No.\n", "2|a@example.com|member|||map[tel:+49 30]|\n"},
		"apostrophe alone":  {"email\no'neil@example.com\n", "2|o'neil@example.com||||map[]|\n"},
		"more than is read": {"email\n" + strings.Repeat("a@example.com\n", 50), strings.Repeat("%", 11)},
	} {
		rows, err := sheet.Read(tt.text, 10)
		if strings.HasPrefix(tt.want, "%") {
			if len(rows) != len(tt.want) || err != nil {
				t.Errorf("%s: %d rows, %v", name, len(rows), err)
			}
			continue
		}
		if got := said(rows); got != tt.want || err != nil {
			t.Errorf("%s: read\n%s%v, want\n%s", name, got, err, tt.want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for code, tt := range map[string]struct{ text, at string }{
		"no_header":        {"", "first line names the columns"},
		"unknown_column":   {"email,rolle\n", `Line 1, column 7: there is no column "rolle"`},
		"duplicate_column": {"email,role, ROLE\n", "Line 1, column 12"},
		"no_email_column":  {"role\nadmin\n", "email"},
		"not_utf8":         {"email\n\xff\xfea\n", "Line 2 is not UTF-8"},
		"malformed_csv":    {"email,role\na@example.com,\"admin\nb@example.com,\n", "Line "},
	} {
		_, err := sheet.Read(tt.text, 10)
		if core.CodeOf(err) != core.MalformedRequest || core.ReasonOf(err) != code || !strings.Contains(err.Error(), tt.at) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestWriteNeutralisesFormulas opens nothing in a spreadsheet program that it would compute.
func TestWriteNeutralisesFormulas(t *testing.T) {
	t.Parallel()
	row := core.BulkRow{
		Line: 3, Email: `=HYPERLINK("http://evil.example.com","x")`, Role: "+1", Locale: "-1", RedirectURL: "@SUM(1)",
		Metadata: map[string]string{"tel": "+49 30", "tab": "\tx"}, Code: "invalid", Message: "=1+1",
	}
	text, err := sheet.Write([]core.BulkRow{row, {Line: 4, Email: "b@example.com"}})
	want := "line,email,role,locale,redirect_url,metadata.tab,metadata.tel,code,message\r\n" +
		"3,\"'=HYPERLINK(\"\"http://evil.example.com\"\",\"\"x\"\")\",'+1,'-1,'@SUM(1),'\tx,'+49 30,invalid,'=1+1\r\n4,b@example.com,,,,,,,\r\n"
	if string(text) != want || err != nil {
		t.Errorf("wrote\n%s%v, want\n%s", text, err, want)
	}
	rows, err := sheet.Read(string(text), 10)
	if err != nil || len(rows) != 2 || rows[0].Email != row.Email || rows[0].Metadata["tel"] != "+49 30" {
		t.Errorf("read again: %+v, %v", rows, err)
	}
}

// FuzzRead: whatever comes is refused in words of ours or read within bounds; and what is read and
// written has no formula in it and reads the same again.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"email\na@example.com", "\ufeffemail;metadata.x\r\n\"a\"\"b\";=1\r\n", "email,role\n\"", "email\t\n\n,", "line,email\n1,'=x\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := sheet.Read(text, 20)
		if err != nil {
			if core.CodeOf(err) != core.MalformedRequest {
				t.Fatal(err)
			}
			return
		}
		if len(rows) > 21 {
			t.Fatalf("%d rows", len(rows))
		}
		written, err := sheet.Write(rows)
		if err != nil {
			t.Fatal(err)
		}
		again, err := sheet.Read(string(written), 20)
		if err != nil || len(again) != len(rows) {
			t.Fatalf("%q was written as %q, which reads as %d rows, %v", text, written, len(again), err)
		}
		for i, r := range again {
			if strings.ContainsAny(rows[i].Email, "\r\n") || len(rows[i].Metadata) > 0 { // a line break is written as the format has it
				continue
			}
			if r.Email != rows[i].Email || r.Role != rows[i].Role || !maps.Equal(r.Metadata, rows[i].Metadata) {
				t.Fatalf("%q: %+v became %+v", text, rows[i], r)
			}
		}
	})
}
