"""Codes with dates, successors, groups, contacts."""

from storage.migrations.scripts import run_script

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """See the script; there is no way down."""
    run_script("0007_directory.sql")
