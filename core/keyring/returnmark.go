package keyring

import (
	"crypto/subtle"

	"github.com/usher-id/usher/core"
)

// ReturnMark is what proves that a mail's return path is ours. It is short, as a return path
// has little room, and enough: guesses cost a mail each, and win a wrong report of one mail.
type ReturnMark [10]byte

// ReturnMark makes the mark of a message with the active key.
func (r *Ring) ReturnMark(message core.ID) ReturnMark { return r.active.returnMark(message) }

// IsReturnMark tells whether a key of the ring made the mark for the message.
func (r *Ring) IsReturnMark(message core.ID, m ReturnMark) bool {
	for _, key := range r.byID {
		if own := key.returnMark(message); subtle.ConstantTimeCompare(own[:], m[:]) == 1 {
			return true
		}
	}
	return false
}

func (s *subkeys) returnMark(message core.ID) ReturnMark {
	sum := s.ret.sum(message[:])
	return ReturnMark(sum[:len(ReturnMark{})])
}
