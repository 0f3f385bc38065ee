package identity

import (
	"encoding/hex"
	"errors"

	"golang.org/x/crypto/argon2"
)

// knownAnswers are argon2id of "password" and "somesalt" with 64 KiB, one thread
// and 24 bytes, from the test vectors of the reference implementation; small, so
// that a start costs neither time nor memory.
func knownAnswers() map[uint32]string {
	return map[uint32]string{ // by passes
		1: "655ad15eac652dc59f7170a7332bf49b8469be1fdb9c28bb",
		2: "068d62b26455936aa6ebe60060b0a65870dbfa3ddf8d41f7",
	}
}

// checkKnownAnswers proves that this binary hashes as every other does, and that a
// stored hash survives being written and read.
func checkKnownAnswers() error {
	for passes, want := range knownAnswers() {
		c := cost{memory: 64, time: passes, threads: 1}
		s := stored{cost: c, salt: []byte("somesalt"), sum: argon2.IDKey([]byte("password"), []byte("somesalt"), c.time, c.memory, c.threads, 24)}
		again, err := parse(s.String(), c)
		if err != nil || hex.EncodeToString(again.sum) != want {
			return errors.New("identity: password hashing does not give the known answers; do not start this binary")
		}
	}
	return nil
}
