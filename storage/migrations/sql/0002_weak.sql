-- The weak forms of the field (SHA-1): from which systems, until when, and what was taken that way.

-- `weak_until`: the last day, by Vietnam's calendar, on which the system may sign weakly. NULL: it may not.
ALTER TABLE systems ADD COLUMN weak_until date;

-- `weak` stands beside the outcome, so that what was held is not released as signed. `claimed_at` is the signer's own
-- word for when; nothing is decided by it.
ALTER TABLE envelopes
    ADD COLUMN weak boolean NOT NULL DEFAULT false,
    ADD COLUMN claimed_at timestamptz,
    ADD CONSTRAINT envelopes_weak_check CHECK (
        (outcome <> 'verified_weak' OR weak) AND (outcome NOT IN ('verified', 'absent') OR NOT weak));
