package app

import (
	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core/release"
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/hostapi/host"
)

// PluginKV lets plugins keep their entries in s.
func PluginKV(s *store.Store) host.KV { return pluginKV{func() *store.Store { return s }} }

// Judge judges modules by what a configuration trusts.
func Judge(trust config.Trust) release.Judge { return judge{func() config.Trust { return trust }} }
