package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/app"
)

// operating gives a command that asks a running host its flags, and the host to run. What it
// prints with table and say is left out with --json, which prints the answers as they come.
func operating(cmd *cobra.Command, run func(cmd *cobra.Command, h *host, args []string) error) *cobra.Command {
	find := operatorFlags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		h, err := find(cmd)
		if err != nil {
			return err
		}
		return run(cmd, h, args)
	}
	return cmd
}

// operatorFlags adds the flags that say which host, and gives the way to it. Nothing is
// connected before the first call.
func operatorFlags(flags *pflag.FlagSet) func(*cobra.Command) (*host, error) {
	var address, tokenFile, as string
	var raw bool
	flags.StringVar(&address, "operator", "", "`HOST:PORT` or URL of the operators' listener (that of the host that runs on data_dir)")
	flags.StringVar(&tokenFile, "token-file", "", "`file` with the operator token (operator.token in data_dir)")
	flags.StringVar(&as, "as", "", "your `name` for the audit (that of your user on this machine)")
	flags.BoolVar(&raw, "json", false, "print the host's answers as they come, JSON")
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	bindErr := config.BindFlags(all)
	for _, name := range []string{"config", "data_dir"} {
		flags.AddFlag(all.Lookup(name))
	}
	return func(cmd *cobra.Command) (*host, error) {
		if bindErr != nil {
			return nil, bindErr
		}
		h := &host{url: baseURL(address), found: "from --operator", tokenFile: tokenFile, as: as, out: cmd.OutOrStdout()}
		if raw {
			h.raw = h.out
		}
		if h.as == "" {
			h.as = ownName()
		}
		if address == "" || tokenFile == "" { // with both, no configuration can be in the way
			if err := h.locate(config.Process(flags)); err != nil {
				return nil, err
			}
		}
		return h, h.readToken()
	}
}

// locate finds by the configuration what was not named.
func (h *host) locate(s config.Sources) error {
	c, err := config.Load(s)
	if err != nil {
		return err
	}
	dir := nearest(c.DataDir)
	if h.tokenFile == "" {
		h.tokenFile = c.Operator.TokenFile
		if h.tokenFile == filepath.Join(c.DataDir, filepath.Base(h.tokenFile)) {
			h.tokenFile = filepath.Join(dir, filepath.Base(h.tokenFile))
		}
	}
	if h.url != "" {
		return nil
	}
	ready := filepath.Join(dir, "ready.json")
	if r, there := app.ReadReady(dir); there {
		h.url, h.found = baseURL(r.Operator), "from "+ready
	} else {
		h.url, h.found = baseURL(c.Operator.Listen), fmt.Sprintf("operator.listen, as there is no %s", ready)
	}
	return nil
}

// nearest is the data directory of the host that runs here: a relative one is looked for in this folder and then in those
// above it, so that a plugin's project may stand below the folder that the host was started in.
func nearest(dataDir string) string {
	if filepath.IsAbs(dataDir) {
		return dataDir
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return dataDir
	}
	for at := here; ; at = filepath.Dir(at) {
		dir := filepath.Join(at, dataDir)
		if _, there := app.ReadReady(dir); there {
			if at == here {
				return dataDir
			}
			return dir
		}
		if at == filepath.Dir(at) {
			return dataDir
		}
	}
}

func baseURL(address string) string {
	if address == "" || strings.Contains(address, "://") {
		return strings.TrimRight(address, "/")
	}
	if host, port, err := net.SplitHostPort(address); err == nil && host == "" {
		address = net.JoinHostPort("localhost", port)
	}
	return "http://" + address
}

func (h *host) readToken() error {
	text, err := os.ReadFile(h.tokenFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no operator token at %s; a host makes one at its first start: run this where the host runs, set data_dir as it has it, or name the file with --token-file", h.tokenFile)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the operator token at %s is not yours to read; run this as the user of the host", h.tokenFile)
	case err != nil:
		return err
	}
	h.token = core.Secret(strings.TrimSpace(string(text)))
	if h.token.IsZero() || strings.ContainsAny(h.token.Reveal(), " \t\r\n") {
		return fmt.Errorf("%s holds no operator token; it is one word", h.tokenFile)
	}
	return nil
}

// ownName is what the machine calls who runs this.
func ownName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "operator"
}

// table prints rows in columns.
func (h *host) table(fill func(row func(cells ...any))) error {
	if h.raw != nil {
		return nil
	}
	return writeTable(h.out, fill)
}

func writeTable(out io.Writer, fill func(row func(cells ...any))) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fill(func(cells ...any) {
		for i, cell := range cells {
			if i > 0 {
				_, _ = fmt.Fprint(w, "\t")
			}
			_, _ = fmt.Fprint(w, cell)
		}
		_, _ = fmt.Fprintln(w)
	})
	return w.Flush()
}

// say prints a line.
func (h *host) say(format string, args ...any) error {
	if h.raw != nil {
		return nil
	}
	_, err := fmt.Fprintf(h.out, format+"\n", args...)
	return err
}
