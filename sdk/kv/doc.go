// Package kv keeps entries for a plugin, those of each tenant apart. The bounds are the
// MaxKV constants of hostapi. A plugin that imports this package asks for the
// capability kv in its manifest.
package kv
