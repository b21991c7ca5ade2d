"""A whole list of agencies entered at once: COPY into temporary tables, then one statement for each question.

What a list does not say stays as it is, and nothing is ever deleted. Nobody else adds codes meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.agency_lists import SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from storage.connection import Connection

_PLAIN = ("name", "likeness", "national_id", "national_pid", "mail", "phone", "fax", "address", "website")
_SET = (*_PLAIN, "center_code", "is_agency")
"""Columns that a list changes wherever it says something; the others take more than that."""


async def ready(conn: Connection) -> None:
    """Everything is here: make it quick to search."""
    await _do(conn, "CREATE INDEX ON incoming (code)")
    await _do(conn, "CREATE INDEX ON incoming (line)")
    await _do(conn, "CREATE INDEX ON incoming (national_id)")
    await _do(conn, "CREATE INDEX ON incoming_codes (code)")
    await _do(conn, "CREATE INDEX ON incoming_codes (likeness)")
    await _do(conn, "ANALYZE incoming")
    await _do(conn, "ANALYZE incoming_codes")


async def repeated(conn: Connection) -> list[asyncpg.Record]:
    """`line`, `code` and the `first` line of every entry whose code stood in the list before."""
    return await _all(
        conn,
        """SELECT line, code, first FROM
               (SELECT line, code, min(line) OVER (PARTITION BY code) AS first FROM incoming) AS i
           WHERE line <> first""",
    )


async def taken(conn: Connection) -> list[asyncpg.Record]:
    """`line`, `code`, and the `agency` that has it as another code."""
    return await _all(
        conn,
        """SELECT i.line, i.code, k.agency FROM incoming i JOIN agency_codes k ON k.code = i.code
           WHERE k.agency <> i.code""",
    )


async def nameless(conn: Connection) -> list[asyncpg.Record]:
    """`line` and `code` of agencies that nobody has given a name yet."""
    return await _all(
        conn,
        """SELECT i.line, i.code FROM incoming i
           WHERE i.name IS NULL AND NOT EXISTS (SELECT FROM agencies a WHERE a.code = i.code)""",
    )


async def codes_alike(conn: Connection) -> list[asyncpg.Record]:
    """`line`, `code`, `kind`, and the code of another agency that it is taken for (`known`); new codes alone."""
    return await _all(
        conn,
        """SELECT DISTINCT ON (c.line, c.code) c.line, c.code, c.kind, c.agency, o.code AS known
           FROM incoming_codes c JOIN (
               SELECT code, agency, likeness FROM agency_codes
               UNION SELECT code, agency, likeness FROM incoming_codes) o
             ON o.likeness = c.likeness AND o.code <> c.code AND o.agency <> c.agency
           WHERE NOT EXISTS (SELECT FROM agency_codes k WHERE k.code = c.code)
           ORDER BY c.line, c.code, o.code""",
    )


async def names_alike(conn: Connection) -> list[asyncpg.Record]:
    """`name` and `known`, two spellings that people take for one another, and `code`, an agency that has the latter."""
    return await _all(
        conn,
        """WITH spelled AS MATERIALIZED (
               SELECT likeness, name, min(code) AS code FROM (
                   SELECT likeness, name, code FROM agencies
                   UNION ALL SELECT likeness, name, code FROM incoming WHERE name IS NOT NULL) AS n
               GROUP BY likeness, name)
           SELECT s.name, o.name AS known, o.code FROM spelled s JOIN spelled o
             ON o.likeness = s.likeness AND o.name <> s.name""",
    )


async def named(conn: Connection, names: Sequence[str]) -> list[asyncpg.Record]:
    """`line`, `code` and `name` of entries with one of these names, spelled as that of nobody in the directory."""
    return await _all(
        conn,
        """SELECT i.line, i.code, i.name FROM incoming i WHERE i.name = ANY($1::text[])
           AND NOT EXISTS (SELECT FROM agencies a WHERE a.likeness = i.likeness AND a.name = i.name)""",
        list(names),
    )


async def same_names(conn: Connection) -> int:
    """How many new agencies have exactly the name of another one."""
    found: int = await conn.fetchval(
        """SELECT count(*) FROM incoming i WHERE NOT EXISTS (SELECT FROM agencies a WHERE a.code = i.code) AND (
               EXISTS (SELECT FROM agencies a WHERE a.likeness = i.likeness)
               OR i.likeness IN (SELECT likeness FROM incoming GROUP BY likeness HAVING count(*) > 1))""",
        timeout=SECONDS,
    )
    return found


async def leave_out(conn: Connection, lines: Sequence[int]) -> None:
    """Enter nothing of these lines."""
    for table in ("incoming", "incoming_codes"):
        await _do(conn, f"DELETE FROM {table} WHERE line = ANY($1::integer[])", list(lines))


async def leave_out_codes(conn: Connection, codes: Sequence[str]) -> None:
    """Give nobody these other codes."""
    await _do(conn, "DELETE FROM incoming_codes WHERE code = ANY($1::text[]) AND kind <> 'own'", list(codes))


async def place(conn: Connection) -> list[asyncpg.Record]:
    """Turn parents and successors into own codes; `line`, `field` and `value` of those that nobody knows.

    A parent is named by its code, or in the national list by its id there; '' is none.
    """
    unknown = await _all(
        conn,
        f"""WITH found AS (
               SELECT i.line, coalesce({_OWN.format("i.parent")}, CASE WHEN i.parent IS NULL THEN coalesce(
                   (SELECT min(p.code) FROM incoming p WHERE p.national_id = i.national_pid),
                   (SELECT min(a.code) FROM agencies a WHERE a.national_id = i.national_pid AND i.national_pid <> ''),
                   {_OWN.format("i.national_pid")}) END) AS parent, coalesce(i.parent, i.national_pid) AS given
               FROM incoming i WHERE coalesce(i.parent, i.national_pid) <> '')
            UPDATE incoming i SET parent = f.parent FROM found f WHERE f.line = i.line
            RETURNING i.line, i.code, 'parent' AS field, f.given AS value, f.parent AS own""",
    )
    await _do(
        conn, "UPDATE incoming SET parent = '' WHERE parent IS NULL AND national_pid = '' AND national_id IS NOT NULL"
    )
    gone = await _all(
        conn,
        f"""WITH found AS (
               SELECT i.line, i.successor, {_OWN.format("i.successor")} AS own FROM incoming i
               LEFT JOIN agencies a ON a.code = i.code
               WHERE i.successor IS NOT NULL)
            UPDATE incoming i SET successor = f.own FROM found f WHERE f.line = i.line
            RETURNING i.line, i.code, 'successor' AS field, f.successor AS value,
                      CASE WHEN f.own <> i.code AND (i.deleted OR EXISTS (
                          SELECT FROM agencies a WHERE a.code = i.code AND a.dissolved_on IS NOT NULL))
                      THEN f.own END AS own""",
    )
    return [row for row in (*unknown, *gone) if row["own"] is None]


_OWN = """coalesce((SELECT k.agency FROM agency_codes k WHERE k.code = {0}),
                   (SELECT c.agency FROM incoming_codes c WHERE c.code = {0} ORDER BY c.kind <> 'own' LIMIT 1))"""


async def forget(conn: Connection, field: str, lines: Sequence[int]) -> None:
    """Leave parent or successor of these lines' agencies as it is."""
    await _do(conn, f"UPDATE incoming SET {field} = NULL WHERE line = ANY($1::integer[])", list(lines))


