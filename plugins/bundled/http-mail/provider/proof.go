package provider

import (
	"errors"
	"strconv"

	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/json"
	"github.com/usher-id/usher/sdk/secret"
	"github.com/usher-id/usher/sdk/tracker"
)

// How a callback proves that it comes from the provider; config.callback_proof.
const (
	proofBasic   = "basic"   // the token is the password of Basic authentication
	proofToken   = "token"   // the token is in a header
	proofBody    = "body"    // a header has the HMAC of the body
	proofPayload = "payload" // the payload has an HMAC of its own, in the flavour's way
)

// tokenText is what the token is the HMAC of, under the secret: so no plugin needs to see what
// a callback must bring, and the host compares it.
const tokenText = "usher-callbacks"

// defaultMaxAge is how old a signed payload may be, in seconds: providers try again for hours.
const defaultMaxAge = 12 * 3600

// genuine tells whether a callback comes from the provider.
func (f *flavour) genuine(call *sdk.Call, c tracker.Callback) (bool, error) {
	header := c.Headers[call.ConfigText("callback_header", "x-usher-callback")]
	switch call.ConfigText("callback_proof", f.proof) {
	case proofBasic:
		return secret.Verify(call, secretCallbacks, tokenText, password(c.Headers["authorization"]))
	case proofToken:
		return secret.Verify(call, secretCallbacks, tokenText, header)
	case proofBody:
		return secret.Verify(call, secretCallbacks, c.Body, header)
	case proofPayload:
		return f.signed(call, c.Body)
	}
	return false, errors.New("config.callback_proof is none of basic, token, body, payload")
}

// signed tells whether a payload has its signature, and is fresh enough.
func (f *flavour) signed(call *sdk.Call, body string) (bool, error) {
	e := f.events
	if len(e.signature) == 0 {
		return false, errors.New("config.callback_proof: this flavour signs no payload")
	}
	at := json.Text(body, e.signedTime...)
	ok, err := secret.Verify(call, secretCallbacks, at+json.Text(body, e.signedRest...), json.Text(body, e.signature...))
	return ok && fresh(call, at), err
}

// fresh tells whether a time, in seconds since 1970, is not too long ago.
func fresh(call *sdk.Call, at string) bool {
	most := call.ConfigNumber("callback_max_age_s", defaultMaxAge)
	signed, err := strconv.ParseInt(at, 10, 64)
	return most == 0 || err == nil && signed >= call.NowMS()/1000-most
}

// password is that of Basic authentication (RFC 7617); empty when there is none.
func password(authorization string) string {
	const scheme = "Basic "
	if len(authorization) < len(scheme) || authorization[:len(scheme)] != scheme {
		return ""
	}
	pair, ok := fromBase64(authorization[len(scheme):])
	for i := range len(pair) {
		if ok && pair[i] == ':' {
			return pair[i+1:]
		}
	}
	return ""
}
