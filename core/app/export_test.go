package app

import (
	"github.com/usher-id/usher/core/store"
	"github.com/usher-id/usher/hostapi/host"
)

// PluginKV lets plugins keep their entries in s.
func PluginKV(s *store.Store) host.KV { return pluginKV{func() *store.Store { return s }} }
