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