async def edges(conn: Connection, field: str) -> list[asyncpg.Record]:
    """Who would be whose parent or successor: `code`, `above`, and the `line` that says so."""
    return await _all(
        conn,
        f"""SELECT coalesce(i.code, a.code) AS code, nullif(coalesce(i.{field}, a.{field}), '') AS above,
                   CASE WHEN i.{field} <> '' THEN i.line END AS line
            FROM incoming i FULL JOIN agencies a ON a.code = i.code""",
    )


async def still_ended(conn: Connection) -> list[asyncpg.Record]:
    """`line` and `code` of agencies that have ended here and not in the list."""
    return await _all(
        conn,
        """SELECT i.line, i.code FROM incoming i JOIN agencies a ON a.code = i.code
           WHERE i.said_alive AND a.dissolved_on <= today()""",
    )


async def enter(conn: Connection) -> None:
    """Add who is new and change who is different; parents and successors once everybody is there."""
    texts = ", ".join(f"coalesce({name}, '')" for name in (*_PLAIN[2:], "center_code"))
    await _do(
        conn,
        f"""WITH added AS (
               INSERT INTO agencies (code, {", ".join(_PLAIN)}, center_code, is_agency, version, modified_on)
               SELECT code, name, likeness, {texts},
                      coalesce(is_agency, true), coalesce(version, 1), coalesce(modified_on, clock_timestamp())
               FROM incoming i WHERE NOT EXISTS (SELECT FROM agencies a WHERE a.code = i.code) RETURNING code)
            UPDATE incoming i SET is_new = true FROM added WHERE added.code = i.code""",
    )
    values = {name: f"coalesce(i.{name}, a.{name})" for name in _SET}
    values |= {name: f"nullif(coalesce(i.{name}, a.{name}, ''), '')" for name in ("level", "parent", "successor")}
    values["dissolved_on"] = "coalesce(i.dissolved_on, a.dissolved_on, CASE WHEN i.deleted THEN today() END)"
    values |= {"version": "coalesce(i.version, a.version)"}
    differs = " OR ".join(f"{value} IS DISTINCT FROM a.{name}" for name, value in values.items())
    differs += " OR date_trunc('second', a.modified_on) <> coalesce(i.modified_on, date_trunc('second', a.modified_on))"
    values["version"] = "coalesce(i.version, a.version + CASE WHEN i.is_new THEN 0 ELSE 1 END)"
    values["modified_on"] = "coalesce(i.modified_on, clock_timestamp())"
    await _do(
        conn,
        f"""WITH changed AS (
               UPDATE agencies a SET {", ".join(f"{name} = {value}" for name, value in values.items())}
               FROM incoming i WHERE i.code = a.code AND ({differs}) RETURNING a.code)
            UPDATE incoming i SET is_changed = true FROM changed WHERE changed.code = i.code""",
    )


