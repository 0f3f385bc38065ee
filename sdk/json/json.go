package json

import "github.com/usher-id/usher/sdk/internal/codec"

// Text gives the string below a value that the names of members lead to. A number or a
// boolean is given as it is written.
func Text(value string, path ...string) string {
	raw := Raw(value, path...)
	if raw == "" || raw[0] == '{' || raw[0] == '[' || raw == "null" {
		return ""
	}
	if raw[0] != '"' {
		return raw
	}
	return codec.NewReader(raw).String()
}

// Raw gives the text of the value below a value that the names of members lead to. Of
// members with the same name the first counts.
func Raw(value string, path ...string) string {
	for _, name := range path {
		value = member(value, name)
	}
	return codec.NewReader(value).Raw()
}

// Elements gives the texts of an array's values; false when the value is no array that can be read.
func Elements(value string) (list []string, ok bool) {
	r := codec.NewReader(value)
	for more := r.Array(); more; more = r.Element() {
		list = append(list, r.Raw())
	}
	return list, r.OK() && len(value) > 0
}

// AppendString writes a JSON string.
func AppendString(b []byte, s string) []byte { return codec.AppendString(b, s) }

func member(value, name string) string {
	r := codec.NewReader(value)
	for more := r.Object(); more; more = r.Member() {
		if r.Name() == name {
			return r.Raw()
		}
		r.Skip()
	}
	return ""
}
