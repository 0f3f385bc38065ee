package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/internal/schema"
	"github.com/usher-id/usher/hostapi/internal/shape"
)

const head = `# Hooks and capabilities

<!-- Written by "go generate ./hostapi" from the JSON Schemas in hostapi/schema; changes belong into the comments of hostapi. -->

A question has every member that the manifest asks for at its hook, and no other. In an answer a member that is left out changes
nothing; one that is not in its table breaks the contract. Sizes are in bytes of UTF-8. "Calls out" says whether a plugin may fetch at
the hook; such a call has 2 s instead of 100 ms.

`

// node is what is read of a schema.
type node struct {
	Ref         string           `json:"$ref"`
	Types       any              `json:"type"` // a name, or several
	Description string           `json:"description"`
	Enum        []string         `json:"enum"`
	Items       *node            `json:"items"`
	Each        json.RawMessage  `json:"additionalProperties"`
	MaxLength   int64            `json:"maxLength"`
	MaxItems    int64            `json:"maxItems"`
	Maximum     *float64         `json:"maximum"`
	Required    []string         `json:"required"`
	Properties  map[string]*node `json:"properties"`
	Defs        map[string]*node `json:"$defs"`
}

// writer writes the page.
type writer struct {
	bytes.Buffer
	source  *shape.Source
	schemas map[string][]byte
}

// All writes the page, by the name of its file.
func All(s *shape.Source) (map[string][]byte, error) {
	schemas, err := schema.All(s)
	if err != nil {
		return nil, err
	}
	w := &writer{source: s, schemas: schemas}
	w.WriteString(head)
	for _, h := range shape.Hooks() {
		if err := w.hook(h); err != nil {
			return nil, fmt.Errorf("%s: %w", h.Hook, err)
		}
	}
	w.WriteString("# Capabilities\n\nEach is an import module: what a plugin imports is what its manifest must ask for and the operator must grant.\n\n")
	for _, f := range shape.Functions() {
		if err := w.function(f); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", f.Module, f.Name, err)
		}
	}
	return map[string][]byte{"hooks.md": append(bytes.TrimRight(w.Bytes(), "\n"), '\n')}, nil
}

func (w *writer) hook(h shape.Hook) error {
	calls := "no"
	if h.Hook.CallsOut() {
		calls = "yes"
	}
	w.printf("## `%s`\n\nExport `%s`. Calls out: %s.\n\n", h.Hook, h.Hook.Export(), calls)
	if err := w.table("Question", string(h.Hook)+".question", h.Question); err != nil {
		return err
	}
	return w.table("Answer", string(h.Hook)+".answer", h.Answer)
}

func (w *writer) function(f shape.Function) error {
	_, module, _ := strings.Cut(strings.TrimSuffix(f.Module, "/v1"), ":")
	w.printf("## `%s.%s`\n\n", f.Module, f.Name)
	if err := w.table("Request", module+"."+f.Name+".request", f.Request); err != nil || f.Answer == "" {
		return err
	}
	return w.table("Answer", module+"."+f.Name+".answer", f.Answer)
}

// table writes a document: its sentence, its members, and below them those of the types in it.
func (w *writer) table(title, file, goType string) error {
	var doc node
	if err := json.Unmarshal(w.schemas[file+".json"], &doc); err != nil {
		return err
	}
	w.printf("**%s** ([schema](../../hostapi/schema/%s.json)). %s\n\n", title, file, sentence(doc.Description))
	if err := w.members(goType, &doc); err != nil {
		return err
	}
	var names []string
	for name := range doc.Defs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w.printf("%s: %s\n\n", name, sentence(doc.Defs[name].Description))
		if err := w.members(name, doc.Defs[name]); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) members(goType string, n *node) error {
	t, err := w.source.Type(goType)
	if err != nil {
		return err
	}
	fields, err := w.source.Fields(t)
	if err != nil || len(fields) == 0 {
		return err
	}
	w.WriteString("| member | is | |\n|---|---|---|\n")
	for _, f := range fields {
		p, ok := n.Properties[f.JSON]
		if !ok {
			return fmt.Errorf("the schema lacks %s of %s", f.JSON, goType)
		}
		name := "`" + f.JSON + "`"
		if slices.Contains(n.Required, f.JSON) {
			name += ", needed"
		}
		w.printf("| %s | %s | %s |\n", name, p.kind(), cell(p.Description))
	}
	w.WriteString("\n")
	return nil
}

// kind says what a value is. Null stands for the empty value everywhere, and is not told.
func (n *node) kind() string {
	kind, _ := n.Types.(string)
	if several, ok := n.Types.([]any); ok {
		kind = fmt.Sprint(several[0])
	}
	switch {
	case n.Ref != "":
		return n.Ref[strings.LastIndexByte(n.Ref, '/')+1:]
	case len(n.Enum) > 0:
		return "one of `" + strings.Join(n.Enum, "`, `") + "`"
	case kind == "array" && n.Items != nil:
		return "list of " + n.Items.kind() + bound(" (at most %d)", n.MaxItems)
	case kind == "object" && len(n.Each) > 0 && n.Each[0] == '{':
		return "map of strings"
	case kind == "":
		return "any JSON"
	case kind == "integer":
		return "whole number"
	}
	return kind + bound(" (at most %d)", n.MaxLength)
}

func bound(format string, most int64) string {
	if most == 0 {
		return ""
	}
	return fmt.Sprintf(format, most)
}

// sentence is a comment of a type without the name that it begins with in Go.
func sentence(text string) string {
	for _, is := range []string{" is ", " are ", " asks ", " says ", " names ", " begins ", " ends ", " adds ", " puts "} {
		if name, rest, ok := strings.Cut(text, is); ok && !strings.Contains(name, " ") {
			text = rest
			if verb := strings.TrimSpace(is); verb != "is" && verb != "are" {
				text = verb + " " + rest
			}
			break
		}
	}
	for _, h := range hostapi.Hooks() {
		text = strings.ReplaceAll(text, "Hook"+camel(string(h)), "`"+string(h)+"`")
	}
	if before, after, ok := strings.Cut(text, "`: "); ok && strings.HasPrefix(before, "the question of `") {
		text = after
	}
	if text == "" {
		return ""
	}
	return cell(strings.ToUpper(text[:1]) + text[1:])
}

// camel is the name that Go has for a hook.
func camel(hook string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(hook, ".") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func (w *writer) printf(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
