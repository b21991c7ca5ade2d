-- Axes above this one: through them go documents for agencies beyond, and come those for ours (DESIGN decision 11).

-- `system` and `secret`: who this exchange is there; the axis's HMAC needs the secret as it is. `stands_for`: the system
-- under which what comes down is kept; nobody enters as it. `seal`: DER of what the parent signs its own 01 with.
CREATE TABLE parents (
    name        text PRIMARY KEY CHECK (name ~ '^[0-9A-Za-z._-]{1,32}$'),
    url         text NOT NULL CHECK (url ~ '^https?://'),
    system      text NOT NULL CHECK (system ~ '^[0-9A-Za-z._-]{1,64}$'),
    secret      text NOT NULL CHECK (secret <> ''),
    stands_for  text NOT NULL REFERENCES systems (id),
    vouches     boolean NOT NULL DEFAULT false,
    seal        bytea,
    added_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    disabled_at timestamptz
);

-- How each direction does: when it is due, and how it went the last time.
CREATE TABLE parent_lines (
    parent      text NOT NULL REFERENCES parents (name),
    direction   text NOT NULL CHECK (direction IN ('up', 'down')),
    due_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    tried_at    timestamptz,
    answered_at timestamptz,
    failures    integer NOT NULL DEFAULT 0,
    outcome     text,
    PRIMARY KEY (parent, direction)
);

-- NULL: an agency of this exchange; else it is reached through that parent.
ALTER TABLE agencies ADD COLUMN beyond text REFERENCES parents (name);
CREATE INDEX agencies_beyond ON agencies (beyond, code) WHERE beyond IS NOT NULL;

-- What goes up: one row for each envelope and parent, written with the deliveries, so that none is forgotten.
-- `dropped`: nobody there is to hear of it after all.
CREATE TABLE upward (
    parent   text NOT NULL REFERENCES parents (name),
    envelope uuid NOT NULL REFERENCES envelopes (id),
    state    text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'refused', 'dropped')),
    doc_id   text,                          -- the parent's id of it
    attempts integer NOT NULL DEFAULT 0,    -- answers that were neither yes nor no
    due_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    failure  text,
    ended_at timestamptz,
    PRIMARY KEY (parent, envelope),
    CHECK ((state = 'sent') = (doc_id IS NOT NULL)),
    CHECK ((state = 'waiting') = (ended_at IS NULL))
);
CREATE INDEX upward_waiting ON upward (parent, envelope) WHERE state = 'waiting';
CREATE INDEX upward_refused ON upward (parent, envelope) WHERE state = 'refused';

CREATE FUNCTION go_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO upward (parent, envelope)
    SELECT DISTINCT a.beyond, n.envelope FROM new_deliveries n JOIN agencies a ON a.code = n.recipient
    WHERE a.beyond IS NOT NULL ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER deliveries_go_up AFTER INSERT ON deliveries REFERENCING NEW TABLE AS new_deliveries
    FOR EACH STATEMENT EXECUTE FUNCTION go_up();

-- An agency beyond confirms nothing here: its first word about a document says that the document is there.
CREATE FUNCTION arrive_beyond() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM agencies WHERE code = NEW.recipient AND beyond IS NOT NULL) THEN
        NEW.confirmed_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER deliveries_arrive_beyond BEFORE UPDATE OF state ON deliveries FOR EACH ROW
    WHEN (NEW.confirmed_at IS NULL AND NEW.withdrawn_at IS NULL AND NOT NEW.held
          AND NEW.state NOT IN ('waiting', 'recall_asked'))
    EXECUTE FUNCTION arrive_beyond();

-- What came down: one row for each message the parent listed. `echo`: what one of ours sent up came back, as it does
-- where another recipient of it is ours, too. `told_at`: when the parent was told done, or of a refusal fail.
CREATE TABLE downward (
    parent   text NOT NULL REFERENCES parents (name),
    doc_id   text NOT NULL,
    state    text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'taken', 'echo', 'refused')),
    envelope uuid REFERENCES envelopes (id),
    sender   text NOT NULL DEFAULT '',      -- as the parent lists it
    failure  text,
    attempts integer NOT NULL DEFAULT 0,
    due_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    told_at  timestamptz,
    PRIMARY KEY (parent, doc_id),
    CHECK ((state = 'taken') = (envelope IS NOT NULL))
);
CREATE INDEX downward_refused ON downward (parent, seen_at) WHERE state IN ('waiting', 'refused');
