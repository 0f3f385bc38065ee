// Package keyring holds the root keys and makes everything secret from them: the
// token that a link carries, the refresh token of a session, and the seal on what
// the database must not be able to read.
//
//	root key (kid)
//	  ├─ HKDF "token"    HMAC(purpose | id | version)      the token of a link
//	  ├─ HKDF "refresh"  HMAC(session | generation | key)  a refresh token
//	  └─ HKDF "seal"     AES-256-GCM, kid and label bound  a sealed value
//
// Both kinds of token can be derived again from what the database keeps, so
// neither has to be stored: a retried mail carries the same link. The first key of
// a ring makes what is new; the others still read what they made. A key leaves the
// configuration when nothing that it made is left: links and refresh tokens expire, but
// a sealed value stays sealed with it for as long as it is kept.
//
// What it is not: it stores nothing and decides nothing. Whether a token may be
// spent is asked of the store; where the keys come from is the business of config.
package keyring
