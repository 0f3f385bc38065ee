package bounce_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/usher-id/usher/core/mail/bounce"
)

const own = "bounces+abc@example.com"

// report is one with a part of the kind, which says the fields.
func report(kind, fields string) string {
	return strings.ReplaceAll("From: <mailer-daemon@example.org>\nTo: <"+own+">\nMIME-Version: 1.0\n"+
		"Content-Type: multipart/report; report-type=any; boundary=x\n\n--x\nContent-Type: text/plain\n\nSorry.\n--x\nContent-Type: "+kind+"\n\n"+
		fields+"\n--x\nContent-Type: text/rfc822-headers\n\nReturn-Path: <bounces+def@example.com>\nSubject: Hi\n\n--x--\n", "\n", "\r\n")
}

func status(fields string) string {
	return report("message/delivery-status", "Reporting-MTA: dns; mx.example.org\n\n"+fields)
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, mail string
		status     bounce.Status
		reason     string
	}{
		{"failed", status("Action: failed\nFinal-Recipient: rfc822; a@b\nStatus: 5.1.1 (no such user)\n"), bounce.Bounced, "status_5_1_1"},
		{"given up", status("Action: failed\nStatus: 4.4.7\n"), bounce.Bounced, "status_4_4_7"},
		{"late", status("Action: delayed\nStatus: 4.2.2\n"), bounce.Deferred, "status_4_2_2"},
		{"there", status("Action: Delivered\nStatus: 2.0.0\n"), bounce.Delivered, "status_2_0_0"},
		{"by its code", status("Status: 5.7.1\n"), bounce.Bounced, "status_5_7_1"},
		{"the worst of several", status("Action: delivered\nStatus: 2.0.0\n\nAction: failed\nStatus: 5.2.1\n\nAction: delayed\nStatus: 4.0.0\n"), bounce.Bounced, "status_5_2_1"},
		{"words for a code", status("Action: failed\nStatus: a@example.com\n"), bounce.Bounced, ""},
		{"a complaint", report("message/feedback-report", "Feedback-Type: abuse\nVersion: 1\n"), bounce.Complained, "abuse"},
		{"handed on", status("Action: relayed\nStatus: 2.0.0\n"), "", ""},
		{"no complaint", report("message/feedback-report", "Feedback-Type: not-spam\n"), "", ""},
		{"an answer", "To: <" + own + ">\r\nSubject: away\r\n\r\nUntil Monday.\r\n", "", ""},
		{"nothing", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := bounce.Parse([]byte(tt.mail))
			if r.Status != tt.status || r.Reason != tt.reason || (err == nil) != (tt.status != "") {
				t.Errorf("got %+v, %v", r, err)
			}
			if err == nil && !slices.Equal(r.Addresses, []string{own, "bounces+def@example.com"}) {
				t.Errorf("addresses %q", r.Addresses)
			}
		})
	}
	r, err := bounce.Parse([]byte(report("message/feedback-report", "Feedback-Type: abuse\nOriginal-Mail-From: <bounces+ghi@example.com>\n")))
	if err != nil || !slices.Contains(r.Addresses, "bounces+ghi@example.com") {
		t.Errorf("a complaint: %+v, %v", r, err)
	}
}

// FuzzParse reads anything without falling over, and keeps to its words.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", status("Action: failed\nStatus: 5.1.1\n"), report("message/feedback-report", "Feedback-Type: abuse\n")} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := bounce.Parse(raw)
		if err == nil && r.Status == "" || strings.Trim(r.Reason, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
			t.Errorf("%+v, %v", r, err)
		}
		if err != nil && errors.Is(err, bounce.ErrNone) && r.Status != "" {
			t.Errorf("nothing, and %+v", r)
		}
	})
}
