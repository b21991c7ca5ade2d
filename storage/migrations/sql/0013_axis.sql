-- Changes of the directory that wait for an administrator's word, and groups of agencies that can be written to.

-- What somebody wants of the directory: `by` an administrator (TM-53), or `system` through the axis client. Decided
-- once, by another person than `by`; what was asked for never changes. NULL: that is not asked for.
CREATE TABLE agency_requests (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action      text NOT NULL CHECK (action IN ('add', 'alias', 'dissolve')),
    code        text NOT NULL CHECK (code ~ '^[0-9A-Za-z._-]{1,35}$'),
    name        text,
    level       text,
    parent      text,
    alias       text,
    kind        text,
    valid_from  date,
    valid_until date,
    mail        text,
    phone       text,
    fax         text,
    reason      text NOT NULL DEFAULT '',  -- why it waits: what it is taken for
    by          text,
    system      text REFERENCES systems (id),
    asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'refused')),
    decided_by  text,
    decided_at  timestamptz,
    CHECK ((by IS NULL) <> (system IS NULL)),
    CHECK ((state = 'waiting') = (decided_at IS NULL)),
    CHECK (state <> 'approved' OR decided_by IS DISTINCT FROM by)
);
CREATE INDEX agency_requests_waiting ON agency_requests (id) WHERE state = 'waiting';

-- Members named one by one, and those that a rule finds: of a level, below an agency at any depth, or both.
CREATE TABLE agency_groups (
    name     text PRIMARY KEY CHECK (name ~ '^[0-9A-Za-z._-]{1,64}$'),
    title    text NOT NULL DEFAULT '',
    level    text CHECK (level IN ('so', 'huyen', 'xa', 'tinh')),
    below    text REFERENCES agencies (code),
    added_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE agency_group_members (
    name   text NOT NULL REFERENCES agency_groups (name) ON DELETE CASCADE,
    agency text NOT NULL REFERENCES agencies (code),
    PRIMARY KEY (name, agency)
);
