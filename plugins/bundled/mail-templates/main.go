//go:build wasip1

// Command mail-templates is a plugin for the hook message.render: it writes the
// mails of the pipeline, warmly, in English and German. Package letter holds its
// logic.
package main

import (
	"github.com/usher-id/usher/plugins/bundled/mail-templates/letter"
	"github.com/usher-id/usher/sdk/renderer"
)

var plugin = renderer.New(letter.Write)

//go:wasmexport usher_message_render
func messageRender() int32 { return plugin.Serve() }

func main() {}
