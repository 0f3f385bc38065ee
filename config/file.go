package config

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	koanfyaml "github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
	"go.yaml.in/yaml/v3"
)

// maxFile bounds a configuration file, in bytes.
const maxFile = 1 << 20

// fingerprint tells whether the files of a configuration have other words now.
type fingerprint struct{ file, keys [sha256.Size]byte }

// digest is that of a file's content, or of the reason why it cannot be read.
func digest(path string) [sha256.Size]byte {
	if path == "" {
		return [sha256.Size]byte{}
	}
	content, err := readFile(path)
	if err != nil {
		content = []byte(err.Error())
	}
	return sha256.Sum256(content)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", unwrapPath(err))
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", unwrapPath(err))
	}
	if len(content) > maxFile {
		return nil, fmt.Errorf("is larger than %d bytes", maxFile)
	}
	return content, nil
}

// fileLayer reads a YAML file. What is wrong with it as YAML is a problem; its
// keys are looked at with those of the other layers.
func fileLayer(path string) (layer, problems) {
	name := filepath.Base(path)
	content, err := readFile(path)
	if err != nil {
		return layer{}, problems{{Where: path, Says: err.Error(), Fix: "name a readable YAML file"}}
	}
	lines := lineIndex{at: map[string]int{}, name: name}
	if bad := lines.read(content); len(bad) > 0 {
		return layer{}, bad
	}
	k := koanf.New(delimiter)
	if err := k.Load(rawbytes.Provider(content), koanfyaml.Parser()); err != nil {
		return layer{}, yamlProblems(name, err)
	}
	return layer{source: "file", values: k.All(), where: lines.where}, nil
}

// lineIndex remembers on which line a key stands.
type lineIndex struct {
	name string
	at   map[string]int
	bad  problems
}

func (l *lineIndex) where(key string) string {
	if line, ok := l.at[key]; ok {
		return l.name + ":" + strconv.Itoa(line)
	}
	return l.name
}

// read accepts exactly one document, whose top is a map; or nothing at all.
func (l *lineIndex) read(content []byte) problems {
	d := yaml.NewDecoder(bytes.NewReader(content))
	var doc yaml.Node
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return yamlProblems(l.name, err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return problems{{Where: l.name, Says: "has more than one YAML document", Fix: "keep one, without ---"}}
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode && top.Tag != "!!null" {
		return problems{{Where: l.where(""), Says: "is not a map of keys", Fix: "write key: value"}}
	}
	l.walk(top, "")
	return l.bad
}

func (l *lineIndex) walk(n *yaml.Node, prefix string) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		path := prefix + key.Value
		l.at[path] = key.Line
		if strings.Contains(key.Value, delimiter) {
			l.bad.add(Problem{
				Key: path, Where: l.where(path), Says: "has a dot in its name",
				Fix: "write the part after the dot on a line of its own, below the part before it",
			})
		}
		l.walk(value, path+delimiter)
		l.items(value, path)
	}
}

// items remembers where the items of a list stand, and the keys of each. They are not
// settings, so that their names may be any.
func (l *lineIndex) items(n *yaml.Node, path string) {
	if n.Kind != yaml.SequenceNode {
		return
	}
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		l.at[at] = item.Line
		if item.Kind != yaml.MappingNode {
			continue
		}
		for j := 0; j < len(item.Content); j += 2 {
			l.at[at+delimiter+item.Content[j].Value] = item.Content[j].Line
		}
	}
}

// yamlProblems cuts the parser's message into one problem for each line.
func yamlProblems(name string, err error) problems {
	const fix = "correct the YAML"
	lineOf := regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
	var found problems
	for line := range strings.SplitSeq(err.Error(), "\n") {
		line = strings.TrimSpace(line)
		if m := lineOf.FindStringSubmatch(line); m != nil {
			found.add(Problem{Where: name + ":" + m[1], Says: m[2], Fix: fix})
		} else if line != "yaml: unmarshal errors:" {
			found.add(Problem{Where: name, Says: strings.TrimPrefix(line, "yaml: "), Fix: fix})
		}
	}
	return found
}
