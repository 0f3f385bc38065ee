package sdk

import "github.com/usher-id/usher/sdk/internal/codec"

// ConfigText gives a string of the operator's config for this plugin, or the
// fallback when it is missing.
func (c *Call) ConfigText(name, fallback string) string {
	if r := c.setting(name); r != nil {
		return r.String()
	}
	return fallback
}

// ConfigTexts gives a list of strings of the operator's config, or the fallback
// when it is missing.
func (c *Call) ConfigTexts(name string, fallback []string) []string {
	if r := c.setting(name); r != nil {
		return r.Strings()
	}
	return fallback
}

// ConfigMap gives an object of the operator's config whose members are strings, or
// the fallback when it is missing.
func (c *Call) ConfigMap(name string, fallback map[string]string) map[string]string {
	if r := c.setting(name); r != nil {
		return r.StringMap()
	}
	return fallback
}

// ConfigFlag gives a boolean of the operator's config, or the fallback when it
// is missing.
func (c *Call) ConfigFlag(name string, fallback bool) bool {
	if r := c.setting(name); r != nil {
		return r.Bool()
	}
	return fallback
}

// ConfigNumber gives a whole number of the operator's config, or the fallback when
// it is missing.
func (c *Call) ConfigNumber(name string, fallback int64) int64 {
	if r := c.setting(name); r != nil {
		return r.Int()
	}
	return fallback
}

// ConfigJSON gives the text of a setting of any type, to be read with package json; empty
// when it is missing.
func (c *Call) ConfigJSON(name string) string {
	if r := c.setting(name); r != nil {
		return r.Raw()
	}
	return ""
}

// setting gives a reader before the value of a setting, or nil. Its type is what the
// manifest's config_schema says.
func (c *Call) setting(name string) *codec.Reader {
	r := codec.NewReader(c.config)
	for more := r.Object(); more; more = r.Member() {
		if r.Name() == name {
			return r
		}
		r.Skip()
	}
	return nil
}
