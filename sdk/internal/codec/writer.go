package codec

import (
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString writes a JSON string. Broken UTF-8 becomes U+FFFD.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(append(b, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += size
			continue
		}
		b = appendEscaped(append(b, s[start:i]...), c)
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0x0f])
}

// AppendStringMap writes an object whose members are strings.
func AppendStringMap(b []byte, m map[string]string) []byte {
	start := len(b)
	for name, value := range m {
		b = append(AppendString(append(b, ','), name), ':')
		b = AppendString(b, value)
	}
	return EndObject(b, start)
}

// AppendStrings writes an array of strings.
func AppendStrings(b []byte, list []string) []byte {
	start := len(b)
	for _, s := range list {
		b = AppendString(append(b, ','), s)
	}
	return EndArray(b, start)
}

// EndObject ends an object whose members were written since start, each after a
// comma: the first comma becomes the brace.
func EndObject(b []byte, start int) []byte { return end(b, start, '{', '}') }

// EndArray ends an array whose elements were written since start, each after a comma.
func EndArray(b []byte, start int) []byte { return end(b, start, '[', ']') }

func end(b []byte, start int, first, last byte) []byte {
	if len(b) == start {
		return append(b, first, last)
	}
	b[start] = first
	return append(b, last)
}

// AppendBool writes a boolean.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}

// AppendInt writes a whole number.
func AppendInt[N int | int64](b []byte, v N) []byte { return strconv.AppendInt(b, int64(v), 10) }

// AppendFloat writes a number; what JSON has no number for becomes null.
func AppendFloat(b []byte, v float64) []byte {
	if v != v || v-v != 0 { // NaN, infinite
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

// AppendRaw writes a value that is JSON already; nothing is null.
func AppendRaw(b, raw []byte) []byte {
	if len(raw) == 0 {
		return append(b, "null"...)
	}
	return append(b, raw...)
}
