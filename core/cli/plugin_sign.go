package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/signing"
)

func newPluginKeygen() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "keygen -o KEY",
		Short: "Make a key to sign plugins with",
		Long: `Makes an Ed25519 key. KEY is the private half (PEM, PKCS #8), which only you may read: whoever has it can
have a host run their code. KEY.pub is the public half, for the host's configuration:

  plugins:
    trust:
      keys:
        - file: /etc/usher/release.key.pub

To replace a key, trust both for a while: add the new one, sign and push again what is to serve, then take
the old one away. A file that is there is never written over.`,
		Example: `  usher plugin keygen -o release.key`,
		Args:    onlyFlags,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return usageError{fmt.Errorf("%s needs --output", cmd.CommandPath())}
			}
			key, private, public, err := signing.NewKey()
			if err != nil {
				return err
			}
			if err := writeNew(out, private, 0o600); err != nil {
				return err
			}
			if err := writeNew(out+".pub", public, 0o644); err != nil {
				return errors.Join(err, os.Remove(out))
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "The key %s is in %s (private: keep it) and %s.pub (name it at plugins.trust.keys).\n", key.ID, out, out)
			return err
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "where the private key goes; the public one goes beside it, with .pub")
	return cmd
}

// writeNew writes a file that is not there yet.
func writeNew(file string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; choose another name, since a lost key cannot be made again", file)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// mostValid bounds how long a signature is good: nobody remembers a key for longer.
const mostValid = 10 * 365 * 24 * time.Hour

func newPluginSign() *cobra.Command {
	var keyFile, out string
	var validFor time.Duration
	cmd := &cobra.Command{
		Use:   "sign FILE.wasm --key KEY",
		Short: "Vouch for a module",
		Long: `Signs what the module is: the digest of its bytes, name, version, hooks, and the capabilities it asks
for with the origins it speaks to, for a time. A host refuses the module when any of it differs, or when
the time is over. The signature goes to FILE.wasm.sig, where usher plugin push finds it.

Only the owner may be able to read KEY (mode 0600).`,
		Example: `  usher plugin sign p.wasm --key release.key
  usher plugin sign p.wasm --key release.key --valid-for 720h -o p.sig`,
		Args: onlyModule,
		RunE: func(cmd *cobra.Command, args []string) error {
			if keyFile == "" {
				return usageError{fmt.Errorf("%s needs --key; make one with: usher plugin keygen", cmd.CommandPath())}
			}
			if validFor < time.Minute || validFor > mostValid {
				return usageError{fmt.Errorf("--valid-for is from 1m to %s", mostValid)}
			}
			key, err := signing.ReadPrivateKey(keyFile)
			if err != nil {
				return err
			}
			_, facts, err := readModule(args[0])
			if err != nil {
				return err
			}
			statement, err := signing.State(facts, time.Now(), validFor)
			if err != nil {
				return err
			}
			envelope, err := signing.Sign(statement, key)
			if err != nil {
				return err
			}
			if out == "" {
				out = args[0] + signatureSuffix
			}
			if err := replace(out, envelope); err != nil {
				return err
			}
			return writeStatement(cmd.OutOrStdout(), "Signed, in "+out+":", statement)
		},
	}
	cmd.Flags().StringVar(&keyFile, "key", "", "the private key, as usher plugin keygen makes it")
	cmd.Flags().StringVarP(&out, "output", "o", "", "where the signature goes (FILE.wasm.sig)")
	cmd.Flags().DurationVar(&validFor, "valid-for", 365*24*time.Hour, "how long it is good")
	return cmd
}

func newPluginVerify() *cobra.Command {
	var signatureFile string
	var keyFiles []string
	cmd := &cobra.Command{
		Use:   "verify FILE.wasm --key KEY.pub",
		Short: "Say whether a module is what somebody vouched for",
		Long: `Verifies a signature as a host does: one of the keys made it, about exactly these bytes, this name and
version, these hooks and capabilities, and it is good now. The error says what differs. Exit code 1 then.`,
		Example: `  usher plugin verify p.wasm --key release.key.pub`,
		Args:    onlyModule,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(keyFiles) == 0 {
				return usageError{fmt.Errorf("%s needs --key with a public key, a .pub file", cmd.CommandPath())}
			}
			var keys []signing.Key
			for _, file := range keyFiles {
				key, err := signing.ReadPublicKey(file)
				if err != nil {
					return err
				}
				keys = append(keys, key)
			}
			_, facts, err := readModule(args[0])
			if err != nil {
				return err
			}
			if signatureFile == "" {
				signatureFile = args[0] + signatureSuffix
			}
			envelope, err := os.ReadFile(signatureFile)
			if err != nil {
				return err
			}
			proof, err := signing.Verify(envelope, facts, keys, time.Now())
			if err != nil {
				return named(signatureFile, err)
			}
			return writeStatement(cmd.OutOrStdout(), "Good, signed with the key "+proof.KeyID+":", proof.Statement)
		},
	}
	cmd.Flags().StringVar(&signatureFile, "signature", "", "the signature (FILE.wasm.sig)")
	cmd.Flags().StringArrayVar(&keyFiles, "key", nil, "a public key that is trusted; may be given more than once")
	return cmd
}

// signatureSuffix is what the file of a signature has after the module's name.
const signatureSuffix = ".sig"

// readModule reads a module once, and judges those bytes.
func readModule(file string) ([]byte, signing.Facts, error) {
	wasm, err := os.ReadFile(file)
	if err != nil {
		return nil, signing.Facts{}, err
	}
	facts, err := plugins.Inspect(wasm)
	if err != nil {
		return nil, signing.Facts{}, named(file, err)
	}
	signed, err := facts.ToSign()
	return wasm, signed, named(file, err)
}
