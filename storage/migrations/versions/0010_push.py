"""Webhooks and their attempts."""

from storage.migrations.scripts import run_script

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """See the script; there is no way down."""
    run_script("0010_push.sql")
