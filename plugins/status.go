package plugins

import "github.com/usher-id/usher/hostapi"

// Status is one loaded plugin.
type Status struct {
	Name      string
	Version   string
	Digest    string // hex of the SHA-256 of the module
	Hooks     []hostapi.Hook
	Instances int
	Memory    int64 // bytes of linear memory of its instances when warm
}

// Status lists the loaded plugins in their order. It is quick.
func (e *Engine) Status() []Status {
	s := e.acquire()
	if s == nil {
		return nil
	}
	defer s.release()
	list := make([]Status, 0, len(s.versions))
	for _, v := range s.versions {
		n := v.pool.size()
		list = append(list, Status{
			Name: v.name, Version: v.label, Digest: v.digest, Hooks: v.hooks,
			Instances: n, Memory: int64(n) * int64(v.snapshot.size),
		})
	}
	return list
}

// Link is one binding in the chain of its hook.
type Link struct {
	Binding // with every default filled in

	Order       int // in the chain, from 1
	Version     string
	Digest      string
	SwitchedOff bool // by safe mode
	BreakerOpen bool // it failed too often and is only probed
	Failures    int  // in a row
}

// Links lists the bindings, hook by hook in the order of the pipeline, each chain in
// its order. It is quick.
func (e *Engine) Links() []Link {
	s := e.acquire()
	if s == nil {
		return nil
	}
	defer s.release()
	safe := e.safe.Load()
	var list []Link
	for _, h := range hostapi.Hooks() {
		for _, b := range s.hooks[h] {
			list = append(list, Link{
				Binding: b.Binding, Order: b.order, Version: b.version.label, Digest: b.version.digest,
				SwitchedOff: safe.covers(b), BreakerOpen: b.breaker.open(), Failures: b.breaker.failures(),
			})
		}
	}
	return list
}
