"""The first schema: agencies, documents, deliveries and their history."""

from storage.migrations.scripts import run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything. There is no way down: documents are not thrown away by a schema change."""
    run_script("0001_first.sql")
