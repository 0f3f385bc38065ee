// Package config is everything that an operator edits, and the only package that
// reads the environment. It loads, checks, shows, compares and reloads.
//
//	defaults.yaml ─▶ dev.yaml ─▶ preset ─▶ file ─▶ environment ─▶ flags
//	(the reference)  usher dev   the host   YAML    USHER_…       --key value
//	                                  │
//	                        every key known, every value of its type,
//	                        within bounds, rules between keys kept
//	                                  │
//	                              *Config, whole and never changed, or every
//	                              problem at once and the old one stays
//
// config.go has the typed settings: their tags name the key, the bounds, and
// whether a reload may change it while the host runs (live) or a restart is
// needed. defaults.yaml has each key with its default and what it means; the usage
// text of the flags comes from there. [Load] reads once; [Live] holds the
// configuration in force and reloads it, asked by [Live.Reload] or by a change of
// the file ([Live.Watch]).
//
// What a setting does is its reader's business: package app hands each part its
// section and subscribes the parts that can change while they run.
package config
