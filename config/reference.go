package config

import (
	_ "embed"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed defaults.yaml
var defaultsYAML []byte

//go:embed dev.yaml
var devYAML []byte

// entry is what the reference says of one key.
type entry struct{ usage, value string }

// reference reads the comments of defaults.yaml.
func reference() (map[string]entry, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(defaultsYAML, &doc); err != nil {
		return nil, fmt.Errorf("read the reference: %w", err)
	}
	said := map[string]entry{}
	readSection(doc.Content[0], "", said)
	return said, nil
}

func readSection(section *yaml.Node, prefix string, said map[string]entry) {
	for i := 0; i+1 < len(section.Content); i += 2 {
		key, value := section.Content[i], section.Content[i+1]
		path := prefix + key.Value
		if value.Kind == yaml.MappingNode {
			readSection(value, path+".", said)
			continue
		}
		said[path] = entry{usage: plain(key.HeadComment), value: value.Value}
	}
}

// plain is the last paragraph of a comment on one line.
func plain(comment string) string {
	paragraphs := strings.Split(comment, "\n\n")
	lines := strings.Split(paragraphs[len(paragraphs)-1], "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(strings.TrimPrefix(l, "#"))
	}
	return strings.TrimSpace(strings.Join(lines, " "))
}
