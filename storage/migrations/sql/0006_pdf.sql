-- What became of the signatures inside an attached PDF: one row for each attachment that is one. It is written with the
-- attachment, so that none is forgotten, and looked at by a chore, so that no document waits for it.
CREATE TABLE pdf_checks (
    envelope   uuid NOT NULL,
    n          integer NOT NULL,
    state      text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'checked', 'none', 'unchecked')),
    due_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts   integer NOT NULL DEFAULT 0,  -- counted before each try, so that a file that ends its reader ends as well
    signatures jsonb NOT NULL DEFAULT '[]',
    reason     jsonb,                       -- why it was left unchecked
    checked_at timestamptz,
    PRIMARY KEY (envelope, n),
    FOREIGN KEY (envelope, n) REFERENCES attachments (envelope, n),
    CHECK ((state = 'unchecked') = (reason IS NOT NULL)),
    CHECK ((state = 'pending') = (checked_at IS NULL))
);
CREATE INDEX pdf_checks_due ON pdf_checks (due_at) WHERE state = 'pending';

INSERT INTO pdf_checks (envelope, n)
SELECT envelope, n FROM attachments WHERE coalesce(opened_media_type, media_type) = 'application/pdf';
