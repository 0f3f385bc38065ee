package dkim

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// Headers are the fields that are signed unless a key names others: what a reader sees or
// a reader's program acts on. Each is named once more than it is there, so that nobody adds another.
func Headers() []string {
	return []string{
		"Subject", "Date", "To", "Cc", "Reply-To", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
		"Content-Language", "Auto-Submitted",
	}
}

// Signer signs with the keys of the sender's domain. It is immutable; a nil one signs nothing.
type Signer struct{ keys []*Key }

// NewSigner takes the keys; those of one domain all sign, in this order.
func NewSigner(keys []*Key) *Signer { return &Signer{keys} }

// Sign gives the fields that belong before a mail, "" when there is no key for its sender.
// content is the mail with CRLF at the end of every line.
func (s *Signer) Sign(content []byte, sender string, at time.Time) (string, error) {
	if s == nil {
		return "", nil
	}
	var fields strings.Builder
	var body, header []byte
	for _, k := range s.keys {
		if !k.signsFor(sender) {
			continue
		}
		if body == nil {
			head, rest, _ := bytes.Cut(content, []byte("\r\n\r\n"))
			sum := sha256.Sum256(relaxedBody(rest))
			body, header = sum[:], head
		}
		field, err := k.sign(header, body, at)
		if err != nil {
			return "", fmt.Errorf("sign for %s: %w", k.domain, err)
		}
		fields.WriteString(field)
	}
	return fields.String(), nil
}

// signsFor tells whether the sender's domain is the key's or lies below it, which is what
// DMARC calls aligned (RFC 7489 §3.1.1).
func (k *Key) signsFor(sender string) bool {
	domain := strings.ToLower(sender[strings.LastIndexByte(sender, '@')+1:])
	return domain == k.domain || strings.HasSuffix(domain, "."+k.domain)
}

func (k *Key) sign(header, body []byte, at time.Time) (string, error) {
	var signed []byte
	there := fieldsOf(header)
	var names []string
	for _, name := range append([]string{"From"}, k.headers...) {
		names = append(names, name)
		if value, ok := there[strings.ToLower(name)]; ok {
			signed = relaxedField(signed, name, value)
			signed = append(signed, "\r\n"...)
			names = append(names, name)
		}
	}
	value := fmt.Sprintf(" v=1; a=%s-sha256; c=relaxed/relaxed; d=%s; s=%s;\r\n\tt=%d; h=%s;\r\n\tbh=%s;\r\n\tb=",
		k.kind, k.domain, k.selector, at.Unix(), folded(names, ":"), base64.StdEncoding.EncodeToString(body))
	signed = relaxedField(signed, fieldName, []byte(value))
	sum := sha256.Sum256(signed)
	hash := crypto.SHA256
	if k.kind == Ed25519 {
		hash = crypto.Hash(0) // it signs the sum as a message (RFC 8463 §3)
	}
	signature, err := k.signer.Sign(rand.Reader, sum[:], hash)
	if err != nil {
		return "", err
	}
	return fieldName + ":" + value + wrapped(base64.StdEncoding.EncodeToString(signature)) + "\r\n", nil
}

const fieldName = "DKIM-Signature"

// lineMost is how long a line of a field gets.
const lineMost = 72

// folded joins words into lines.
func folded(words []string, separator string) string {
	var b strings.Builder
	line := lineMost / 2 // what stands before
	for i, word := range words {
		if i > 0 {
			b.WriteString(separator)
		}
		if line += len(word) + 1; line > lineMost {
			b.WriteString("\r\n\t")
			line = len(word) + 1
		}
		b.WriteString(word)
	}
	return b.String()
}

func wrapped(text string) string {
	var b strings.Builder
	for len(text) > lineMost {
		b.WriteString(text[:lineMost] + "\r\n\t")
		text = text[lineMost:]
	}
	return b.String() + text
}
