-- What operators did, and the pace of mails by the domain that they go to.

-- +goose Up

-- Who did what to what runs, beside what was done to plugins, which has an audit of its own.
-- subject says to what, without a whole address.
CREATE TABLE operator_acts (
    id       uuid CONSTRAINT operator_acts_pkey PRIMARY KEY DEFAULT uuid_v7(),
    time     timestamptz NOT NULL DEFAULT now(),
    actor    text NOT NULL,
    action   text COLLATE "C" NOT NULL,
    subject  text NOT NULL DEFAULT '',
    reason   text NOT NULL DEFAULT ''
);
CREATE INDEX operator_acts_action_idx ON operator_acts (action, id);

-- A domain that is paced has two lines of turns, one turn every so often: mails that somebody
-- waits for stand in the first, mails of lists in the second, and who joins the first moves the
-- second back. All replicas share them, by the database's clock.
CREATE TABLE mail_pace (
    domain        text COLLATE "C" CONSTRAINT mail_pace_pkey PRIMARY KEY,
    next_single   timestamptz NOT NULL,
    next_bulk     timestamptz NOT NULL,
    paused_until  timestamptz NOT NULL DEFAULT '-infinity',
    paused_at     timestamptz NOT NULL DEFAULT '-infinity',
    pauses        integer NOT NULL DEFAULT 0,
    reason        text NOT NULL DEFAULT ''
);

-- +goose Down
DROP TABLE mail_pace, operator_acts;
