package cli

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

const previewPath = "/admin/v1/mail/preview"

// previewAnswer is a letter as the operator API gives it.
type previewAnswer struct {
	Kind     string `json:"kind"`
	Language string `json:"language"`
	By       string `json:"by"`
	Subject  string `json:"subject"`
	HTML     string `json:"html"`
	Text     string `json:"text"`
}

func newMailPreview() *cobra.Command {
	var kind, locale, tenant, theme, out string
	cmd := operating(&cobra.Command{
		Use:   "preview",
		Short: "Show a mail as the host would send it now",
		Long: `Asks the host that runs on data_dir, or the one of --operator, to render a mail for nobody: by the plugin that is
bound, or natively, with the look of a tenant or of the installation. Its link is dead. Prints the subject and the text;
with --out both parts go into files. The page /mail of the operators' listener shows the same.`,
		Example: `  usher mail preview --kind invitation --locale ja
  usher mail preview --kind sign_in --locale de-AT --theme dark --out letters`,
		Args: onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		query := url.Values{}
		for name, value := range map[string]string{"kind": kind, "locale": locale, "tenant": tenant, "theme": theme} {
			if value != "" {
				query.Set(name, value)
			}
		}
		path := previewPath
		if len(query) > 0 {
			path += "?" + query.Encode()
		}
		var p previewAnswer
		if err := h.get(cmd.Context(), path, &p); err != nil {
			return err
		}
		if out == "" {
			return h.say("Subject: %s\nRendered by: %s\n\n%s", p.Subject, p.By, strings.TrimRight(p.Text, "\n"))
		}
		return h.keepLetter(out, theme, p)
	})
	flags := cmd.Flags()
	flags.StringVar(&kind, "kind", "", "`kind` of mail: owner_verification, invitation, existing_account, sign_in, password_reset or invitation_bounced (invitation)")
	flags.StringVar(&locale, "locale", "", "`language` of its reader, such as de-AT (English)")
	flags.StringVar(&tenant, "tenant", "", "`id` of the tenant whose name and look it has (the look of the installation)")
	flags.StringVar(&theme, "theme", "", "light or dark (as the reader's program is)")
	flags.StringVar(&out, "out", "", "`folder` for the HTML and the text, made where it is missing")
	return cmd
}

// keepLetter writes both parts of a letter into a folder.
func (h *host) keepLetter(folder, theme string, p previewAnswer) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	name := p.Kind
	for _, more := range []string{p.Language, theme} {
		if more != "" {
			name += "." + more
		}
	}
	for _, part := range []struct{ ending, content string }{{".html", p.HTML}, {".txt", p.Text}} {
		path := filepath.Join(folder, filepath.Base(name)+part.ending)
		if err := os.WriteFile(path, []byte(part.content), 0o644); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
		if err := h.say("%s", path); err != nil {
			return err
		}
	}
	return h.say("Subject: %s\nRendered by: %s", p.Subject, p.By)
}
