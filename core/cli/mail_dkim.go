package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core/mail/dkim"
)

func newMailDKIM() *cobra.Command {
	group := &cobra.Command{
		Use:   "dkim",
		Short: "Make the keys that sign mails, and look whether the DNS knows them",
		Long: `Keys that sign mails (DKIM) stand at mail.dkim of the configuration. Servers of recipients find their public halves in
the DNS, as TXT records.`,
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(newDKIMKeygen(), newDKIMCheck())
	return group
}

func newDKIMKeygen() *cobra.Command {
	var key dkim.Config
	var kind string
	cmd := &cobra.Command{
		Use:   "keygen --domain DOMAIN --selector NAME -o KEY",
		Short: "Make a key that signs mails, and print its DNS record",
		Long: `Makes a key for mail.dkim and prints the TXT record that belongs into the DNS of the domain: publish it, wait until
usher mail dkim check finds it, then name the key in the configuration. To replace a key, do the same with another
selector, and leave the old record for a week: mails that are under way are still verified by it.

Every server verifies rsa. One of ed25519 is smaller and faster, and may stand beside it. A file that is there is
never written over.`,
		Example: `  usher mail dkim keygen --domain example.com --selector usher1 -o usher1.pem`,
		Args:    onlyFlags,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if key.Domain == "" || key.Selector == "" || key.File == "" {
				return usageError{fmt.Errorf("%s needs --domain, --selector and --output", cmd.CommandPath())}
			}
			text, err := dkim.Generate(dkim.Kind(kind))
			if err != nil {
				return usageError{fmt.Errorf("--type: %w", err)}
			}
			if err := writeNew(key.File, text, 0o600); err != nil {
				return err
			}
			made, err := dkim.Read(key)
			if err != nil {
				return err
			}
			name, record, err := made.Record()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "The key is in %s (private: keep it). Publish, as one record:\n\n%s. IN TXT ( %s )\n", key.File, name, quoted(record))
			return err
		},
	}
	cmd.Flags().StringVar(&key.Domain, "domain", "", "`domain` of the senders")
	cmd.Flags().StringVar(&key.Selector, "selector", "", "`name` of the key in the DNS, in small letters")
	cmd.Flags().StringVar(&kind, "type", string(dkim.RSA), "`kind` of key: rsa or ed25519")
	cmd.Flags().StringVarP(&key.File, "output", "o", "", "where the key goes")
	return cmd
}

// stringMost is how long one string of a TXT record may be (RFC 1035 §3.3).
const stringMost = 255

// quoted writes a record as the strings of a zone's file.
func quoted(record string) string {
	var parts []string
	for len(record) > stringMost {
		parts, record = append(parts, `"`+record[:stringMost]+`"`), record[stringMost:]
	}
	return strings.Join(append(parts, `"`+record+`"`), " ")
}

// lookupTimeout bounds one question to the DNS.
const lookupTimeout = 10 * time.Second

func newDKIMCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look whether the DNS has the keys that sign mails",
		Long: `Reads the keys at mail.dkim of the configuration and looks each one's record up, with the resolver of this machine.
Fails when one is missing, revoked, there twice, or another key's.`,
		Example: `  usher mail dkim check --config usher.yaml`,
		Args:    onlyFlags,
	}
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	bindErr := config.BindFlags(all)
	cmd.Flags().AddFlag(all.Lookup("config"))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if bindErr != nil {
			return bindErr
		}
		c, err := config.Load(config.Process(cmd.Flags()))
		if err != nil {
			return err
		}
		if len(c.Mail.DKIM) == 0 {
			return errors.New("mail.dkim has no key: mails are not signed here; make one with usher mail dkim keygen")
		}
		for _, k := range c.Mail.DKIM {
			if err := checkDKIM(cmd.Context(), dkim.Config{Domain: k.Domain, Selector: k.Selector, File: k.KeyFile}); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s._domainkey.%s: the DNS has the key of %s.\n", k.Selector, k.Domain, k.KeyFile); err != nil {
				return err
			}
		}
		return nil
	}
	return cmd
}

func checkDKIM(ctx context.Context, c dkim.Config) error {
	key, err := dkim.Read(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	return key.Check(ctx, net.DefaultResolver.LookupTXT)
}
