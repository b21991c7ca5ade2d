-- How long attachments are kept, what was removed by which rule, and what is to leave the object store.

-- The type of the official document, in the form in which types are compared; NULL: taken before this was kept, and
-- read from the skeleton when somebody first asks. `attachments_removed`: see `removals`.
ALTER TABLE envelopes
    ADD COLUMN document_type text,
    ADD COLUMN attachments_removed boolean NOT NULL DEFAULT false;
CREATE INDEX envelopes_untyped ON envelopes (id) WHERE kind = 'document' AND document_type IS NULL;
CREATE INDEX envelopes_kept ON envelopes (accepted_at, id) WHERE kind = 'document' AND NOT attachments_removed;

-- Retention codes by which rules are entered; `months` NULL: for ever. A rule keeps the number it was entered with.
CREATE TABLE retention_levels (
    code       text PRIMARY KEY CHECK (code ~ '^[0-9A-Za-z._-]{1,16}$'),
    name       text NOT NULL CHECK (name <> ''),
    months     integer CHECK (months BETWEEN 1 AND 1200),
    source     text NOT NULL DEFAULT '',
    entered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    entered_by text
);
INSERT INTO retention_levels (code, name, months, source)
SELECT code, name, years * 12, 'archival metadata; check against the rules of your archive'
FROM (VALUES ('01', 'Vĩnh viễn', NULL), ('02', '70 năm', 70), ('03', '50 năm', 50), ('04', '30 năm', 30),
             ('05', '20 năm', 20), ('06', '10 năm', 10)) AS given (code, name, years);

-- Documents of a type ('': any) accepted on or after `valid_from`, until the type's next rule, keep their attachments
-- for `months`; NULL: for ever. Where no rule holds, they are kept for ever. Rules end, and are never deleted.
CREATE TABLE retention_rules (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_type text NOT NULL,
    valid_from    date NOT NULL,
    months        integer CHECK (months BETWEEN 1 AND 1200),
    level         text,
    source        text NOT NULL DEFAULT '',
    entered_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    entered_by    text NOT NULL,
    ended_at      timestamptz,
    ended_by      text,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX retention_rules_once ON retention_rules (document_type, valid_from) WHERE ended_at IS NULL;
CREATE TRIGGER retention_rules_kept BEFORE DELETE OR TRUNCATE ON retention_rules
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- That the attachments of an envelope were removed, when, and by which rule; only ever added to.
CREATE TABLE removals (
    envelope uuid PRIMARY KEY REFERENCES envelopes (id),
    rule     bigint NOT NULL REFERENCES retention_rules (id),
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    files    integer NOT NULL,
    bytes    bigint NOT NULL
);
CREATE INDEX removals_at ON removals (at DESC, envelope DESC);
CREATE TRIGGER removals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON removals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A removed attachment keeps its digests and rests on no object any more. As long as one attachment is not removed, the
-- objects it rests on cannot leave `objects`, and the sweep leaves alone whatever stands there.
ALTER TABLE attachments
    DROP CONSTRAINT attachments_object_fkey,
    DROP CONSTRAINT attachments_text_object_fkey,
    DROP CONSTRAINT attachments_opened_object_fkey,
    ADD COLUMN removed boolean NOT NULL DEFAULT false,
    ADD COLUMN kept_object bytea GENERATED ALWAYS AS (CASE WHEN NOT removed THEN object END) STORED
        REFERENCES objects (sha256),
    ADD COLUMN kept_text_object bytea GENERATED ALWAYS AS (CASE WHEN NOT removed THEN text_object END) STORED
        REFERENCES objects (sha256),
    ADD COLUMN kept_opened_object bytea GENERATED ALWAYS AS (CASE WHEN NOT removed THEN opened_object END) STORED
        REFERENCES objects (sha256);
DROP INDEX attachments_object;
DROP INDEX attachments_text_object;
DROP INDEX attachments_opened_object;
CREATE INDEX attachments_kept_object ON attachments (kept_object) WHERE kept_object IS NOT NULL;
CREATE INDEX attachments_kept_text_object ON attachments (kept_text_object) WHERE kept_text_object IS NOT NULL;
CREATE INDEX attachments_kept_opened_object ON attachments (kept_opened_object) WHERE kept_opened_object IS NOT NULL;

-- Objects that an attachment rested on until it was removed, and that are still to be looked at: who else needs them?
CREATE TABLE objects_let_go (
    sha256 bytea PRIMARY KEY,
    since  timestamptz NOT NULL DEFAULT clock_timestamp()
);
