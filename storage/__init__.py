"""Where things are kept: PostgreSQL for the truth, an object store for attachments."""
