"""What the axis facade keeps."""

from storage.migrations.scripts import run_script

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """See the script; there is no way down."""
    run_script("0013_axis.sql")
