package web

import (
	"time"

	"github.com/usher-id/usher/core"
)

type meAnswer struct {
	User        userAnswer     `json:"user"`
	Memberships []myMembership `json:"memberships" nullable:"false"`
}

type myMembership struct {
	Tenant    tenantRef `json:"tenant"`
	Role      core.Role `json:"role" enum:"owner,admin,member"`
	CreatedAt time.Time `json:"created_at"`
}

func (s *Server) me(r *request) (meAnswer, error) {
	me, err := s.identity.Me(r.Context(), *r.actor)
	if err != nil {
		return meAnswer{}, err
	}
	out := meAnswer{User: userOf(me.User), Memberships: make([]myMembership, 0, len(me.Memberships))}
	for _, m := range me.Memberships {
		out.Memberships = append(out.Memberships, myMembership{Tenant: tenantRef(m.Tenant), Role: m.Role, CreatedAt: m.CreatedAt.UTC()})
	}
	return out, nil
}
