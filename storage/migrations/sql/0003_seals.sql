-- The certificates of the exchange's seal, the present one and those before it. A receipt is checked by the seal that
-- made it for as long as it is kept, so rows are only ever added.
CREATE TABLE seals (
    sha256        bytea PRIMARY KEY CHECK (length(sha256) = 32),
    der           bytea NOT NULL,
    authorities   bytea[] NOT NULL DEFAULT '{}',  -- DER, on the way to its root, as far as they came with it
    subject       text NOT NULL,
    not_before    timestamptz NOT NULL,
    not_after     timestamptz NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
