-- What becomes of held documents, who signs for whom, and a second person's word. Times are this database's clock.

-- `rejected`: held first, then its certificate proved to have been bad when the envelope was received. Recipients never
-- see it, and its reference is free again. `signer`: whose certificate signed, when it is not the sender's own.
ALTER TABLE envelopes
    DROP CONSTRAINT envelopes_outcome_check,
    ADD CONSTRAINT envelopes_outcome_check
        CHECK (outcome IN ('verified', 'verified_weak', 'absent', 'held', 'rejected')),
    DROP CONSTRAINT envelopes_check1,
    ADD CONSTRAINT envelopes_held_reason_check
        CHECK ((outcome IN ('held', 'rejected')) = (held_reason IS NOT NULL)),
    ADD COLUMN signer text REFERENCES agencies (code);

DROP INDEX envelopes_reference;
CREATE UNIQUE INDEX envelopes_reference ON envelopes (sender, reference)
    WHERE operation = 'new' AND outcome <> 'rejected';
DROP INDEX envelopes_identity;
CREATE UNIQUE INDEX envelopes_identity ON envelopes (sender, identity)
    WHERE operation IS DISTINCT FROM 'new' AND outcome <> 'rejected';

-- `approved_at` NULL: entered by one administrator and not yet approved by another, so not in use.
-- `invalid_from`: held envelopes received from then on are rejected; what was received before stays good.
ALTER TABLE certificates
    ADD COLUMN approved_at timestamptz,
    ADD COLUMN invalid_from timestamptz;
UPDATE certificates SET approved_at = added_at, invalid_from = revoked_at;
ALTER TABLE certificates
    ADD CONSTRAINT certificates_invalid_from_check CHECK ((revoked_at IS NULL) = (invalid_from IS NULL));

-- The documents of `agency` may be signed with certificates of `delegate`. Never changed but for its approval and end.
CREATE TABLE delegations (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency      text NOT NULL REFERENCES agencies (code),
    delegate    text NOT NULL REFERENCES agencies (code),
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz,  -- NULL: until it is ended
    added_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    approved_at timestamptz,
    CHECK (agency <> delegate),
    CHECK (valid_until >= valid_from)
);
CREATE INDEX delegations_agency ON delegations (agency);

-- Who did what to whose right to sign, and when; only ever added to (SECURITY TM-13).
CREATE TABLE signing_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    event       text NOT NULL CHECK (event IN ('added', 'approved', 'revoked', 'ended')),
    agency      text NOT NULL REFERENCES agencies (code),
    certificate bytea REFERENCES certificates (sha256),
    delegation  bigint REFERENCES delegations (id),
    by          text,         -- an administrator who proved it by password; NULL: whoever sits at the command line
    description text NOT NULL DEFAULT '',
    CHECK ((certificate IS NULL) <> (delegation IS NULL))
);
CREATE INDEX signing_events_certificate ON signing_events (certificate) WHERE certificate IS NOT NULL;
CREATE INDEX signing_events_delegation ON signing_events (delegation) WHERE delegation IS NOT NULL;
CREATE TRIGGER signing_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signing_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
