package drive

import "bytes"

// Text finds the text value of a key in a JSON document that has it once, without
// reading the rest; "" when it is not there. The value must need no escapes, as ids
// and tokens do.
func Text(document []byte, key string) string {
	quoted := `"` + key + `":"`
	at := bytes.Index(document, []byte(quoted))
	if at < 0 {
		return ""
	}
	value, _, _ := bytes.Cut(document[at+len(quoted):], []byte{'"'})
	return string(value)
}
