package identity

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/keyring"
)

// signingKeys are the keys of the database as this process last read them.
type signingKeys struct {
	store   Store
	ring    *keyring.Ring
	clock   core.Clock
	every   time.Duration
	keep    func() time.Duration
	changed func() // called after the set has changed

	current atomic.Pointer[keySet] // nil before the first load

	mu      sync.Mutex // held while reading
	asked   time.Time  // of the last reading for an unknown kid
	askedTo error      // what that gave
}

// minAsk bounds the readings that tokens with an unknown kid can cause.
const minAsk = 5 * time.Second

// sealLabel binds a sealed private key to its row.
func sealLabel(kid string) string { return "signing_keys/" + kid }

// start loads the keys and makes the first one if there is none.
func (k *signingKeys) start(ctx context.Context) error {
	err := k.load(ctx)
	if !errors.Is(err, errNoKey) {
		return err
	}
	first, err := k.generate()
	if err != nil {
		return err
	}
	if err := k.store.AddFirstSigningKey(ctx, first); err != nil {
		return fmt.Errorf("identity: make the first signing key: %w", err)
	}
	return k.load(ctx) // this one or another replica's
}

// generate makes a key pair and seals the private half, whose public half is thereby
// proved when it is opened: a row that somebody wrote into the database does not open.
func (k *signingKeys) generate() (core.SigningKey, error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return core.SigningKey{}, fmt.Errorf("identity: generate a signing key: %w", err)
	}
	kid, err := thumbprint(public)
	if err != nil {
		return core.SigningKey{}, fmt.Errorf("identity: generate a signing key: %w", err)
	}
	sealed, by := k.ring.Seal(sealLabel(kid), private.Seed())
	return core.SigningKey{KID: kid, Algorithm: string(algorithm), Public: public, Sealed: sealed, SealedBy: by}, nil
}

var errNoKey = errors.New("identity: the database has no signing key")

// load reads the keys. When that fails, the last good set stays.
func (k *signingKeys) load(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.read(ctx)
}

func (k *signingKeys) read(ctx context.Context) error {
	rows, err := k.store.SigningKeys(ctx, k.keep())
	if err != nil {
		return fmt.Errorf("identity: load the signing keys: %w", err)
	}
	set, err := newKeySet(rows, k.open)
	if err != nil {
		return err
	}
	if last := k.current.Swap(set); last != nil && string(last.jwks) != string(set.jwks) {
		k.changed()
	}
	return nil
}

func (k *signingKeys) open(row core.SigningKey) (ed25519.PrivateKey, error) {
	if row.Algorithm != string(algorithm) {
		return nil, fmt.Errorf("identity: signing key %s is for %s, which this version does not know", row.KID, row.Algorithm)
	}
	seed, err := k.ring.Open(sealLabel(row.KID), row.SealedBy, row.Sealed)
	if err != nil {
		return nil, fmt.Errorf("identity: signing key %s was sealed with root key %q and does not open; "+
			"put the root key back that was configured when it was made: %w", row.KID, row.SealedBy, err)
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("identity: signing key %s is not an Ed25519 key", row.KID)
	}
	private := ed25519.NewKeyFromSeed(seed)
	if public, ok := private.Public().(ed25519.PublicKey); !ok || string(public) != string(row.Public) {
		return nil, fmt.Errorf("identity: signing key %s: its public half was changed", row.KID)
	}
	return private, nil
}

// set gives the keys, or says that they are not there yet.
func (k *signingKeys) set() (*keySet, error) {
	if set := k.current.Load(); set != nil {
		return set, nil
	}
	e := core.E(core.Unavailable, "The service is starting.").Because("signing_keys_not_loaded")
	e.RetryAfter = time.Second
	return nil, e
}

// public finds the key that verifies tokens with this kid. One that is not known
// may be another replica's new key: the database is asked, but not often.
func (k *signingKeys) public(ctx context.Context, kid string) (ed25519.PublicKey, bool, error) {
	set, err := k.set()
	if err != nil {
		return nil, false, err
	}
	if key, ok := set.byKID[kid]; ok {
		return key, true, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.clock.Now().Sub(k.asked) >= minAsk {
		k.askedTo = k.read(ctx)
		k.asked = k.clock.Now() // those who waited meanwhile do not ask again
	}
	key, ok := k.current.Load().byKID[kid]
	if !ok && k.askedTo != nil {
		return nil, false, k.askedTo
	}
	return key, ok, nil
}
