package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/project/starter"
)

// Order says what project to create.
type Order struct {
	SDK      fs.FS  // the folders hostapi and sdk of the source of this program
	Dir      string // must not be there, or be empty
	Name     string // of the plugin
	Language string
	Hooks    []hostapi.Hook
}

// plain is what a plugin's name is made of; it is also the name of a package or crate.
var plain = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Create writes a project, whole or not at all.
func Create(o Order) (*Project, error) {
	l, err := o.judge()
	if err != nil {
		return nil, err
	}
	files, err := starter.Files(l.name, o.Name, o.Hooks)
	if err != nil {
		return nil, err
	}
	sdk, err := l.sdk(o.SDK)
	if err != nil {
		return nil, fmt.Errorf("the SDK for %s: %w", l.name, err)
	}
	for name, text := range sdk {
		files[sdkFolder+"/"+name] = text
	}
	if err := place(o.Dir, files); err != nil {
		return nil, err
	}
	return Open(o.Dir)
}

func (o Order) judge() (language, error) {
	i := slices.IndexFunc(languages(), func(l language) bool { return l.name == o.Language })
	if i < 0 {
		return language{}, fmt.Errorf("there is no SDK for the language %q; there are %s", o.Language, strings.Join(Languages(), ", "))
	}
	if !plain.MatchString(o.Name) || len(o.Name) > 63 {
		return language{}, fmt.Errorf("%q is no name of a plugin: lower case letters, digits and single dashes, beginning with a letter, at most 63", o.Name)
	}
	if len(o.Hooks) == 0 {
		return language{}, errors.New("a plugin serves at least one hook")
	}
	return languages()[i], nil
}

// place writes files into a folder that was not there or was empty.
func place(dir string, files map[string][]byte) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty: name a folder that is not there yet", dir)
	}
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	draft, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(draft)
	for name, text := range files {
		file := filepath.Join(draft, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
	}
	if err := os.Chmod(draft, 0o755); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(draft, dir)
}
