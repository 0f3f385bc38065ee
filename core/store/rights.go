package store

import (
	"context"

	"github.com/usher-id/usher/core"
)

var rightsSQL = actor + ` SELECT ` + rightsColumns

// MayManage gives the actor's role in the tenant, and no error when the actor may manage it
// right now: an active owner or admin of an active tenant whose session lives. A
// foreign tenant is [core.NotFound], like one that does not exist.
func (s *Store) MayManage(ctx context.Context, a core.Actor, tenant core.ID) (core.Role, error) {
	var r rights
	err := s.hot.QueryRow(ctx, rightsSQL, uuid(tenant), uuid(a.UserID), uuid(a.SessionID)).Scan(&r.session, &r.role, &r.tenant)
	if err != nil {
		return "", failure("read the actor's rights", err)
	}
	return core.Role(r.role.String), r.refusal()
}
