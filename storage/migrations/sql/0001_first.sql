-- The first schema. Digests are 32 raw bytes; times are stamped by this database's clock; sizes are bytes.

CREATE TABLE agencies (
    code      text PRIMARY KEY CHECK (code ~ '^[0-9A-Za-z._-]{1,35}$'),
    name      text NOT NULL CHECK (name <> ''),
    level     text CHECK (level IN ('so', 'huyen', 'xa', 'tinh')),
    parent    text REFERENCES agencies (code),
    likeness  text NOT NULL,  -- the name, equal for names that people take for one another
    locked_at timestamptz,
    added_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX agencies_likeness ON agencies (likeness);

-- Every code by which an agency is known, its own among them; other tables name agencies by their own code only.
CREATE TABLE agency_codes (
    code     text PRIMARY KEY CHECK (code ~ '^[0-9A-Za-z._-]{1,35}$'),
    agency   text NOT NULL REFERENCES agencies (code),
    likeness text NOT NULL,  -- equal for codes that people take for one another; nothing is found by it
    added_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX agency_codes_agency ON agency_codes (agency);
CREATE INDEX agency_codes_likeness ON agency_codes (likeness);

CREATE TABLE systems (
    id             text PRIMARY KEY CHECK (id ~ '^[0-9A-Za-z._-]{1,64}$'),
    allow_unsigned boolean NOT NULL DEFAULT false,
    strict         boolean NOT NULL DEFAULT false,  -- refused for what is only warned of elsewhere
    axis_secret    text NOT NULL,  -- the axis client's HMAC needs the secret itself, so it cannot be kept as a digest
    disabled_at    timestamptz,
    added_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE system_agencies (
    system text NOT NULL REFERENCES systems (id),
    agency text NOT NULL REFERENCES agencies (code),
    PRIMARY KEY (system, agency)
);

CREATE TABLE credentials (
    id            text PRIMARY KEY,
    system        text NOT NULL REFERENCES systems (id),
    secret_sha256 bytea NOT NULL CHECK (length(secret_sha256) = 32),
    added_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at    timestamptz,
    revoked_at    timestamptz
);
CREATE INDEX credentials_system ON credentials (system);

CREATE TABLE certificates (
    sha256     bytea PRIMARY KEY CHECK (length(sha256) = 32),
    agency     text NOT NULL REFERENCES agencies (code),
    der        bytea NOT NULL,
    subject    text NOT NULL,
    not_before timestamptz NOT NULL,
    not_after  timestamptz NOT NULL,
    added_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_at timestamptz
);
CREATE INDEX certificates_agency ON certificates (agency);

CREATE TABLE trust_roots (
    sha256   bytea PRIMARY KEY CHECK (length(sha256) = 32),
    der      bytea NOT NULL,
    subject  text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE revocation_lists (
    sha256      bytea PRIMARY KEY CHECK (length(sha256) = 32),
    der         bytea NOT NULL,
    issuer      text NOT NULL,
    this_update timestamptz NOT NULL,
    next_update timestamptz,
    added_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Grows by one with every change of roots or revocation lists, so that each process knows when to read them anew.
CREATE TABLE trust_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  bigint NOT NULL
);
INSERT INTO trust_version (version) VALUES (1);

CREATE TABLE envelopes (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('document', 'status')),
    operation     text CHECK (operation IN ('new', 'recall', 'update', 'replace')),
    sender        text NOT NULL REFERENCES agencies (code),
    system        text REFERENCES systems (id),  -- NULL: written by the exchange itself
    reference     text NOT NULL,
    sha256        bytea NOT NULL CHECK (length(sha256) = 32),
    size          bigint NOT NULL CHECK (size > 0),
    skeleton      bytea NOT NULL,
    identity      bytea NOT NULL CHECK (length(identity) = 32),
    outcome       text NOT NULL CHECK (outcome IN ('verified', 'verified_weak', 'absent', 'held')),
    profile       text CHECK (profile IN ('P', 'W')),
    certificate   bytea,
    held_reason   text,
    number        text NOT NULL DEFAULT '',
    notation      text NOT NULL DEFAULT '',
    subject       text NOT NULL DEFAULT '',
    issued_on     date,
    urgency       smallint NOT NULL DEFAULT 0 CHECK (urgency BETWEEN 0 AND 4),
    due_on        date,
    undeliverable jsonb NOT NULL DEFAULT '[]',
    warnings      jsonb NOT NULL DEFAULT '[]',
    receipt       bytea NOT NULL,
    accepted_at   timestamptz NOT NULL,
    CHECK ((kind = 'document') = (operation IS NOT NULL)),
    CHECK ((outcome = 'held') = (held_reason IS NOT NULL))
);
-- One new document per sender and reference; the check has no switch (field complaint 4). A second recall or update of
-- the same document is honest and comes under the same reference, so these are known again by what was signed.
CREATE UNIQUE INDEX envelopes_reference ON envelopes (sender, reference) WHERE operation = 'new';
CREATE UNIQUE INDEX envelopes_identity ON envelopes (sender, identity) WHERE operation IS DISTINCT FROM 'new';
CREATE INDEX envelopes_outbox ON envelopes (sender, accepted_at DESC, id DESC);
CREATE INDEX envelopes_by_reference ON envelopes (reference) WHERE kind = 'document';
CREATE INDEX envelopes_held ON envelopes (accepted_at) WHERE outcome = 'held';

-- Objects the exchange answers for. `checked_at`: last time the bytes were read back whole and compared.
CREATE TABLE objects (
    sha256        bytea PRIMARY KEY CHECK (length(sha256) = 32),
    size          bigint NOT NULL CHECK (size >= 0),
    stored_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    checked_at    timestamptz,
    missing_since timestamptz
);
CREATE INDEX objects_unchecked ON objects (checked_at NULLS FIRST);

-- An upload under way: the sweeper leaves these objects alone until the time is over.
CREATE TABLE upload_intents (
    envelope uuid NOT NULL,
    object   bytea NOT NULL CHECK (length(object) = 32),
    until    timestamptz NOT NULL,
    PRIMARY KEY (envelope, object)
);
CREATE INDEX upload_intents_object ON upload_intents (object);

CREATE TABLE attachments (
    envelope          uuid NOT NULL REFERENCES envelopes (id),
    n                 integer NOT NULL CHECK (n > 0),
    name              text NOT NULL,
    media_type        text NOT NULL,
    object            bytea NOT NULL REFERENCES objects (sha256),
    size              bigint NOT NULL,
    cut               integer NOT NULL,  -- position in the skeleton where the text stood
    text_size         bigint NOT NULL,
    layout            text,              -- NULL: the text is kept verbatim in text_object
    text_object       bytea REFERENCES objects (sha256),
    opened_object     bytea REFERENCES objects (sha256),  -- the file inside a one-entry zip, when there is one
    opened_size       bigint,
    opened_media_type text,
    PRIMARY KEY (envelope, n),
    CHECK ((layout IS NULL) = (text_object IS NOT NULL)),
    CHECK ((opened_object IS NULL) = (opened_size IS NULL))
);
CREATE INDEX attachments_object ON attachments (object);
CREATE INDEX attachments_text_object ON attachments (text_object) WHERE text_object IS NOT NULL;
CREATE INDEX attachments_opened_object ON attachments (opened_object) WHERE opened_object IS NOT NULL;

CREATE TABLE deliveries (
    id           uuid PRIMARY KEY,
    envelope     uuid NOT NULL REFERENCES envelopes (id),
    recipient    text NOT NULL REFERENCES agencies (code),
    kind         text NOT NULL CHECK (kind IN ('document', 'status')),
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN
                 ('waiting', 'collected', 'refused', 'accepted', 'assigned', 'in_hand', 'completed',
                  'recall_asked', 'recalled')),
    state_before text,                 -- where a refused recall goes back to
    urgency      smallint NOT NULL DEFAULT 0,
    held         boolean NOT NULL DEFAULT false,
    accepted_at  timestamptz NOT NULL,
    fetched_at   timestamptz,
    confirmed_at timestamptz,
    about        uuid REFERENCES deliveries (id),  -- status: the delivery it speaks of
    status_code  text,
    status_text  text,
    reported_at  timestamptz,
    UNIQUE (envelope, recipient),
    CHECK ((kind = 'status') = (status_code IS NOT NULL))
);
CREATE INDEX deliveries_waiting ON deliveries (recipient, urgency DESC, accepted_at, id)
    WHERE confirmed_at IS NULL AND NOT held;
CREATE INDEX deliveries_recipient ON deliveries (recipient, accepted_at DESC, id DESC);
CREATE INDEX deliveries_about ON deliveries (about) WHERE about IS NOT NULL;

CREATE TABLE events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery    uuid NOT NULL REFERENCES deliveries (id),
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    event       text NOT NULL,
    code        text,
    by          text,
    description text,
    flagged     boolean NOT NULL DEFAULT false,
    envelope    uuid REFERENCES envelopes (id)  -- the status message that says so
);
CREATE INDEX events_delivery ON events (delivery, id);

-- History is only ever added to (conformance C38).
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER envelopes_kept BEFORE DELETE OR TRUNCATE ON envelopes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE accounts (
    name          text PRIMARY KEY CHECK (name ~ '^[0-9A-Za-z._-]{1,64}$'),
    role          text NOT NULL CHECK (role IN ('clerk', 'administrator')),
    agency        text REFERENCES agencies (code),
    password_hash text NOT NULL,
    added_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    disabled_at   timestamptz,
    CHECK ((role = 'clerk') = (agency IS NOT NULL))
);

CREATE TABLE sessions (
    token_sha256 bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
    data         jsonb NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row per kind of background work. One process at a time holds the lease; `token` grows with every claim, so that
-- what a process writes after its lease was given to another is refused (RELIABILITY section 3, step 6).
CREATE TABLE chores (
    name        text PRIMARY KEY,
    token       bigint NOT NULL DEFAULT 1,
    worker      text NOT NULL,
    lease_until timestamptz,           -- NULL: nobody is at it
    due_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,           -- last attempt that came to its end
    failures    integer NOT NULL DEFAULT 0,  -- attempts in a row that failed
    outcome     text                   -- of the last attempt: 'done', 'stopped', or what went wrong
);
