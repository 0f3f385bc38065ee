package plugins

import (
	"context"
	"sync"
)

// maxSpare bounds the shares that are kept to be used again.
const maxSpare = 64

// shares keep one tenant from holding every instance of a plugin: the others
// always find one that the tenant cannot have. Calls without a tenant are not
// bounded. It is safe for concurrent use.
type shares struct {
	most int // instances of one tenant; 0 for no bound

	mu       sync.Mutex
	byTenant map[string]*share
	spare    []*share
}

// share is what one tenant has at the moment.
type share struct {
	tenant string
	slots  chan struct{} // full while the tenant has all that it may
	users  int           // calls that hold or wait for a slot
}

// newShares leaves others one of a plugin's instances, where it has more than one.
func newShares(instances int) *shares {
	return &shares{most: instances - 1, byTenant: map[string]*share{}}
}

// enter waits until the tenant may have one more instance, as long as the context
// allows; it gives false when that did not come. What it gives is to be left.
func (s *shares) enter(ctx context.Context, tenant string) (*share, bool) {
	if s.most <= 0 || tenant == "" {
		return nil, true
	}
	own := s.join(tenant)
	select {
	case own.slots <- struct{}{}:
		return own, true
	case <-ctx.Done():
		s.quit(own)
		return nil, false
	}
}

// try is enter without waiting.
func (s *shares) try(tenant string) (*share, bool) {
	if s.most <= 0 || tenant == "" {
		return nil, true
	}
	own := s.join(tenant)
	select {
	case own.slots <- struct{}{}:
		return own, true
	default:
		s.quit(own)
		return nil, false
	}
}

// leave gives a slot back; nil is none.
func (s *shares) leave(own *share) {
	if own != nil {
		<-own.slots
		s.quit(own)
	}
}

func (s *shares) join(tenant string) *share {
	s.mu.Lock()
	defer s.mu.Unlock()
	own, ok := s.byTenant[tenant]
	if !ok {
		if n := len(s.spare); n > 0 {
			own, s.spare = s.spare[n-1], s.spare[:n-1]
		} else {
			own = &share{slots: make(chan struct{}, s.most)}
		}
		own.tenant = tenant
		s.byTenant[tenant] = own
	}
	own.users++
	return own
}

func (s *shares) quit(own *share) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if own.users--; own.users > 0 {
		return
	}
	delete(s.byTenant, own.tenant)
	if len(s.spare) < maxSpare {
		s.spare = append(s.spare, own)
	}
}
