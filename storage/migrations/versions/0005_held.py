"""What became of held documents, delegation, a second person's word."""

from storage.migrations.scripts import run_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """See the script; there is no way down."""
    run_script("0005_held.sql")
