package identity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/usher-id/usher/core"
)

// claims are those of an access token (RFC 9068, without a client: the audience is
// the product that embeds Usher).
type claims struct {
	jwt.Claims
	TenantID  core.ID   `json:"tenant_id,omitzero"`
	Role      core.Role `json:"role,omitempty"`
	SessionID core.ID   `json:"sid"`
}

// extended are claims with what plugins add, each below its own name. Nothing here reads that.
type extended struct {
	claims
	Ext json.RawMessage `json:"ext,omitempty"`
}

// sign makes the access token of a session, and remembers it as a good one: what was
// signed here need not be verified here. The size of ext is bounded by package hook.
func (s *Service) sign(state core.SessionState, ext []byte, ttl time.Duration) (core.Secret, error) {
	reading := s.verified.now()
	set, err := s.keys.set()
	if err != nil {
		return "", err
	}
	now := s.Clock.Now()
	expiry := jwt.NewNumericDate(now.Add(ttl))
	payload, err := payloadOf(claims{
		Claims: jwt.Claims{
			Issuer: s.issuer, Subject: state.UserID.String(), Audience: jwt.Audience{s.audience}, ID: core.NewID(now).String(),
			IssuedAt: jwt.NewNumericDate(now), Expiry: expiry,
		},
		TenantID: state.TenantID, Role: state.Role, SessionID: state.ID,
	}, ext)
	if err != nil {
		return "", fmt.Errorf("identity: write the claims: %w", err)
	}
	signed, err := set.active.jws.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("identity: sign an access token: %w", err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("identity: sign an access token: %w", err)
	}
	actor := core.Actor{UserID: state.UserID, TenantID: state.TenantID, SessionID: state.ID, Role: state.Role}
	s.verified.keep(sha256.Sum256([]byte(token)), proof{actor, expiry.Time().Add(s.leeway)}, reading)
	return core.Secret(token), nil
}

// payloadOf writes claims, and ext as it is: escaped for a page of HTML, which a token is
// not, it could become six times as long.
func payloadOf(c claims, ext []byte) ([]byte, error) {
	if len(ext) == 0 {
		return json.Marshal(c)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(extended{c, ext})
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// maxToken bounds what is looked at, in bytes; ours have about 600, and at most about 6200 with
// what plugins add. The host takes headers of 8 KiB in all.
const maxToken = 8192

// verify reads an access token and gives the time until which it holds. The reason is "" when the
// token is good; err is for a failure of ours.
func (s *Service) verify(ctx context.Context, token string, now time.Time) (a core.Actor, until time.Time, reason string, err error) {
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{algorithm})
	if err != nil {
		return a, until, "malformed_token", nil
	}
	kid, ok := header(jws)
	if !ok {
		return a, until, "wrong_token_type", nil
	}
	key, ok, err := s.keys.public(ctx, kid)
	if err != nil || !ok {
		return a, until, "unknown_signing_key", err
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return a, until, "bad_signature", nil
	}
	// Base64 can be written in several ways that read the same. One token has one form.
	if again, err := jws.CompactSerialize(); err != nil || again != token {
		return a, until, "malformed_token", nil
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil || c.Expiry == nil || c.IssuedAt == nil {
		return a, until, "malformed_claims", nil
	}
	if reason := s.refuse(c, now); reason != "" {
		return a, until, reason, nil
	}
	user, err := core.ParseID(c.Subject)
	if err != nil || user.IsZero() || c.SessionID.IsZero() {
		return a, until, "malformed_claims", nil
	}
	a = core.Actor{UserID: user, TenantID: c.TenantID, SessionID: c.SessionID, Role: c.Role}
	return a, c.Expiry.Time().Add(s.leeway), "", nil
}

// header accepts exactly the header that an access token has, and gives its kid.
func header(jws *jose.JSONWebSignature) (kid string, ok bool) {
	if len(jws.Signatures) != 1 {
		return "", false
	}
	h := jws.Signatures[0].Protected
	typ, _ := h.ExtraHeaders[jose.HeaderType].(string)
	return h.KeyID, typ == tokenType && len(h.ExtraHeaders) == 1 && h.JSONWebKey == nil && h.Nonce == "" && len(h.KeyID) <= 64
}

// refuse says why good claims are not good here and now.
func (s *Service) refuse(c claims, now time.Time) string {
	switch {
	case c.Issuer != s.issuer:
		return "wrong_issuer"
	case len(c.Audience) != 1 || c.Audience[0] != s.audience:
		return "wrong_audience"
	case !now.Before(c.Expiry.Time().Add(s.leeway)):
		return "expired_session_token"
	case now.Add(s.leeway).Before(c.IssuedAt.Time()), c.NotBefore != nil && now.Add(s.leeway).Before(c.NotBefore.Time()):
		return "token_from_the_future"
	}
	return ""
}
