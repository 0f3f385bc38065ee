package keyring

import (
	"crypto/hmac"
	"encoding/binary"
	"math"

	"github.com/usher-id/usher/core"
)

// A refresh token is two blocks of 43 characters: what it says (session 16 bytes,
// generation 8, mark of the key 8) and the MAC over that.
const refreshWidth = 2 * width

// RefreshToken derives the refresh token of a session's generation (1 and up)
// with the active key: 86 characters of [0-9A-Za-z].
func (r *Ring) RefreshToken(session core.ID, generation int) core.Secret {
	var says [32]byte
	copy(says[:16], session[:])
	binary.BigEndian.PutUint64(says[16:24], uint64(generation)) //nolint:gosec // read back as it was written
	copy(says[24:], r.active.mark[:])
	sum := r.active.refresh.sum(says[:])
	var text [refreshWidth]byte
	encode((*[width]byte)(text[:width]), &says)
	encode((*[width]byte)(text[width:]), &sum)
	return core.Secret(text[:])
}

// ReadRefreshToken tells which session and generation a refresh token was made
// for. ok is false for one that no key of the ring made; the MAC is compared in
// constant time. Whether the session still lives is asked of the store.
func (r *Ring) ReadRefreshToken(token core.Secret) (session core.ID, generation int, ok bool) {
	text := token.Reveal()
	if len(text) != refreshWidth {
		return core.ID{}, 0, false
	}
	says, readable := decode(text[:width])
	given, complete := decode(text[width:])
	key := r.byMark[mark(says[24:])]
	if !readable || !complete || key == nil {
		return core.ID{}, 0, false
	}
	if sum := key.refresh.sum(says[:]); !hmac.Equal(sum[:], given[:]) {
		return core.ID{}, 0, false
	}
	number := binary.BigEndian.Uint64(says[16:24])
	if number < 1 || number > math.MaxInt32 { // the column's range
		return core.ID{}, 0, false
	}
	return core.ID(says[:16]), int(number), true
}
