package hostapi

// Hook names a point of the pipeline at which guests are asked.
type Hook string

// The hooks of ABI usher/v1 that this host asks.
const (
	HookSignupValidate Hook = "signup.validate"
	HookMessageRender  Hook = "message.render"
)

// Hooks lists every hook that this host asks, in a fixed order.
func Hooks() []Hook { return []Hook{HookSignupValidate, HookMessageRender} }

// Known tells whether this host asks the hook.
func (h Hook) Known() bool {
	for _, k := range Hooks() {
		if k == h {
			return true
		}
	}
	return false
}

// Export is the name under which a guest exports the function that serves the hook.
func (h Hook) Export() string {
	name := []byte("usher_" + string(h))
	for i, c := range name {
		if c == '.' {
			name[i] = '_'
		}
	}
	return string(name)
}
