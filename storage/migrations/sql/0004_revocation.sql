-- Authorities between the roots and the agencies' certificates; a path may go through them.
CREATE TABLE trust_intermediates (
    sha256   bytea PRIMARY KEY CHECK (length(sha256) = 32),
    der      bytea NOT NULL,
    subject  text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- An issuer may have several lists in force, each about some of its certificates: the newest of each scope counts.
-- Empty: not known, displaced by any newer list of the issuer.
ALTER TABLE revocation_lists ADD COLUMN scope bytea NOT NULL DEFAULT '';
CREATE INDEX revocation_lists_newest ON revocation_lists (issuer, scope, this_update DESC);

-- Addresses named by an operator, from which revocation lists are fetched.
CREATE TABLE revocation_sources (
    url           text PRIMARY KEY CHECK (url ~ '^https?://'),
    every_seconds integer NOT NULL CHECK (every_seconds >= 60),
    added_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    tried_at      timestamptz,
    fetched_at    timestamptz,
    failures      integer NOT NULL DEFAULT 0,
    outcome       text,
    issuer        text
);

-- Whom to ask about the certificates of an authority.
CREATE TABLE ocsp_responders (
    issuer        text PRIMARY KEY,
    url           text NOT NULL CHECK (url ~ '^https?://'),
    every_seconds integer NOT NULL CHECK (every_seconds >= 60),
    added_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- When a certificate is asked about next, and how it went the last time. Asked only if it names a responder itself.
CREATE TABLE ocsp_questions (
    certificate bytea PRIMARY KEY CHECK (length(certificate) = 32),
    issuer      text NOT NULL,
    is_asked    boolean NOT NULL,
    due_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    tried_at    timestamptz,
    fetched_at  timestamptz,
    failures    integer NOT NULL DEFAULT 0,
    outcome     text
);

-- What the responders answered. Kept, like the lists: envelopes point to what their verdict rests on (TM-12).
CREATE TABLE ocsp_answers (
    sha256      bytea PRIMARY KEY CHECK (length(sha256) = 32),
    certificate bytea NOT NULL CHECK (length(certificate) = 32),
    der         bytea NOT NULL,
    this_update timestamptz NOT NULL,
    next_update timestamptz,
    added_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ocsp_answers_newest ON ocsp_answers (certificate, this_update DESC);

-- The revocation lists and OCSP answers by which the envelope's certificate was found good: SHA-256 of each.
ALTER TABLE envelopes ADD COLUMN evidence bytea[] NOT NULL DEFAULT '{}';
