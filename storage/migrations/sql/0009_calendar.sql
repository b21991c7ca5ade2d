-- Working time: hours of the week, single days that differ, the rules of lateness, and what is late.

-- Hours of each weekday (1 Monday … 7 Sunday, ISO) from a day on; '' is a day off. A pattern names all seven.
CREATE TABLE working_hours (
    valid_from date NOT NULL,
    weekday    smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    hours      text NOT NULL CHECK (hours ~ '^$|^\d\d:\d\d-\d\d:\d\d(,\d\d:\d\d-\d\d:\d\d)*$'),
    entered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    entered_by text,
    PRIMARY KEY (valid_from, weekday)
);
INSERT INTO working_hours (valid_from, weekday, hours)
SELECT '2000-01-01', weekday, CASE WHEN weekday <= 5 THEN '07:30-11:30,13:00-17:00' ELSE '' END
FROM generate_series(1, 7) AS weekday;

-- Days an administrator entered; they win over the calendar that comes with the program.
CREATE TABLE calendar_days (
    day        date PRIMARY KEY,
    hours      text CHECK (hours ~ '^$|^\d\d:\d\d-\d\d:\d\d(,\d\d:\d\d-\d\d:\d\d)*$'),  -- '' off, NULL as on a usual day
    name       text NOT NULL,
    source     text NOT NULL DEFAULT '',
    entered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    entered_by text
);

-- How long something may take, by urgency, for what begins on or after `valid_from`. `amount` NULL: no limit.
CREATE TABLE time_rules (
    duty       text NOT NULL CHECK (duty IN ('send', 'receive', 'complete')),
    urgency    smallint NOT NULL CHECK (urgency BETWEEN 0 AND 4),
    valid_from date NOT NULL,
    amount     integer CHECK (amount BETWEEN 0 AND 100000),
    unit       text NOT NULL CHECK (unit IN ('minutes', 'working_minutes', 'days', 'working_days', 'working_mornings')),
    source     text NOT NULL DEFAULT '',
    entered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    entered_by text,
    PRIMARY KEY (duty, urgency, valid_from),
    CHECK (unit IN ('minutes', 'working_minutes') OR amount <= 100)
);
INSERT INTO time_rules (duty, urgency, valid_from, amount, unit, source) VALUES
    ('send', 0, '2000-01-01', 1, 'working_mornings', 'QĐ 28/2018/QĐ-TTg Art. 6'),
    ('send', 1, '2000-01-01', 0, 'days', 'QĐ 28/2018/QĐ-TTg Art. 6: right after signing'),
    ('send', 2, '2000-01-01', 0, 'days', 'QĐ 28/2018/QĐ-TTg Art. 6: right after signing'),
    ('send', 3, '2000-01-01', 0, 'days', 'QĐ 28/2018/QĐ-TTg Art. 6: right after signing'),
    ('send', 4, '2000-01-01', 0, 'days', 'QĐ 28/2018/QĐ-TTg Art. 6: right after signing'),
    ('receive', 0, '2000-01-01', 480, 'working_minutes', 'NĐ 30/2020/NĐ-CP Art. 22: a working day; our reading'),
    ('receive', 1, '2000-01-01', 60, 'minutes', 'NĐ 30/2020/NĐ-CP Art. 22: at once; our figure'),
    ('receive', 2, '2000-01-01', 30, 'minutes', 'NĐ 30/2020/NĐ-CP Art. 22: at once; our figure'),
    ('receive', 3, '2000-01-01', 15, 'minutes', 'NĐ 30/2020/NĐ-CP Art. 22: at once; our figure'),
    ('receive', 4, '2000-01-01', 15, 'minutes', 'NĐ 30/2020/NĐ-CP Art. 22: at once; our figure');
INSERT INTO time_rules (duty, urgency, valid_from, amount, unit, source)
SELECT 'complete', urgency, '2000-01-01', 0, 'days', 'a deadline ends at 24:00 of its day'
FROM generate_series(0, 4) AS urgency;

-- `due_on`: by when this copy is to be handled; `timed`: false where nothing is owed in time (a recall, a new version of
-- what its recipient has, a document that was replaced). The two moments are written once and never taken back.
ALTER TABLE deliveries
    ADD COLUMN due_on date,
    ADD COLUMN timed boolean NOT NULL DEFAULT true,
    ADD COLUMN late_to_receive_since timestamptz,
    ADD COLUMN overdue_since timestamptz;
UPDATE deliveries d SET due_on = e.due_on
FROM envelopes e WHERE e.id = d.envelope AND d.kind = 'document' AND e.due_on IS NOT NULL;

-- What is looked through for lateness; whatever was found leaves these, so they hold what is still within its time.
CREATE INDEX deliveries_unreceived ON deliveries (urgency, accepted_at)
    WHERE kind = 'document' AND timed AND NOT held AND withdrawn_at IS NULL AND late_to_receive_since IS NULL
          AND state IN ('waiting', 'collected');
CREATE INDEX deliveries_due ON deliveries (urgency, due_on)
    WHERE kind = 'document' AND due_on IS NOT NULL AND timed AND NOT held AND withdrawn_at IS NULL
          AND overdue_since IS NULL AND state IN ('waiting', 'collected', 'accepted', 'assigned', 'in_hand');
-- What is late now.
CREATE INDEX deliveries_late ON deliveries (recipient, late_to_receive_since)
    WHERE late_to_receive_since IS NOT NULL AND state IN ('waiting', 'collected');
CREATE INDEX deliveries_overdue ON deliveries (recipient, overdue_since)
    WHERE overdue_since IS NOT NULL AND state IN ('waiting', 'collected', 'accepted', 'assigned', 'in_hand');

-- The last line of history that was looked at for answers that came late.
CREATE TABLE lateness_seen (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    event    bigint NOT NULL
);
INSERT INTO lateness_seen (event) VALUES (0);
