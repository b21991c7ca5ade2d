"""Signatures inside attached PDFs."""

from storage.migrations.scripts import run_script

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """See the script; there is no way down."""
    run_script("0006_pdf.sql")