async def enter_codes(conn: Connection) -> list[asyncpg.Record]:
    """Give everybody their codes; `line`, `code`, `own` and `agency` of those that another agency has."""
    await _do(
        conn,
        """WITH given AS (SELECT DISTINCT ON (code) * FROM incoming_codes ORDER BY code, kind <> 'own', line),
               entered AS (
               INSERT INTO agency_codes (code, agency, likeness, kind) SELECT code, agency, likeness, kind FROM given
               ON CONFLICT (code) DO UPDATE SET kind = excluded.kind
               WHERE agency_codes.agency = excluded.agency AND agency_codes.kind <> 'own'
                     AND agency_codes.kind <> excluded.kind
               RETURNING agency)
           UPDATE incoming i SET is_changed = true FROM entered WHERE entered.agency = i.code""",
    )
    return await _all(
        conn,
        """SELECT c.line, c.code, c.agency AS own, k.agency FROM incoming_codes c JOIN agency_codes k ON k.code = c.code
           WHERE k.agency <> c.agency ORDER BY c.line""",
    )


async def counts(conn: Connection) -> tuple[int, int, int]:
    """How many agencies are new, changed, and as they were."""
    row = await conn.fetchrow(
        """SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE is_changed AND NOT is_new),
                  count(*) FILTER (WHERE NOT is_changed AND NOT is_new) FROM incoming"""
    )
    assert row is not None
    return row[0], row[1], row[2]


async def _do(conn: Connection, query: str, *arguments: object) -> None:
    await conn.execute(query, *arguments, timeout=SECONDS)


async def _all(conn: Connection, query: str, *arguments: object) -> list[asyncpg.Record]:
    found: list[asyncpg.Record] = await conn.fetch(query, *arguments, timeout=SECONDS)
    return found
