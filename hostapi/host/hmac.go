package host

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/usher-id/usher/hostapi"
)

// hmac answers with the HMAC-SHA-256 (RFC 2104) of a message, or compares.
func (c *Capabilities) hmac(_ context.Context, _ *Call, q hostapi.HMACRequest) (a hostapi.HMACResult, no *refusal) {
	secret, no := c.grant.secret(q.Secret)
	if no != nil {
		return a, no
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(q.Message))
	sum := mac.Sum(nil)
	if q.Expect == "" {
		return hostapi.HMACResult{HMAC: hex.EncodeToString(sum)}, nil
	}
	expected, err := hex.DecodeString(q.Expect)
	return hostapi.HMACResult{Equal: err == nil && hmac.Equal(sum, expected)}, nil
}

// secret finds the value of a secret that the guest names.
func (g Grant) secret(name string) (Secret, *refusal) {
	s, ok := g.Secrets[name]
	if !ok {
		return "", denied(hostapi.ReasonNotGranted, fmt.Sprintf("there is no secret %q for this plugin", name))
	}
	return s, nil
}
