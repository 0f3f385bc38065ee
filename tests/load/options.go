package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// options are the command line.
type options struct {
	clients     []int
	tenants     int // in each round with many clients, without passwords
	invitations int // for each tenant
	rounds      int
	passwords   []bool // the modes to measure
	storm       bool
	wire        bool
	quick       bool
	profile     bool
	check       bool
	settings    map[string]string // of the host, by key, beside those that the program needs
	out         string            // folder for reports and logs
}

func parse(args []string, out io.Writer) (options, error) {
	o := options{storm: true, wire: true, settings: map[string]string{}}
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.SetOutput(out)
	clients := f.String("clients", "1,8,32", "how many at once, each in a run of its own")
	passwords := f.String("passwords", "both", "activation.password: off, required or both")
	f.IntVar(&o.tenants, "signups", 2000, "tenants in each round (a quarter with one client, a tenth with passwords)")
	f.IntVar(&o.invitations, "invitations", 1, "invitations for each tenant")
	f.IntVar(&o.rounds, "rounds", 3, "turns of floor and host with each number of clients")
	f.BoolVar(&o.quick, "quick", false, "a short run that shows that everything works; its figures mean nothing")
	f.BoolVar(&o.profile, "profile", false, "take profiles of the host under load, which costs it some speed")
	f.BoolVar(&o.check, "check", false, "exit with 1 when a target is missed")
	f.StringVar(&o.out, "out", filepath.Join("build", "bench"), "folder for the report as JSON and the host's log")
	f.Func("set", "a setting of the host, as key=value such as mail.workers=8; may be repeated", func(text string) error {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New("write key=value")
		}
		o.settings[key] = value
		return nil
	})
	if err := f.Parse(args); err != nil {
		return o, err
	}
	err := o.read(*clients, *passwords)
	if err != nil {
		_, _ = fmt.Fprintf(out, "load: %v\n", err)
	}
	if o.quick {
		o.tenants, o.rounds = 40, 1
	}
	return o, err
}

func (o *options) read(clients, passwords string) error {
	for item := range strings.SplitSeq(clients, ",") {
		n, err := strconv.Atoi(item)
		if err != nil || n < 1 || n > 1000 {
			return fmt.Errorf("-clients: %q is no number from 1 to 1000", item)
		}
		o.clients = append(o.clients, n)
	}
	if o.tenants < 1 || o.invitations < 1 || o.rounds < 1 {
		return errors.New("-signups, -invitations and -rounds begin at 1")
	}
	switch passwords {
	case "both":
		o.passwords = []bool{false, true}
	case "off":
		o.passwords = []bool{false}
	case "required":
		o.passwords = []bool{true}
	default:
		return fmt.Errorf("-passwords: %q is none of both, off, required", passwords)
	}
	return nil
}

// size is how many tenants one round has.
func (o *options) size(clients int, passwords bool) int {
	n := o.tenants
	if passwords {
		n /= 10
	}
	if clients == 1 {
		n /= 4
	}
	return max(n, 2*clients)
}
