package project

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usher-id/usher/hostapi"
)

// bundle is a plugin's sources in one script.
type bundle struct {
	entry  string // plugin.ts or plugin.js
	text   []byte
	places *places
	inputs []string // the files that it is made of

	warnings string // a line each
}

// start names the file that the bundle begins with, which no project has.
const start = "usher-start.ts"

// bundlePlugin bundles a project. Its error names file, line and column.
func bundlePlugin(dir string) (*bundle, error) {
	b := &bundle{entry: "plugin.ts"}
	if _, err := os.Stat(filepath.Join(dir, b.entry)); err != nil {
		if b.entry = "plugin.js"; !exists(filepath.Join(dir, b.entry)) {
			return nil, fmt.Errorf("%s has no plugin.ts: it says which function serves which hook, by export default serve({…})", dir)
		}
	}
	options := options(dir)
	options.Stdin = &api.StdinOptions{
		Contents:   fmt.Sprintf("import { start } from %q;\nimport plugin from %q;\nstart(plugin);\n", "./"+sdkFolder+"/guest.ts", "./"+b.entry),
		ResolveDir: dir, Sourcefile: start, Loader: api.LoaderTS,
	}
	options.Format = api.FormatIIFE
	options.Platform = api.PlatformNeutral
	options.MainFields = []string{"module", "main"}
	options.Target = api.ES2021
	options.Supported = supported()
	options.Outfile = "plugin.js"
	options.Sourcemap = api.SourceMapExternal
	options.Metafile = true
	result := api.Build(options)
	if wrong := append(result.Errors, unavailable(result.Warnings)...); len(wrong) > 0 {
		return nil, b.explain(wrong)
	}
	if len(result.Warnings) > 0 {
		b.warnings = "warning: " + strings.ReplaceAll(b.explain(result.Warnings).Error(), "\n", "\nwarning: ")
	}
	var meta struct {
		Inputs map[string]json.RawMessage `json:"inputs"`
	}
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		return nil, err
	}
	b.inputs = slices.Sorted(maps.Keys(meta.Inputs))
	for _, file := range result.OutputFiles {
		if strings.HasSuffix(file.Path, ".map") {
			if err := json.Unmarshal(file.Contents, &b.places); err != nil {
				return nil, err
			}
			continue
		}
		b.text = file.Contents
	}
	return b, b.places.decode()
}

// unavailable are those of the bundler's warnings that say what the engine does not have.
func unavailable(warnings []api.Message) (list []api.Message) {
	for _, w := range warnings {
		if strings.Contains(w.Text, lacking) {
			list = append(list, w)
		}
	}
	return list
}

// lacking is how the bundler says that what it makes a script for has no such thing.
const lacking = "in the configured target environment"

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// options are those of every bundle. Links are not followed, so that the SDK has one name wherever it is, and no setting of a
// tsconfig.json changes what is built.
func options(dir string) api.BuildOptions {
	return api.BuildOptions{
		AbsWorkingDir: dir, Bundle: true, PreserveSymlinks: true, TsconfigRaw: "{}", Charset: api.CharsetUTF8, LogLevel: api.LogLevelSilent,
		TreeShaking: api.TreeShakingTrue,
	}
}

// supported is where the engine is not of ES2021.
func supported() map[string]bool {
	return map[string]bool{
		"bigint": false, "top-level-await": false, "import-meta": false, "dynamic-import": false,
		"class-field": true, "class-private-field": true, "class-private-method": true, "class-private-accessor": true,
		"class-static-field": true, "class-private-static-field": true, "class-private-static-method": true, "class-private-static-accessor": true,
	}
}

// script is what the engine reads: the bundle, and last where its lines come from.
func (b *bundle) script() []byte {
	lines, _ := json.Marshal(b.places.runs()) // a string of JSON is one of JavaScript
	return fmt.Appendf(slices.Clone(b.text), "usher.lines = %s;\n", lines)
}

// functions are those of capabilities that the bundle may call. The SDK names each by its import where it calls it, and
// what of the SDK a plugin does not use is not in its bundle.
func (b *bundle) functions() (list []string) {
	for _, c := range hostapi.Capabilities() {
		for _, f := range c.Functions {
			if name := c.Module + "." + f; strings.Contains(string(b.text), `"`+name+`"`) {
				list = append(list, name)
			}
		}
	}
	return list
}

// importing finds where a project imports a file of the SDK.
func (b *bundle) importing(dir, file string) string {
	statement := regexp.MustCompile(`(?m)^.*\bfrom\s*["'](#usher|[./]*` + sdkFolder + `)/` + file + `(\.ts)?["']`)
	for _, name := range b.inputs {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil || strings.HasPrefix(name, sdkFolder+"/") {
			continue
		}
		if at := statement.FindIndex(text); at != nil {
			return fmt.Sprintf("%s:%d:1: ", name, 1+strings.Count(string(text[:at[0]]), "\n"))
		}
	}
	return b.entry + ": "
}

// explain writes the bundler's errors for an author, a line each.
func (b *bundle) explain(list []api.Message) error {
	var all []error
	for _, m := range list {
		text := m.Text
		switch {
		case m.Location != nil && m.Location.File == start:
			all = append(all, fmt.Errorf("%s:1:1: it has no default export: end it with export default serve({…})", b.entry))
			continue
		case strings.HasPrefix(text, "Could not resolve "):
			text += ": " + unresolved(text)
		case strings.Contains(text, lacking):
			text = strings.Replace(text, lacking, "in the engine of plugins", 1)
		}
		if l := m.Location; l != nil {
			text = fmt.Sprintf("%s:%d:%d: %s", l.File, l.Line, l.Column+1, text)
		}
		all = append(all, errors.New(text))
	}
	return errors.Join(all...)
}

func unresolved(text string) string {
	_, name, _ := strings.Cut(text, `"`)
	name, _, _ = strings.Cut(name, `"`)
	switch {
	case strings.HasPrefix(name, "#usher"):
		return `the SDK has no such file, or package.json lacks "imports": {"#usher": "./usher-sdk/index.ts", "#usher/*": "./usher-sdk/*.ts"}`
	case strings.HasPrefix(name, "."):
		return "there is no such file; write its name with its ending, as in ./policy/words.ts"
	}
	return "a plugin has no Node.js and no network: what it imports is in the project, or installed in its node_modules"
}

// bundleTests bundles test/*.test.ts and .js for Node, each to a file of build/test.
func bundleTests(dir string) error {
	to := filepath.Join(dir, buildFolder, "test")
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	var files []string
	for _, ending := range []string{"ts", "js"} {
		found, err := filepath.Glob(filepath.Join(dir, "test", "*.test."+ending))
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil
	}
	options := options(dir)
	for _, file := range files {
		options.EntryPoints = append(options.EntryPoints, path.Join("test", filepath.Base(file)))
	}
	options.Format = api.FormatESModule
	options.Platform = api.PlatformNode
	options.Engines = []api.Engine{{Name: api.EngineNode, Version: "18"}}
	options.OutExtension = map[string]string{".js": ".mjs"}
	options.Outdir = path.Join(buildFolder, "test")
	options.Outbase = "test"
	options.Sourcemap = api.SourceMapInline
	options.Write = true
	if result := api.Build(options); len(result.Errors) > 0 {
		return (&bundle{}).explain(result.Errors)
	}
	return nil
}
