"""What documents have to do with each other: recalls, updates, replacements, answers."""

from storage.migrations.scripts import run_script

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """See the script; there is no way down."""
    run_script("0008_lifecycle.sql")
