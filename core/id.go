package core

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// ID names one row for ever: a UUID version 7 (RFC 9562 §5.7), so that ids sort
// by the time they were made. An id is public; it is never a secret.
type ID [16]byte

// NewID makes an id for the instant now. It is safe for concurrent use. Within a
// millisecond ids sort by its 4096th parts (RFC 9562 §6.2, method 3), so that what one
// caller makes in a row is listed in that order.
func NewID(now time.Time) ID {
	var id ID
	rand.Read(id[:])
	ms := uint64(now.UnixMilli()) //nolint:gosec // the clock is after 1970
	binary.BigEndian.PutUint32(id[0:], uint32(ms>>16))
	binary.BigEndian.PutUint16(id[4:], uint16(ms)) //nolint:gosec // the low 16 bits are what is wanted
	part := now.Nanosecond() % 1e6 << 12 / 1e6
	id[6] = 0x70 | byte(part>>8) //nolint:gosec // 12 bits
	id[7] = byte(part)           //nolint:gosec // the low 8 of them
	id[8] = id[8]&0x3f | 0x80
	return id
}

var errID = errors.New("not a UUID in its 36 character form")

// ParseID reads the canonical 36 character form, in either case, and nothing else.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, errID
	}
	var digits [32]byte
	n := copy(digits[:], s[0:8])
	n += copy(digits[n:], s[9:13])
	n += copy(digits[n:], s[14:18])
	n += copy(digits[n:], s[19:23])
	copy(digits[n:], s[24:36])
	if _, err := hex.Decode(id[:], digits[:]); err != nil {
		return ID{}, errID
	}
	return id, nil
}

// IsZero tells whether the id was never set.
func (id ID) IsZero() bool { return id == ID{} }

// String gives the canonical lower case form.
func (id ID) String() string {
	var b [36]byte
	id.encode(b[:])
	return string(b[:])
}

func (id ID) encode(b []byte) {
	hex.Encode(b[0:8], id[0:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:36], id[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
}

// MarshalText implements [encoding.TextMarshaler].
func (id ID) MarshalText() ([]byte, error) {
	b := make([]byte, 36)
	id.encode(b)
	return b, nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// Value implements [driver.Valuer].
func (id ID) Value() (driver.Value, error) { return id.String(), nil }

// Scan implements [database/sql.Scanner] for a uuid column; NULL leaves the zero id.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ID{}
		return nil
	case string:
		return id.UnmarshalText([]byte(v))
	case []byte:
		if len(v) == len(id) {
			copy(id[:], v)
			return nil
		}
		return id.UnmarshalText(v)
	case [16]byte:
		*id = v
		return nil
	}
	return fmt.Errorf("cannot read an id from %T", src)
}
