package bounce

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	netmail "net/mail"
	"slices"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // so that a part in any charset is read
	"github.com/emersion/go-message/textproto"
)

// Status is what became of a mail, in the words of its row.
type Status string

// What a report says of a mail.
const (
	Deferred   Status = "deferred"
	Delivered  Status = "delivered"
	Bounced    Status = "bounced"
	Complained Status = "complained"
)

// Report is what a mail says.
type Report struct {
	// Addresses are those that it came to or says the mail was sent from; one of them is the
	// mail's return path.
	Addresses []string
	Status    Status
	Reason    string // in snake_case, such as status_5_1_1; may be empty
}

// ErrNone says that a mail is no report, or says nothing of a mail's fate.
var ErrNone = errors.New("bounce: the mail reports nothing")

// The bounds of what is read.
const (
	maxParts      = 8
	maxGroups     = 64
	maxFieldBytes = 32 << 10 // of a header

	maxStatusBytes = 64 << 10 // of all groups of a part
)

// Parse reads a mail. Its error is [ErrNone], or what cannot be read.
func Parse(raw []byte) (Report, error) {
	entity, err := message.ReadWithOptions(bytes.NewReader(raw), &message.ReadOptions{MaxHeaderBytes: maxFieldBytes})
	if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return Report{}, err
	}
	r := Report{}
	for _, name := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "To"} {
		r.address(entity.Header.Values(name)...)
	}
	kind, _, err := entity.Header.ContentType()
	parts := entity.MultipartReader()
	if err != nil || kind != "multipart/report" || parts == nil {
		return Report{}, ErrNone
	}
	for range maxParts {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			return Report{}, err
		}
		if err := r.read(part); err != nil {
			return Report{}, err
		}
	}
	if r.Status == "" {
		return Report{}, ErrNone
	}
	return r, nil
}

// read takes from a part what it says.
func (r *Report) read(part *message.Entity) error {
	kind, _, _ := part.Header.ContentType()
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		return groups(part.Body, r.deliveryStatus)
	case "message/feedback-report":
		return groups(part.Body, r.feedback)
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers":
		// What came back of the mail. It may end anywhere, which is no fault of the report.
		h, err := textproto.ReadHeader(bufio.NewReader(io.LimitReader(part.Body, maxFieldBytes)))
		if err == nil || errors.Is(err, io.EOF) {
			r.address(h.Values("Return-Path")...)
		}
	}
	return nil
}

// groups reads groups of fields with empty lines between.
func groups(body io.Reader, take func(textproto.Header)) error {
	lines := bufio.NewReader(io.LimitReader(body, maxStatusBytes))
	for range maxGroups {
		h, err := textproto.ReadHeader(lines)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if h.Len() > 0 {
			take(h)
		}
		if _, err := lines.Peek(1); err != nil {
			return nil //nolint:nilerr // the end of the part
		}
	}
	return nil
}

// deliveryStatus takes one group: that of the mail has no Action, each other is of a recipient.
// Ours have one, but its mailbox may have sent the mail on to several: the worst counts.
func (r *Report) deliveryStatus(h textproto.Header) {
	code := statusCode(h.Get("Status"))
	status := Status("")
	switch action, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(h.Get("Action"))), " "); action {
	case "failed":
		status = Bounced // for good, whatever the code: a server that gave up says 4.4.7
	case "delayed":
		status = Deferred
	case "delivered":
		status = Delivered
	case "": // not allowed, and met
		status = map[byte]Status{'5': Bounced, '4': Deferred, '2': Delivered}[(code + " ")[0]]
	}
	worse := []Status{"", Delivered, Deferred, Bounced, Complained}
	if slices.Index(worse, status) <= slices.Index(worse, r.Status) {
		return
	}
	r.Status, r.Reason = status, ""
	if code != "" {
		r.Reason = "status_" + strings.ReplaceAll(code, ".", "_")
	}
}

// feedback takes the fields of a complaint.
func (r *Report) feedback(h textproto.Header) {
	kind := strings.ToLower(strings.TrimSpace(h.Get("Feedback-Type")))
	switch kind {
	case "abuse", "fraud", "virus":
		r.Status, r.Reason = Complained, kind
	}
	r.address(h.Values("Original-Mail-From")...)
}

// statusCode is a status as RFC 3463 has it, "" when it is none.
func statusCode(text string) string {
	code, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	if len(code) < 5 || len(code) > 9 || strings.Count(code, ".") != 2 || strings.Trim(code, "0123456789.") != "" || strings.Contains(code, "..") {
		return ""
	}
	return code
}

// address keeps the addresses of fields.
func (r *Report) address(fields ...string) {
	for _, field := range fields {
		list, err := netmail.ParseAddressList(strings.TrimSpace(field))
		if err != nil {
			continue
		}
		for _, a := range list {
			r.Addresses = append(r.Addresses, a.Address)
		}
	}
}
