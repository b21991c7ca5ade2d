"""Working days, and the rules of lateness."""

from storage.migrations.scripts import run_script

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """See the script; there is no way down."""
    run_script("0009_calendar.sql")
