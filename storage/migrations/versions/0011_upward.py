"""The axis above, and what went up and came down."""

from storage.migrations.scripts import run_script

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """See the script; there is no way down."""
    run_script("0011_upward.sql")
