package job

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/core"
)

const (
	recordAct = `INSERT INTO operator_acts (actor, action, reason) VALUES ($1, $2, $3)`
	isPaused  = `SELECT EXISTS (SELECT FROM river_queue WHERE name = '` + core.MailJobQueue + `' AND paused_at IS NOT NULL)`
)

// Pause keeps the workers of all processes from taking mails, those that start later too,
// until Resume. What is under way ends. Who wants it and why are kept in the same commit.
func (c *Client) Pause(ctx context.Context, actor, reason string) error {
	return c.act(ctx, core.OperatorAct{Actor: actor, Action: core.ActMailPause, Reason: reason}, func(tx pgx.Tx) error {
		return c.river.QueuePauseTx(ctx, tx, core.MailJobQueue, nil)
	})
}

// Resume ends a pause, if there is one.
func (c *Client) Resume(ctx context.Context, actor, reason string) error {
	return c.act(ctx, core.OperatorAct{Actor: actor, Action: core.ActMailResume, Reason: reason}, func(tx pgx.Tx) error {
		return c.river.QueueResumeTx(ctx, tx, core.MailJobQueue, nil)
	})
}

func (c *Client) act(ctx context.Context, a core.OperatorAct, do func(pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, recordAct, a.Actor, a.Action, a.Reason); err != nil {
			return err
		}
		return do(tx)
	})
	if err != nil {
		return fmt.Errorf("job: %s: %w", a.Action, err)
	}
	return nil
}
