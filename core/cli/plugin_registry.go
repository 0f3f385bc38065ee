package cli

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/usher-id/usher/hostapi"
)

// versionAnswer is a version as the operator API shows it. One of a list has no manifest.
type versionAnswer struct {
	Digest    string           `json:"digest"`
	Plugin    string           `json:"plugin"`
	Version   string           `json:"version"`
	Hooks     []string         `json:"hooks"`
	SizeBytes int              `json:"size_bytes"`
	KeyID     string           `json:"key_id"`
	Status    string           `json:"status"`
	Reason    string           `json:"status_reason"`
	StatusBy  string           `json:"status_by"`
	StatusAt  time.Time        `json:"status_at"`
	PushedBy  string           `json:"pushed_by"`
	PushedAt  time.Time        `json:"pushed_at"`
	Manifest  hostapi.Manifest `json:"manifest"`
	Cost      []roleCostAnswer `json:"cost"`
	Signature jsontext.Value   `json:"signature"`
}

func (v versionAnswer) signer() string {
	if v.KeyID == "" {
		return "unsigned"
	}
	return "signed with the key " + v.KeyID
}

func newPluginList() *cobra.Command {
	return operating(&cobra.Command{
		Use:   "list [PLUGIN]",
		Short: "List the versions in the host's registry",
		Long:  `Lists the versions of a plugin, or of all, the newest first. A version is good, quarantined or revoked.`,
		Example: `  usher plugin list
  usher plugin list company-domain --json`,
		Args: atMostOne,
	}, func(cmd *cobra.Command, h *host, args []string) error {
		path := versionsPath
		if len(args) > 0 {
			path += "?" + url.Values{"plugin": args}.Encode()
		}
		var list struct {
			Data []versionAnswer `json:"data"`
		}
		if err := h.get(cmd.Context(), path, &list); err != nil {
			return err
		}
		if len(list.Data) == 0 {
			return h.say("There is no version; put one there with: usher plugin push FILE.wasm")
		}
		return h.table(func(row func(cells ...any)) {
			row("PLUGIN", "VERSION", "DIGEST", "STATUS", "KEY", "PUSHED", "BY")
			for _, v := range list.Data {
				key := v.KeyID
				if key == "" {
					key = "unsigned"
				}
				row(v.Plugin, v.Version, short(v.Digest), v.Status, key, instant(v.PushedAt), v.PushedBy)
			}
		})
	})
}

func newPluginStatus() []*cobra.Command {
	var all []*cobra.Command
	for _, c := range []struct{ use, done, short, long string }{
		{
			"quarantine", "is quarantined", "Keep a version from serving, until it is cleared",
			"A version that is quarantined is tried no longer, and no release is made with it. Where it serves, it goes on\nuntil another does: see usher plugin rollback. It may be cleared.",
		},
		{
			"revoke", "is revoked, for ever", "Keep a version from ever serving again",
			"A version that is revoked is tried no longer, and no release is ever made with it again. Where it serves, it\ngoes on until another does: see usher plugin rollback. Build and push a newer one.",
		},
		{
			"clear", "is good again", "Let a version serve again that was quarantined",
			"Ends a quarantine. It does not make the version serve; activate it for that.",
		},
	} {
		var reason string
		cmd := operating(&cobra.Command{
			Use:   c.use + " DIGEST|PLUGIN@VERSION --reason TEXT",
			Short: c.short,
			Long: c.long + `

The reason stays with the version and in the audit. Of a digest, its first eight digits do when no other
version begins with them.`,
			Example: fmt.Sprintf("  usher plugin %s 4fbf2757 --reason \"see incident 12\"\n  usher plugin %s company-domain@1.4.0 --reason \"see incident 12\"", c.use, c.use),
			Args:    onlyVersion,
		}, func(cmd *cobra.Command, h *host, args []string) error {
			if reason == "" {
				return usageError{fmt.Errorf("%s needs --reason", cmd.CommandPath())}
			}
			var v versionAnswer
			err := h.post(cmd.Context(), versionPath(args[0])+"/"+c.use, map[string]string{"reason": reason}, &v)
			if err != nil {
				return err
			}
			return h.say("%s %s (%s) %s.", v.Plugin, v.Version, short(v.Digest), c.done)
		})
		cmd.Flags().StringVar(&reason, "reason", "", "why, on one line")
		all = append(all, cmd)
	}
	return all
}

func newPluginAudit() *cobra.Command {
	var most int
	cmd := operating(&cobra.Command{
		Use:   "audit",
		Short: "Say who did what to versions and releases",
		Long: `Lists what was done to the registry and to releases, the newest first. Names are as operators gave them
(--as): whoever has the operator token may give any name.`,
		Example: `  usher plugin audit --limit 200`,
		Args:    onlyFlags,
	}, func(cmd *cobra.Command, h *host, _ []string) error {
		if most < 1 {
			return usageError{fmt.Errorf("--limit is 1 or more")}
		}
		acts, err := h.acts(cmd, most)
		if err != nil {
			return err
		}
		return h.table(func(row func(cells ...any)) {
			row("TIME", "WHO", "WHAT", "PLUGIN", "DIGEST", "RELEASE", "WHY")
			for _, a := range acts {
				release := ""
				if a.Release > 0 {
					release = strconv.FormatInt(a.Release, 10)
				}
				row(instant(a.Time), a.Actor, a.Action, a.Plugin, short(a.Digest), release, a.Reason)
			}
		})
	})
	cmd.Flags().IntVar(&most, "limit", 50, "how many at most")
	return cmd
}

type actAnswer struct {
	Time    time.Time `json:"time"`
	Actor   string    `json:"actor"`
	Action  string    `json:"action"`
	Plugin  string    `json:"plugin"`
	Digest  string    `json:"digest"`
	Release int64     `json:"release"`
	Reason  string    `json:"reason"`
}

// mostActs is the most that the host gives in one answer.
const mostActs = 500

// acts reads as many pages as are needed.
func (h *host) acts(cmd *cobra.Command, most int) (all []actAnswer, err error) {
	query := url.Values{}
	for len(all) < most {
		var page struct {
			Data       []actAnswer `json:"data"`
			NextCursor string      `json:"next_cursor"`
		}
		query.Set("limit", strconv.Itoa(min(most-len(all), mostActs)))
		if err := h.get(cmd.Context(), "/admin/v1/plugins/acts?"+query.Encode(), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Data...)
		if page.NextCursor == "" {
			break
		}
		query.Set("cursor", page.NextCursor)
	}
	return all, nil
}

// versionPath is where the operator API has one version, by digest or name.
func versionPath(ref string) string { return versionsPath + "/" + url.PathEscape(ref) }

// short is a digest as a table shows it.
func short(digest string) string { return digest[:min(12, len(digest))] }

// instant writes a time for a column; nothing for none.
func instant(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format(time.RFC3339)
}

// onlyVersion is for a command that takes one version.
func onlyVersion(cmd *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return usageError{fmt.Errorf("%s takes one version, as a digest or PLUGIN@VERSION, not %q", cmd.CommandPath(), args)}
	}
	return nil
}

// atMostOne is for a command that takes one argument or none.
func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError{fmt.Errorf("%s takes one argument at most, not %q", cmd.CommandPath(), args)}
	}
	return nil
}
