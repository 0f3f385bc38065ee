package app

import (
	"fmt"
	"path/filepath"

	"github.com/usher-id/usher/config"
)

// announce tells a person at a terminal where things are.
func (a *App) announce() {
	c := a.config.Current()
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(a.options.Out, format+"\n", args...) }
	say("Usher %s is ready.", Version())
	say("  API and pages   %s", c.PublicURL)
	say("  operators       http://%s", a.Ready.Operator)
	if c.Mail.Provider == config.MailSink {
		say("  mail sink       http://%s/sink", a.Ready.Operator)
	}
	token := c.Operator.TokenFile
	if token == "" {
		token = filepath.Join(c.DataDir, "operator.token")
	}
	say("  operator token  %s", token)
	if a.options.Development {
		say("Stop with Ctrl-C; everything is kept in %s.", c.DataDir)
	}
}
