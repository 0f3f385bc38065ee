package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/usher-id/usher/plugins/signing"
)

// versionsPath is where the operator API has the versions.
const versionsPath = "/admin/v1/plugins/versions"

func newPluginPush() *cobra.Command {
	var signatureFile string
	var unsigned bool
	cmd := &cobra.Command{
		Use:   "push FILE.wasm",
		Short: "Put a version of a plugin into the host's registry",
		Long: `Sends a module with its signature to the registry, from which every replica takes it. The host judges it
as usher plugin inspect does and verifies the signature. Pushing changes nothing about what serves.

FILE.wasm.sig is taken by itself where it is. The same bytes again are a success, and may bring a signature
that the version lacked. The same name and version with other bytes are refused: raise the version.`,
		Example: `  usher plugin push p.wasm
  usher plugin push p.wasm --operator 10.0.0.7:9901 --token-file operator.token --as "Ann"`,
		Args: onlyModule,
	}
	cmd = operating(cmd, func(cmd *cobra.Command, h *host, args []string) error {
		wasm, facts, err := readModule(args[0])
		if err != nil {
			return err
		}
		signature, err := readSignature(args[0], signatureFile, unsigned)
		if err != nil {
			return err
		}
		// Asked first, so that a wrong token is known before megabytes are sent.
		quiet := *h
		quiet.raw = nil
		if err := quiet.get(cmd.Context(), "/admin/v1/plugins/acts?limit=1", nil); err != nil {
			return err
		}
		var v versionAnswer
		err = h.post(cmd.Context(), versionsPath, pushBody{wasm, signature}, &v)
		if err != nil {
			return err
		}
		if v.Digest != facts.Digest {
			return fmt.Errorf("the host kept the digest %s, and %s has %s; ask who stands between this machine and the host", v.Digest, args[0], facts.Digest)
		}
		return h.say("%s %s is in the registry as %s, %s.", v.Plugin, v.Version, v.Digest, v.signer())
	})
	cmd.Flags().StringVar(&signatureFile, "signature", "", "the signature (FILE.wasm.sig, where there is one)")
	cmd.Flags().BoolVar(&unsigned, "unsigned", false, "send no signature, even where there is one")
	return cmd
}

type pushBody struct {
	Wasm      []byte         `json:"wasm"`
	Signature jsontext.Value `json:"signature,omitzero"`
}

// readSignature reads the one that is named, or that lies beside the module; none is empty.
func readSignature(module, file string, none bool) (jsontext.Value, error) {
	switch {
	case none && file != "":
		return nil, usageError{errors.New("--unsigned and --signature exclude each other")}
	case none:
		return nil, nil
	}
	named, path := file != "", file
	if !named {
		path = module + signatureSuffix
	}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !named:
		return nil, nil
	case err != nil:
		return nil, err
	case !jsontext.Value(text).IsValid() || len(text) > signing.MaxEnvelope:
		return nil, fmt.Errorf("%s is no signature; make one with: usher plugin sign", path)
	}
	return text, nil
}

// writeStatement prints what a signature vouches for.
func writeStatement(out io.Writer, first string, s signing.Statement) error {
	if _, err := fmt.Fprintln(out, first); err != nil {
		return err
	}
	return writeTable(out, func(row func(cells ...any)) {
		row("plugin", s.Plugin+" "+s.Version)
		row("digest", "sha256:"+s.Digest)
		row("hooks", orNone(s.Hooks))
		row("capabilities", orNone(s.Capabilities))
		row("good", fmt.Sprintf("from %s until %s", instant(s.NotBefore), instant(s.NotAfter)))
	})
}
