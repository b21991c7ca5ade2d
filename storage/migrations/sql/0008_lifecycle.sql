-- What documents have to do with each other, and what was taken back before anybody fetched it.

-- Why it takes back, updates or replaces, in its sender's words.
ALTER TABLE envelopes ADD COLUMN reason text NOT NULL DEFAULT '';

-- `withdrawn_at`: since then it waits no more and its recipient gets nothing of it: a copy taken back before anybody
-- fetched it, or a message with nobody left to tell (a recall whose copy was withdrawn, a word said before).
ALTER TABLE deliveries
    ADD COLUMN withdrawn_at timestamptz,
    ADD CONSTRAINT deliveries_withdrawn_check CHECK (withdrawn_at IS NULL OR confirmed_at IS NULL);
DROP INDEX deliveries_waiting;
CREATE INDEX deliveries_waiting ON deliveries (recipient, urgency DESC, accepted_at, id)
    WHERE confirmed_at IS NULL AND NOT held AND withdrawn_at IS NULL;

-- What `source` does to `target`; both are documents. `recipient`: at which agency, NULL: as such. Only ever added to.
CREATE TABLE links (
    source    uuid NOT NULL REFERENCES envelopes (id),
    kind      text NOT NULL CHECK (kind IN ('recalls', 'updates', 'replaces', 'answers')),
    target    uuid NOT NULL REFERENCES envelopes (id),
    recipient text REFERENCES agencies (code),
    CHECK (source <> target)
);
CREATE UNIQUE INDEX links_once ON links (source, kind, target, coalesce(recipient, ''));
CREATE INDEX links_target ON links (target);
CREATE TRIGGER links_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON links
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Statuses without a DocumentId are matched by number and date of issue, never by the number alone.
CREATE INDEX envelopes_by_number ON envelopes (sender, issued_on, (number || '/' || notation)) WHERE kind = 'document';
