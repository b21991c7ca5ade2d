"""The exchange's seal certificates, the present one and those before it."""

from storage.migrations.scripts import run_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """See the script; there is no way down."""
    run_script("0003_seals.sql")
