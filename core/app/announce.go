package app

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/usher-id/usher/config"
)

// kept is where the data of a development host are: the database may need a place of its own.
func (a *App) kept() string {
	dir := a.config.Current().DataDir
	if a.postgres == nil {
		return dir + " and in the database that you named"
	}
	if own, err := postgresDir(dir); err == nil && !strings.HasPrefix(own, dir) && filepath.Dir(own) == rootData {
		return dir + ", the database in " + own
	}
	return dir
}

// announce tells a person at a terminal where things are.
func (a *App) announce() {
	c := a.config.Current()
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(a.options.Out, format+"\n", args...) }
	say("Usher %s is ready.", Version())
	say("  API and pages   %s", c.PublicURL)
	say("  operators       http://%s", a.Ready.Operator)
	say("  plugins         http://%s/plugins", a.Ready.Operator)
	if c.Mail.Provider == config.MailSink {
		say("  mail sink       http://%s/sink", a.Ready.Operator)
	}
	say("  operator token  %s", c.Operator.TokenFile)
	if a.options.Development {
		say("Stop with Ctrl-C; everything is kept in %s.", a.kept())
	}
}
