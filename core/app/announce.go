package app

import (
	"fmt"

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
	say("  operator token  %s", c.Operator.TokenFile)
	if a.options.Development {
		say("Stop with Ctrl-C; everything is kept in %s.", c.DataDir)
	}
}
