"""How long attachments are kept."""

from storage.migrations.scripts import run_script

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """See the script; there is no way down."""
    run_script("0012_retention.sql")
