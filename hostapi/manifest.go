package hostapi

// Manifest is what a plugin says about itself, embedded as the custom section
// [ManifestSection]. It asks; what is granted stands in the host's config.
type Manifest struct {
	Name    string `json:"name"`    // lower case letters, digits and dashes
	Version string `json:"version"` // semantic version
	// Hooks says, for each hook that the plugin serves, what it needs.
	Hooks  map[Hook]HookNeeds `json:"hooks"`
	Limits Limits             `json:"limits,omitzero"`
}

// HookNeeds are the demands of a plugin on one hook.
type HookNeeds struct {
	// Fields are the members of the hook's data that the plugin is given;
	// none means none.
	Fields []string `json:"fields"`
}
