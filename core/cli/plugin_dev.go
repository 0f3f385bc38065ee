package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/kit"
	"github.com/usher-id/usher/plugins/project"
)

func newPluginDev() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dev [FOLDER]",
		Short: "Build, test and swap a plugin at each change of its source, and show its calls",
		Long: `Watches the project in a folder, or in this one. At each change it builds, runs the fixtures in the real runtime and,
when all pass, has the host that runs here (usher dev) serve the plugin: as a version of its own, such as
0.1.0-dev.1764000000000, which the registry of that host keeps. Between changes it shows each call with what was asked,
answered and logged. Without a host it still builds and tests, and looks for one at the next change.

What a plugin asks for beyond its hooks is granted in the host's configuration: the host says what to write.`,
		Example: `  usher dev &
  cd company-domain && usher plugin dev`,
		Args: atMostFolder,
	}
	find := operatorFlags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		d := &developing{cmd: cmd, dir: folder(args), find: find}
		defer d.stopShowing()
		return d.run(cmd.Context())
	}
	return cmd
}

// developing is a project that is worked on.
type developing struct {
	cmd     *cobra.Command
	dir     string
	find    func(*cobra.Command) (*host, error)
	stop    context.CancelFunc // ends the showing of calls; nil when none are shown
	showing chan struct{}      // closed when that has ended
}

// run goes round at each change until the context ends, which is no error.
func (d *developing) run(ctx context.Context) error {
	for {
		seen := project.Stamp(d.dir)
		if err := d.round(ctx); err != nil && ctx.Err() == nil {
			d.say("%v", err)
		}
		if ctx.Err() != nil {
			return nil
		}
		d.say("Watching %s; ^C stops.", d.dir)
		if err := project.AwaitChange(ctx, d.dir, seen); err != nil {
			return nil //nolint:nilerr // the person stopped it
		}
	}
}

// round builds, tests and swaps once.
func (d *developing) round(ctx context.Context) error {
	began := time.Now()
	p, err := built(d.cmd, d.dir)
	if err != nil {
		return err
	}
	wasm, err := os.ReadFile(p.Module())
	if err != nil {
		return err
	}
	d.say("built %s in %v, %d KB", p.Module(), time.Since(began).Round(time.Millisecond), (len(wasm)+999)/1000)
	results, err := kit.Run(ctx, wasm, nil)
	failed := writeResults(d.cmd.OutOrStdout(), results)
	if err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d fixtures failed, so nothing is swapped", failed, len(results))
	}
	return d.swap(ctx, p.Name, wasm)
}

// swap has the host serve the module.
func (d *developing) swap(ctx context.Context, name string, wasm []byte) error {
	h, err := d.find(d.cmd)
	if err != nil {
		return fmt.Errorf("not swapped: %w", err)
	}
	wasm, err = asDraft(wasm, time.Now())
	if err != nil {
		return err
	}
	d.stopShowing() // what is printed here comes before the first call of the new version
	var version versionAnswer
	if err := h.post(ctx, versionsPath, pushBody{Wasm: wasm}, &version); err != nil {
		return fmt.Errorf("not swapped: %w", err)
	}
	began := time.Now()
	var made releaseAnswer
	body := releaseBody{Kind: "activate", Version: version.Digest, Reason: "usher plugin dev", Now: true}
	if err := h.post(ctx, releasesPath, body, &made); err != nil {
		return fmt.Errorf("not swapped: %w", err)
	}
	begin, err := h.callsAfter(ctx, -1, name)
	if err != nil {
		return err
	}
	if err := h.follow(ctx, made.Number, began, time.Minute); err != nil {
		return err
	}
	d.show(ctx, h, begin.Last, name)
	return nil
}

// asDraft gives a module the version of a draft: later than the drafts before, earlier than the version itself.
func asDraft(wasm []byte, now time.Time) ([]byte, error) {
	facts, err := plugins.Inspect(wasm)
	if err != nil {
		return nil, err
	}
	if facts.Manifest == nil {
		return nil, errors.New("the module has no manifest")
	}
	text, err := json.Marshal(facts.Manifest)
	if err != nil {
		return nil, err
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	if members["version"], err = json.Marshal(project.DraftVersion(facts.Manifest.Version, now)); err != nil {
		return nil, err
	}
	if text, err = json.Marshal(members, json.Deterministic(true)); err != nil {
		return nil, err
	}
	return plugins.Pack(wasm, text)
}

// show prints calls until stopShowing.
func (d *developing) show(ctx context.Context, h *host, after int64, name string) {
	ctx, d.stop = context.WithCancel(ctx)
	d.showing = make(chan struct{})
	done := d.showing
	go func() {
		defer close(done)
		if err := h.showCalls(ctx, after, name); err != nil {
			d.say("calls are shown no more: %v", err)
		}
	}()
}

func (d *developing) stopShowing() {
	if d.stop != nil {
		d.stop()
		<-d.showing
		d.stop = nil
	}
}

func (d *developing) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.cmd.OutOrStdout(), format+"\n", args...)
}
