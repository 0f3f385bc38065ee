package app

import (
	"context"
	"log/slog"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/release/cost"
	"github.com/usher-id/usher/core/signal"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins"
)

// PluginKV lets plugins keep their entries in s.
func PluginKV(s *store.Store) host.KV { return pluginKV{func() *store.Store { return s }} }

// Judge judges modules by what a configuration trusts.
func Judge(trust config.Trust) release.Judge { return judge{func() config.Trust { return trust }} }

// Lineup is a host as far as it loads plugins.
type Lineup struct {
	*lineup

	app    *App
	Failed chan error // what could not be put together again
}

// NewLineup is a host that loads nothing as yet, and gets the modules of versions from fetch.
func NewLineup(e *plugins.Engine, fetch func(digest string) ([]byte, error)) Lineup {
	l := Lineup{Failed: make(chan error, 16)}
	l.lineup = &lineup{
		engine: e,
		fetch:  func(_ context.Context, _ config.Trust, digest string) ([]byte, error) { return fetch(digest) },
		probed: func(string, string, string, cost.Call) {},
		failed: func(err error) { l.Failed <- err },
	}
	l.app = &App{engine: e, lineup: l.lineup, log: slog.New(slog.DiscardHandler), signals: signal.Nop(), loaded: make(chan struct{})}
	close(l.app.loaded)
	return l
}

// Reload has a configuration in force, as a reload does.
func (l Lineup) Reload(ctx context.Context, next config.Plugins) error {
	ready, err := l.app.preparePlugins(ctx, &config.Config{Plugins: l.now().config}, &config.Config{Plugins: next})
	if err == nil {
		ready.Commit()
	}
	return err
}

// Whole is nil while what serves was put together from the release and the configuration.
func (l Lineup) Whole() error { return l.whole() }
