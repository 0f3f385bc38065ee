package starter

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"text/template"

	"github.com/usher-id/usher/hostapi"
)

//go:embed all:*
var sources embed.FS

// Sheet is what the templates are filled in with.
type Sheet struct {
	Name  string // of the plugin, such as company-domain
	Ident string // the same with underscores
	Hooks []Hook
	Hook  Hook // of a file that a hook adds
}

// Hook is a hook that a new project serves.
type Hook struct {
	Name   string // signup.validate
	Snake  string // signup_validate
	Camel  string // signupValidate
	Export string // usher_signup_validate
	Does   string // what the starter does, after "it"
}

// sample is the file of a hook.
type sample struct {
	Does         string                     `json:"does"`
	Fields       []string                   `json:"fields"`
	Capabilities hostapi.Requests           `json:"capabilities"`
	Config       map[string]json.RawMessage `json:"config"`
	Fixtures     []json.RawMessage          `json:"fixtures"`
}

// Files gives the files of a new project, by their names with slashes; the SDK is not among them.
func Files(language, name string, hooks []hostapi.Hook) (map[string][]byte, error) {
	sheet := Sheet{Name: name, Ident: strings.ReplaceAll(name, "-", "_")}
	var samples []sample
	for _, h := range hooks {
		s, err := read(h)
		if err != nil {
			return nil, err
		}
		samples = append(samples, s)
		sheet.Hooks = append(sheet.Hooks, Hook{
			Name: string(h), Snake: strings.ReplaceAll(string(h), ".", "_"), Camel: camel(h), Export: h.Export(), Does: s.Does,
		})
	}
	files := map[string][]byte{}
	if err := render(files, language+"/project", sheet); err != nil {
		return nil, err
	}
	for _, h := range sheet.Hooks {
		sheet.Hook = h
		if err := render(files, language+"/hooks/"+h.Name, sheet); err != nil {
			return nil, err
		}
	}
	text, err := manifest(name, hooks, samples)
	files["manifest.json"] = text
	return files, err
}

func camel(h hostapi.Hook) string {
	first, second, _ := strings.Cut(string(h), ".")
	return first + strings.ToUpper(second[:1]) + second[1:]
}

func read(h hostapi.Hook) (s sample, err error) {
	text, err := sources.ReadFile("hooks/" + string(h) + ".json")
	if err != nil {
		return s, fmt.Errorf("there is no hook %q", h)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("hooks/%s.json: %w", h, err)
	}
	return s, nil
}

// render fills in what is in a folder.
func render(files map[string][]byte, root string, sheet Sheet) error {
	return fs.WalkDir(sources, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := sources.ReadFile(name)
		if err != nil {
			return err
		}
		to, isTemplate := strings.CutSuffix(strings.TrimPrefix(name, root+"/"), ".tmpl")
		if isTemplate {
			if text, err = fill(name, string(text), sheet); err != nil {
				return err
			}
		}
		files[to] = text
		return nil
	})
}

func fill(name, text string, sheet Sheet) ([]byte, error) {
	t, err := template.New(name).Delims("{%", "%}").Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, sheet)
	return out.Bytes(), err
}

// joined are the capabilities of several hooks.
func joined(samples []sample) (all hostapi.Requests) {
	for _, s := range samples {
		all.Secrets = append(all.Secrets, s.Capabilities.Secrets...)
		if s.Capabilities.HTTP == nil {
			continue
		}
		if all.HTTP == nil {
			all.HTTP = &hostapi.HTTPGrant{}
		}
		all.HTTP.Origins = append(all.HTTP.Origins, s.Capabilities.HTTP.Origins...)
	}
	return all
}

// settings are the settings of several hooks.
func settings(samples []sample) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for _, s := range samples {
		maps.Copy(all, s.Config)
	}
	return all
}
