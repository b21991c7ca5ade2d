"""Weak signatures: taken from listed systems until a date."""

from storage.migrations.scripts import run_script

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """See the script; there is no way down."""
    run_script("0002_weak.sql")
