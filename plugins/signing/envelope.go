package signing

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// PayloadType is the kind of payload that is a [Statement].
const PayloadType = "application/vnd.usher.plugin-statement.v1+json"

// MaxEnvelope bounds an envelope, in bytes.
const MaxEnvelope = 32 << 10

// maxSignatures bounds how many an envelope may have: each that claims a trusted key costs a
// verification.
const maxSignatures = 8

// Envelope is a statement with its signatures.
type Envelope struct {
	Payload     string      `json:"payload"` // standard base64 of the statement's exact bytes
	PayloadType string      `json:"payload_type"`
	Signatures  []Signature `json:"signatures"`
}

// Signature is one key's.
type Signature struct {
	KeyID string `json:"key_id"`
	Sig   string `json:"sig"` // standard base64 of the 64 bytes
}

// Sign makes the envelope of a statement, as indented JSON with a line end.
func Sign(s Statement, key ed25519.PrivateKey) ([]byte, error) {
	payload, err := s.bytes()
	if err != nil {
		return nil, err
	}
	id, err := KeyID(key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	e := Envelope{
		Payload: base64.StdEncoding.EncodeToString(payload), PayloadType: PayloadType,
		Signatures: []Signature{{KeyID: id, Sig: base64.StdEncoding.EncodeToString(ed25519.Sign(key, preAuth(PayloadType, payload)))}},
	}
	text, err := json.Marshal(e, jsontext.WithIndent("  "))
	return append(text, '\n'), err
}

// preAuth is the pre-authentication encoding of DSSE, version 1.
func preAuth(payloadType string, payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload)
}

// Verified is what an envelope proves.
type Verified struct {
	Statement Statement
	KeyID     string
}

// Verify proves that one of the keys signed a statement about this module that is good now.
// Its error is an [*Error]: it says what differs and what to do. The signature comes first,
// so that nothing of the statement is believed, or compared, that nobody vouched for.
func Verify(envelope []byte, f Facts, keys []Key, now time.Time) (Verified, error) {
	e, payload, err := open(envelope)
	if err != nil {
		return Verified{}, err
	}
	keyID, err := e.signer(payload, keys)
	if err != nil {
		return Verified{}, err
	}
	s, err := read(payload)
	if err != nil {
		return Verified{}, err
	}
	if err := s.check(f, now); err != nil {
		return Verified{}, err
	}
	return Verified{s, keyID}, nil
}

// Read gives the statement of an envelope without proving anything about it, to be shown.
func Read(envelope []byte) (Statement, error) {
	_, payload, err := open(envelope)
	if err != nil {
		return Statement{}, err
	}
	return read(payload)
}

func read(payload []byte) (s Statement, err error) {
	if err := json.Unmarshal(payload, &s, json.RejectUnknownMembers(true)); err != nil {
		return s, bad(Malformed, "the signature's statement has members that this version does not know; sign the module again with this version of usher")
	}
	return s, nil
}

func open(text []byte) (e Envelope, payload []byte, err error) {
	const again = "sign the module again with: usher plugin sign"
	if len(text) > MaxEnvelope {
		return e, nil, bad(Malformed, "the signature has %d bytes, and %d are the most; %s", len(text), MaxEnvelope, again)
	}
	if err := json.Unmarshal(text, &e, json.RejectUnknownMembers(true)); err != nil {
		return e, nil, bad(Malformed, "the signature is not the JSON that usher plugin sign writes; %s", again)
	}
	if e.PayloadType != PayloadType {
		return e, nil, bad(Malformed, "the signature's payload is of the type %s, and %s was expected; %s", quote(e.PayloadType), PayloadType, again)
	}
	payload, err = base64.StdEncoding.Strict().DecodeString(e.Payload)
	if err != nil || len(payload) == 0 || strings.ContainsAny(e.Payload, "\r\n") { // which the decoder passes over
		return e, nil, bad(Malformed, "the signature's payload is not base64; %s", again)
	}
	if n := len(e.Signatures); n == 0 || n > maxSignatures {
		return e, nil, bad(Malformed, "the envelope has %d signatures, and 1 to %d may be there; %s", n, maxSignatures, again)
	}
	return e, payload, nil
}

// signer gives the first of the keys that signed the payload. A signature in the name of a
// key that did not make it condemns the envelope, whatever else is in it.
func (e Envelope) signer(payload []byte, keys []Key) (string, error) {
	signer, message := "", preAuth(e.PayloadType, payload)
	for _, s := range e.Signatures {
		key, known := find(keys, s.KeyID)
		if !known {
			continue
		}
		sig, err := base64.StdEncoding.Strict().DecodeString(s.Sig)
		if err != nil || len(sig) != ed25519.SignatureSize || strings.ContainsAny(s.Sig, "\r\n") || !ed25519.Verify(key.Public, message, sig) {
			return "", bad(WrongSignature, "the signature was not made by the key %s that it names, or was changed since; sign the module again with: usher plugin sign", s.KeyID)
		}
		if signer == "" {
			signer = s.KeyID
		}
	}
	if signer == "" {
		return "", e.unknownKey(keys)
	}
	return signer, nil
}

func (e Envelope) unknownKey(keys []Key) error {
	var signed []string
	for _, s := range e.Signatures {
		signed = append(signed, quote(s.KeyID))
	}
	trusted := "no key is"
	if len(keys) > 0 {
		ids := make([]string, len(keys))
		for i, k := range keys {
			ids[i] = k.ID
		}
		trusted = strings.Join(ids, ", ") + " is"
	}
	return bad(UnknownKey, "the module is signed with the key %s, and %s trusted here; sign it with a trusted key, or add this one's public key to plugins.trust.keys when you know whose it is",
		strings.Join(signed, ", "), trusted)
}
