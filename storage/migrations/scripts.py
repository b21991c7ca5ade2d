"""Running a revision's plain SQL file as the one script it is."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from alembic import op
from sqlalchemy import text


def run_script(name: str) -> None:
    """Execute `sql/<name>` inside the revision's transaction, or print it when SQL for a DBA is asked for.

    The file goes to the server whole: PostgreSQL itself splits the statements, so function bodies in `$$` stay whole.
    """
    sql = files("storage.migrations").joinpath("sql", name).read_text(encoding="utf-8")
    context = op.get_context()
    if context.as_sql:
        context.impl.static_output(sql)
        return
    bind = op.get_bind()
    bind.execute(
        text("SELECT 1")
    )  # SQLAlchemy opens its transaction with the first statement; the script must be in it
    driver: Any = bind.connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(sql))
