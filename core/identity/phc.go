package identity

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/usher-id/usher/core"
)

// cost is what one hash takes.
type cost struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

// ceiling bounds what a stored hash may ask for: a corrupt m= must not be able
// to take all memory. A configured cost above it moves it up, as far as maxMemory.
var ceiling = cost{memory: 64 * 1024, time: 10, threads: 4}

const maxMemory = 1024 * 1024 // KiB

func (c cost) atLeast(o cost) cost {
	return cost{memory: max(c.memory, o.memory), time: max(c.time, o.time), threads: max(c.threads, o.threads)}
}

// stored is a hash as the database keeps it.
type stored struct {
	cost
	salt, sum []byte
}

// String gives the PHC string: $argon2id$v=19$m=19456,t=2,p=1$salt$hash.
func (s stored) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, s.memory, s.time, s.threads,
		base64.RawStdEncoding.EncodeToString(s.salt), base64.RawStdEncoding.EncodeToString(s.sum))
}

// parse reads a PHC string in exactly the form that String writes, within limits.
func parse(phc string, limit cost) (stored, error) {
	fields := strings.Split(phc, "$")
	if len(phc) > 256 || len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != "v="+strconv.Itoa(argon2.Version) {
		return stored{}, broken("its form")
	}
	var s stored
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &s.memory, &s.time, &s.threads); err != nil {
		return stored{}, broken("its parameters")
	}
	if s.memory > limit.memory || s.time > limit.time || s.threads > limit.threads || s.time < 1 || s.threads < 1 || s.memory < 8*uint32(s.threads) {
		return stored{}, broken("parameters out of bounds")
	}
	strict := base64.RawStdEncoding.Strict()
	var errSalt, errSum error
	s.salt, errSalt = strict.DecodeString(fields[4])
	s.sum, errSum = strict.DecodeString(fields[5])
	if errSalt != nil || errSum != nil || len(s.salt) < 8 || len(s.salt) > 64 || len(s.sum) < 16 || len(s.sum) > 64 {
		return stored{}, broken("its salt or its hash")
	}
	if s.String() != phc {
		return stored{}, broken("its form")
	}
	return s, nil
}

// broken never holds a part of the hash: errors are logged.
func broken(what string) error {
	return core.E(core.Internal, "Something went wrong on our side.").Because("stored_hash_invalid").
		Caused(fmt.Errorf("identity: a stored password hash cannot be used: %s", what))
}
