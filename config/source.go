package config

import (
	"os"

	"github.com/spf13/pflag"
)

// FileVariable names the configuration file in the environment.
const FileVariable = "USHER_CONFIG"

// fileFlag names it on the command line.
const fileFlag = "config"

// Sources are where a configuration comes from; the later ones win. Reloading
// reads the same sources again.
type Sources struct {
	Dev     bool              // what differs for usher dev comes right after the defaults
	Preset  map[string]string // what the host itself found out, by key; an operator's word comes before it
	File    string            // YAML; none when empty
	Environ []string          // as os.Environ gives it
	Flags   *pflag.FlagSet    // bound by [BindFlags]; nil for none
	Hooks   []Hook            // at which plugins can be bound; nil leaves that unchecked
}

// Process returns the sources of this process: the file named by --config or
// USHER_CONFIG, the environment and the flags. It is the one place where the
// environment is read. flags may be nil.
func Process(flags *pflag.FlagSet) Sources {
	s := Sources{File: os.Getenv(FileVariable), Environ: os.Environ(), Flags: flags}
	if flags != nil {
		if f := flags.Lookup(fileFlag); f != nil && f.Changed {
			s.File = f.Value.String()
		}
	}
	return s
}

// Origin is where a value came from.
type Origin struct {
	Source string // default, dev, host, file, env or flag
	Where  string // the file with its line, the variable or the flag; may be ""
}

// String is the origin in a few words.
func (o Origin) String() string {
	if o.Where == "" {
		return o.Source
	}
	return o.Source + " " + o.Where
}

// Origin tells where the value of a key came from.
func (c *Config) Origin(path string) Origin { return c.origins[path] }
