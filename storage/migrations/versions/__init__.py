"""Revisions of the schema, append-only: one that was released is never edited, only followed by another."""
