package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/usher-id/usher/core"
)

// Headers of a delivery (Standard Webhooks 1.0).
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

const (
	secretPrefix = "whsec_"
	secretBytes  = 32
)

// newSecret makes a secret, and how it is shown, once.
func newSecret() (raw []byte, shown core.Secret) {
	raw = make([]byte, secretBytes)
	rand.Read(raw)
	return raw, core.Secret(secretPrefix + base64.StdEncoding.EncodeToString(raw))
}

// sealLabel binds a sealed secret to its endpoint.
func sealLabel(id core.ID) string { return "webhooks/" + id.String() }

// sign gives the headers that prove a body: a signature with each secret, the newest first.
func sign(secrets [][]byte, id string, at time.Time, body []byte) map[string]string {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	var signatures []string
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		_, _ = fmt.Fprintf(mac, "%s.%s.", id, timestamp)
		_, _ = mac.Write(body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return map[string]string{headerID: id, headerTimestamp: timestamp, headerSignature: strings.Join(signatures, " ")}
}
