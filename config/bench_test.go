package config_test

import (
	"log/slog"
	"testing"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := config.Load(config.Sources{Dev: true}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCurrent(b *testing.B) {
	s := config.Sources{}
	c, err := config.Load(s)
	if err != nil {
		b.Fatal(err)
	}
	live, err := config.NewLive(config.LiveDeps{
		Log: slog.New(slog.DiscardHandler), Signals: signal.Nop(), Clock: core.SystemClock{},
	}, s, c)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if live.Current().Activation.TokenTTL == 0 {
			b.Fatal("no configuration")
		}
	}
}
