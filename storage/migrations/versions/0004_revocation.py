"""Intermediate authorities, where revocation lists come from, OCSP answers, evidence."""

from storage.migrations.scripts import run_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """See the script; there is no way down."""
    run_script("0004_revocation.sql")
