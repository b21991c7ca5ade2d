-- Agencies end, merge and change their codes; what the national list says of them; who acts for whole provinces.

-- The day it is in Vietnam, whatever zone the server lives in.
CREATE FUNCTION today() RETURNS date LANGUAGE sql STABLE AS $$ SELECT (now() AT TIME ZONE interval '7 hours')::date $$;

-- `dissolved_on`: the first day on which it is no more; from then on what is sent to it reaches `successor`, if it has
-- one. `national_id` and `national_pid`: who it is and whom it is under in the national list, whose `center_code`,
-- `version`, `modified_on` and `is_agency` are kept as they come. `capabilities`: words for what it can receive.
ALTER TABLE agencies
    ADD COLUMN dissolved_on date,
    ADD COLUMN successor    text REFERENCES agencies (code),
    ADD COLUMN mail         text NOT NULL DEFAULT '',
    ADD COLUMN phone        text NOT NULL DEFAULT '',
    ADD COLUMN fax          text NOT NULL DEFAULT '',
    ADD COLUMN address      text NOT NULL DEFAULT '',
    ADD COLUMN website      text NOT NULL DEFAULT '',
    ADD COLUMN national_id  text NOT NULL DEFAULT '',
    ADD COLUMN national_pid text NOT NULL DEFAULT '',
    ADD COLUMN center_code  text NOT NULL DEFAULT '',
    ADD COLUMN version      integer NOT NULL DEFAULT 1,
    ADD COLUMN modified_on  timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN is_agency    boolean NOT NULL DEFAULT true,
    ADD COLUMN capabilities text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT agencies_successor_check
        CHECK (successor IS NULL OR (successor <> code AND dissolved_on IS NOT NULL)),
    ADD CONSTRAINT agencies_parent_check CHECK (parent <> code);
UPDATE agencies SET modified_on = added_at;
CREATE INDEX agencies_successor ON agencies (successor) WHERE successor IS NOT NULL;
CREATE INDEX agencies_parent ON agencies (parent) WHERE parent IS NOT NULL;
CREATE INDEX agencies_national_id ON agencies (national_id) WHERE national_id <> '';

-- `old`: of QCVN 102:2016 (oldCode); `code102`: of its amendment. An own code lasts as long as the agency does; the
-- others are known from `valid_from` to `valid_until`, both days included, and NULL is without end.
ALTER TABLE agency_codes
    ADD COLUMN kind        text NOT NULL DEFAULT 'alias' CHECK (kind IN ('own', 'old', 'code102', 'alias')),
    ADD COLUMN valid_from  date,
    ADD COLUMN valid_until date;
UPDATE agency_codes SET kind = 'own' WHERE code = agency;
ALTER TABLE agency_codes
    ADD CONSTRAINT agency_codes_own_check CHECK (
        (kind = 'own') = (code = agency) AND (kind <> 'own' OR (valid_from IS NULL AND valid_until IS NULL))),
    ADD CONSTRAINT agency_codes_valid_check CHECK (valid_from <= valid_until);

-- Besides the agencies it is named for, a system acts for every agency below these, also those added later.
CREATE TABLE system_scopes (
    system text NOT NULL REFERENCES systems (id),
    above  text NOT NULL REFERENCES agencies (code),
    PRIMARY KEY (system, above)
);

