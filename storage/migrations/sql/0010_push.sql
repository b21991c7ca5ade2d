-- Addresses of agencies' systems that want to be told when something waits or moves, and what they are told.
CREATE TABLE webhooks (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system        text NOT NULL REFERENCES systems (id),
    url           text NOT NULL,
    events        text[] NOT NULL CHECK (cardinality(events) > 0),
    networks      cidr[] NOT NULL CHECK (cardinality(networks) > 0),  -- nowhere else is connected to (TM-43)
    ports         integer[] NOT NULL CHECK (cardinality(ports) > 0),
    authority     text,                         -- PEM of the only authorities its certificate may lead to
    added_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    added_by      text,
    approved_at   timestamptz,                  -- NULL: waits for a second administrator, is told nothing
    approved_by   text,
    ended_at      timestamptz,
    ended_reason  text,
    failures      integer NOT NULL DEFAULT 0,   -- tries in a row that failed
    failing_since timestamptz,
    failure       text,                         -- of the last try
    paused_until  timestamptz,                  -- the circuit breaker is open until then
    answered_at   timestamptz,
    CHECK ((failures = 0) = (failing_since IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
);
CREATE INDEX webhooks_system ON webhooks (system) WHERE approved_at IS NOT NULL AND ended_at IS NULL;

-- The secrets a webhook's notices are signed with: two of them while a new one is brought in. HMAC needs them as they are.
CREATE TABLE webhook_secrets (
    webhook  bigint NOT NULL REFERENCES webhooks (id),
    secret   text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at  timestamptz,
    PRIMARY KEY (webhook, secret)
);

-- What a webhook is to be told; ids only, never content. Written by triggers with what it tells of, so it names rows
-- that are never deleted; references would cost every document a lock on rows that all documents share.
CREATE TABLE notices (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    webhook        bigint NOT NULL,
    event          text NOT NULL,
    made_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    envelope       uuid,
    delivery       uuid,
    recipient      text,
    delivery_state text,                     -- envelope.state: the delivery's new state
    urgency        smallint NOT NULL DEFAULT 0,
    state          text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'told', 'dead')),
    attempts       integer NOT NULL DEFAULT 0,  -- begun; also tells a late writer from the present one
    due_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    until          timestamptz NOT NULL DEFAULT clock_timestamp() + interval '5 days',
    ended_at       timestamptz,
    CHECK ((state = 'waiting') = (ended_at IS NULL))
);
CREATE INDEX notices_waiting ON notices (webhook, urgency DESC, due_at) WHERE state = 'waiting';
CREATE INDEX notices_until ON notices (until) WHERE state = 'waiting';
CREATE INDEX notices_ended ON notices (state, ended_at) WHERE state <> 'waiting';

-- Every try, written when it begins; one without an end was under way when its process died.
CREATE TABLE notice_attempts (
    notice   uuid NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    n        integer NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    status   integer,                        -- of the answer, if there was one
    failure  text,                           -- NULL with an end: it was told
    PRIMARY KEY (notice, n)
);

CREATE INDEX IF NOT EXISTS system_agencies_agency ON system_agencies (agency);

-- Deliveries are written and moved in many places. Triggers see all of them, in the same transaction.
CREATE FUNCTION tell_of_arrivals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM webhooks WHERE approved_at IS NOT NULL AND ended_at IS NULL) THEN
        INSERT INTO notices (webhook, event, envelope, delivery, recipient, urgency)
        SELECT w.id, told.event, told.envelope, told.id, told.recipient, told.urgency
        FROM (SELECT *, CASE kind WHEN 'status' THEN 'status.waiting' ELSE 'delivery.waiting' END AS event
              FROM arrived WHERE NOT held AND confirmed_at IS NULL AND withdrawn_at IS NULL) AS told
        CROSS JOIN LATERAL acted_for_by(told.recipient) AS s (system)
        JOIN systems y ON y.id = s.system AND y.disabled_at IS NULL
        JOIN webhooks w ON w.system = s.system AND w.approved_at IS NOT NULL AND w.ended_at IS NULL
        WHERE told.event = ANY (w.events);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER arrivals_told AFTER INSERT ON deliveries REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_arrivals();

CREATE FUNCTION tell_of_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.held AND NOT NEW.held AND NEW.confirmed_at IS NULL AND NEW.withdrawn_at IS NULL THEN
        INSERT INTO notices (webhook, event, envelope, delivery, recipient, urgency)
        SELECT w.id, told.event, NEW.envelope, NEW.id, NEW.recipient, NEW.urgency
        FROM (SELECT CASE NEW.kind WHEN 'status' THEN 'status.waiting' ELSE 'delivery.waiting' END AS event) AS told
        CROSS JOIN acted_for_by(NEW.recipient) AS s (system)
        JOIN systems y ON y.id = s.system AND y.disabled_at IS NULL
        JOIN webhooks w ON w.system = s.system AND w.approved_at IS NOT NULL AND w.ended_at IS NULL
        WHERE told.event = ANY (w.events);
    END IF;
    IF NEW.kind = 'document' AND NEW.state <> OLD.state THEN
        INSERT INTO notices (webhook, event, envelope, delivery, recipient, urgency, delivery_state)
        SELECT w.id, 'envelope.state', NEW.envelope, NEW.id, NEW.recipient, NEW.urgency, NEW.state
        FROM envelopes e
        CROSS JOIN LATERAL acted_for_by(e.sender) AS s (system)
        JOIN systems y ON y.id = s.system AND y.disabled_at IS NULL
        JOIN webhooks w ON w.system = s.system AND w.approved_at IS NOT NULL AND w.ended_at IS NULL
        WHERE e.id = NEW.envelope AND 'envelope.state' = ANY (w.events);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER moves_told AFTER UPDATE OF state, held ON deliveries FOR EACH ROW
    WHEN (NEW.state <> OLD.state OR (OLD.held AND NOT NEW.held)) EXECUTE FUNCTION tell_of_move();