-- When agencies ended and what that was undone for; only ever added to. `on_day`: the day it takes effect.
CREATE TABLE successions (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency    text NOT NULL REFERENCES agencies (code),
    event     text NOT NULL CHECK (event IN ('merged', 'dissolved', 'undone')),
    successor text REFERENCES agencies (code),
    on_day    date,
    at        timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX successions_agency ON successions (agency, id);
CREATE TRIGGER successions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON successions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Documents that were sent to `agency` and reached `heir` in its place.
CREATE TABLE redirections (
    envelope uuid NOT NULL REFERENCES envelopes (id),
    agency   text NOT NULL REFERENCES agencies (code),
    heir     text NOT NULL REFERENCES agencies (code),
    PRIMARY KEY (envelope, agency)
);
CREATE INDEX redirections_agency ON redirections (agency);

-- Each of these agencies (NULL: every agency) with the one that stood in its place on a day: itself, or the last of its
-- successors. Whatever is counted by agency is counted by this.
CREATE FUNCTION heirs(asked text[], on_day date DEFAULT today()) RETURNS TABLE (code text, heir text)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE chain (code, place, hops) AS (
        SELECT a.code, a.code, 0 FROM agencies a WHERE asked IS NULL OR a.code = ANY(asked)
        UNION ALL
        SELECT c.code, a.successor, c.hops + 1 FROM chain c JOIN agencies a ON a.code = c.place
        WHERE a.successor IS NOT NULL AND a.dissolved_on <= on_day AND c.hops < 1000)
    SELECT DISTINCT ON (chain.code) chain.code, chain.place FROM chain ORDER BY chain.code, chain.hops DESC
$$;

-- The agencies that are no more and whose place these have, without these themselves.
CREATE FUNCTION forebears(asked text[]) RETURNS text[] LANGUAGE sql STABLE AS $$
    WITH RECURSIVE before (code) AS (
        SELECT a.code FROM agencies a WHERE a.successor = ANY(asked) AND a.dissolved_on <= today()
        UNION
        SELECT a.code FROM before b JOIN agencies a ON a.successor = b.code AND a.dissolved_on <= today())
    SELECT array(SELECT code FROM before)
$$;

-- The agency that this one stands below on a day: the heir of its parent; of the one above that, if it took its
-- parent's place itself (as in exchange/hierarchy.py).
CREATE FUNCTION stands_below(asked text, on_day date DEFAULT today()) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    place text := asked;
    above text;
BEGIN
    LOOP
        SELECT a.parent INTO place FROM agencies a WHERE a.code = place;
        IF place IS NULL THEN
            RETURN NULL;
        END IF;
        SELECT h.heir INTO above FROM heirs(ARRAY[place], on_day) h;
        IF above <> asked THEN
            RETURN above;
        END IF;
    END LOOP;
END
$$;

-- The heir of an agency whose first successor this is, if the heir stands below `above` because it took the place of
-- one above itself. What nearly never is gets found out cheaply: its parent then has a successor.
CREATE FUNCTION risen(first text, above text, on_day date) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    heir agencies;
BEGIN
    LOOP
        SELECT * INTO heir FROM agencies WHERE code = first;
        EXIT WHEN heir.successor IS NULL OR heir.dissolved_on > on_day;
        first := heir.successor;
    END LOOP;
    IF heir.beyond IS NULL AND EXISTS (SELECT FROM agencies WHERE code = heir.parent AND successor IS NOT NULL)
       AND stands_below(heir.code, on_day) = above THEN
        RETURN heir.code;
    END IF;
    RETURN NULL;
END
$$;

-- Every agency that a system acts for: those named, those below its scopes that are this exchange's, and the agencies
-- whose place these have. `is_acted_for` NULL: it, but nothing below it. `heir`: who has its place. An agency that
-- merged is its heir's, with what was below it. plpgsql, because a later revision brings `beyond`.
CREATE FUNCTION acts_for(asked text) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    day date := today();
BEGIN
    RETURN array(
        WITH RECURSIVE reach (code, heir, is_acted_for) AS (
            SELECT agency, agency, NULL::boolean FROM system_agencies WHERE system = asked
            UNION
            SELECT a.code, a.code, false FROM system_scopes s JOIN agencies a ON a.code = s.above
            WHERE s.system = asked AND (a.successor IS NULL OR a.dissolved_on > day)
            UNION
            SELECT step.code, step.heir, step.is_acted_for
            FROM reach r CROSS JOIN LATERAL (
                SELECT below.code, below.code, true FROM (
                    SELECT CASE WHEN a.successor IS NOT NULL AND a.dissolved_on <= day
                                THEN risen(a.successor, r.heir, day)
                                WHEN a.beyond IS NULL AND a.code <> r.heir THEN a.code END
                    FROM agencies a WHERE a.parent = r.code AND r.is_acted_for IS NOT NULL
                    OFFSET 0) AS below (code)  -- OFFSET: `risen` is asked once
                WHERE below.code IS NOT NULL
                UNION ALL
                SELECT a.code, r.heir, r.is_acted_for
                FROM agencies a WHERE a.successor = r.code AND a.dissolved_on <= day
            ) AS step (code, heir, is_acted_for))
        SELECT DISTINCT code COLLATE "C" FROM reach WHERE is_acted_for IS DISTINCT FROM false);
END
$$;

-- The same from the other end: every system that acts for an agency, also those that are disabled.
CREATE FUNCTION acted_for_by(asked text) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
DECLARE
    day date := today();
BEGIN
    RETURN QUERY
        WITH RECURSIVE up (code, is_above) AS (
            SELECT asked, false
            UNION
            SELECT step.code, step.is_above
            FROM up u JOIN agencies a ON a.code = u.code
            CROSS JOIN LATERAL (VALUES
                (CASE WHEN a.dissolved_on <= day THEN a.successor END, false),
                (CASE WHEN a.beyond IS NULL AND (a.successor IS NULL OR a.dissolved_on > day)
                      THEN stands_below(a.code, day) END, true)) AS step (code, is_above)
            WHERE step.code IS NOT NULL)
        SELECT s.system FROM up JOIN system_agencies s ON s.agency = up.code AND NOT up.is_above
        UNION
        SELECT s.system FROM up JOIN system_scopes s ON s.above = up.code AND up.is_above;
END
$$;
