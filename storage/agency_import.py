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
    await _do(conn, "CREATE UNIQUE INDEX ON incoming (n)")
    await _do(conn, "CREATE INDEX ON incoming_codes (code)")
    await _do(conn, "CREATE INDEX ON incoming_codes (likeness)")
    await _do(conn, "ANALYZE incoming")
    await _do(conn, "ANALYZE incoming_codes")


async def repeated(conn: Connection) -> list[asyncpg.Record]:
    """Number `n`, `line`, `code` and the `first` line of every entry whose code stood in the list before."""
    return await _all(
        conn,
        """SELECT n, line, code, first FROM
               (SELECT n, line, code, first_value(n) OVER told AS first_n, first_value(line) OVER told AS first
                FROM incoming WINDOW told AS (PARTITION BY code ORDER BY n)) AS i
           WHERE n <> first_n""",
    )


async def taken(conn: Connection) -> list[asyncpg.Record]:
    """Number `n`, `line`, `code`, and the `agency` that has it as another code."""
    return await _all(
        conn,
        """SELECT i.n, i.line, i.code, k.agency FROM incoming i JOIN agency_codes k ON k.code = i.code
           WHERE k.agency <> i.code""",
    )


async def nameless(conn: Connection) -> list[asyncpg.Record]:
    """Number `n`, `line` and `code` of agencies that nobody has given a name yet."""
    return await _all(
        conn,
        """SELECT i.n, i.line, i.code FROM incoming i
           WHERE i.name IS NULL AND NOT EXISTS (SELECT FROM agencies a WHERE a.code = i.code)""",
    )


async def codes_alike(conn: Connection) -> list[asyncpg.Record]:
    """Number `n`, `line`, `code`, `kind`, and another agency's code that it is taken for (`known`); new codes alone."""
    return await _all(
        conn,
        """SELECT DISTINCT ON (c.n, c.code) c.n, c.line, c.code, c.kind, c.agency, o.code AS known
           FROM incoming_codes c JOIN (
               SELECT code, agency, likeness FROM agency_codes
               UNION SELECT code, agency, likeness FROM incoming_codes) o
             ON o.likeness = c.likeness AND o.code <> c.code AND o.agency <> c.agency
           WHERE NOT EXISTS (SELECT FROM agency_codes k WHERE k.code = c.code)
           ORDER BY c.n, c.code, o.code""",
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
    """Number `n`, `line`, `code` and `name` of entries with one of these names, which nobody in the directory has."""
    return await _all(
        conn,
        """SELECT i.n, i.line, i.code, i.name FROM incoming i WHERE i.name = ANY($1::text[])
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


async def leave_out(conn: Connection, numbers: Sequence[int]) -> None:
    """Enter nothing of the entries of these numbers."""
    for table in ("incoming", "incoming_codes"):
        await _do(conn, f"DELETE FROM {table} WHERE n = ANY($1::integer[])", list(numbers))


async def leave_out_codes(conn: Connection, codes: Sequence[str]) -> None:
    """Give nobody these other codes."""
    await _do(conn, "DELETE FROM incoming_codes WHERE code = ANY($1::text[]) AND kind <> 'own'", list(codes))


async def place(conn: Connection) -> list[asyncpg.Record]:
    """Turn parents and successors into own codes; `line`, `field` and `value` of those that nobody knows.

    A parent is named by its code, or in the national list by its id there; '' is none.
    """
    await _know(conn)
    unknown = await _all(
        conn,
        """UPDATE incoming i SET parent = f.parent
           FROM (SELECT i.n, coalesce(i.parent, i.national_pid) AS given,
                        CASE WHEN i.parent IS NULL THEN coalesce(n.own, k.own) ELSE k.own END AS parent
                 FROM incoming i LEFT JOIN known_codes k ON k.code = coalesce(i.parent, i.national_pid)
                 LEFT JOIN known_ids n ON n.id = i.national_pid
                 WHERE coalesce(i.parent, i.national_pid) <> '') AS f
           WHERE f.n = i.n
           RETURNING i.n, i.line, i.code, 'parent' AS field, f.given AS value, f.parent AS own""",
    )
    await _do(
        conn, "UPDATE incoming SET parent = '' WHERE parent IS NULL AND national_pid = '' AND national_id IS NOT NULL"
    )
    gone = await _all(
        conn,
        """UPDATE incoming i SET successor = f.own
           FROM (SELECT i.n, i.successor, k.own, i.deleted OR a.dissolved_on IS NOT NULL AS ends
                 FROM incoming i LEFT JOIN known_codes k ON k.code = i.successor LEFT JOIN agencies a ON a.code = i.code
                 WHERE i.successor IS NOT NULL) AS f
           WHERE f.n = i.n
           RETURNING i.n, i.line, i.code, 'successor' AS field, f.successor AS value,
                     CASE WHEN f.own <> i.code AND f.ends THEN f.own END AS own""",
    )
    return [row for row in (*unknown, *gone) if row["own"] is None]


async def _know(conn: Connection) -> None:
    """Whose each code and each id of the national list is, or will be; as tables, whose sizes the planner knows."""
    await _do(
        conn,
        """CREATE TEMPORARY TABLE known_codes ON COMMIT DROP AS
           SELECT DISTINCT ON (code) code, own FROM (
               SELECT code, agency AS own, 0 AS rank FROM agency_codes
               UNION ALL SELECT code, agency, CASE kind WHEN 'own' THEN 1 ELSE 2 END FROM incoming_codes) AS n
           ORDER BY code, rank;
           CREATE TEMPORARY TABLE known_ids ON COMMIT DROP AS
           SELECT national_id AS id, min(code) AS own FROM (
               SELECT national_id, code FROM incoming UNION ALL SELECT national_id, code FROM agencies) AS n
           WHERE national_id <> '' GROUP BY national_id;
           CREATE INDEX ON known_codes (code);
           CREATE INDEX ON known_ids (id);
           ANALYZE known_codes;
           ANALYZE known_ids""",
    )


async def forget(conn: Connection, field: str, numbers: Sequence[int]) -> None:
    """Leave parent or successor of these entries as it is."""
    await _do(conn, f"UPDATE incoming SET {field} = NULL WHERE n = ANY($1::integer[])", list(numbers))


async def edges(conn: Connection, field: str) -> list[asyncpg.Record]:
    """Who would be whose parent or successor: `code`, `above`, and the `line` and entry (`n`) that say so."""
    first, then = ("i", "a") if field == "parent" else ("a", "i")
    return await _all(
        conn,
        f"""SELECT coalesce(i.code, a.code) AS code, nullif(coalesce({first}.{field}, {then}.{field}), '') AS above,
                   i.line, CASE WHEN i.{field} <> '' THEN i.n END AS n
            FROM incoming i FULL JOIN agencies a ON a.code = i.code""",
    )


async def still_ended(conn: Connection) -> list[asyncpg.Record]:
    """Number `n`, `line` and `code` of agencies that have ended here and not in the list."""
    return await _all(
        conn,
        """SELECT i.n, i.line, i.code FROM incoming i JOIN agencies a ON a.code = i.code
           WHERE i.said_alive AND a.dissolved_on <= today()""",
    )


async def enter(conn: Connection) -> None:
    """Add who is new and change who is different; keys are checked at each statement's end, so in any order."""
    texts = (*_PLAIN[2:], "center_code")
    await _do(
        conn,
        f"""WITH added AS (
               INSERT INTO agencies (code, name, likeness, {", ".join(texts)}, level, parent, successor, dissolved_on,
                                     is_agency, version, modified_on)
               SELECT code, name, likeness, {", ".join(f"coalesce({name}, '')" for name in texts)}, nullif(level, ''),
                      nullif(parent, ''), successor, coalesce(dissolved_on, CASE WHEN deleted THEN today() END),
                      coalesce(is_agency, true), coalesce(version, 1), coalesce(modified_on, clock_timestamp())
               FROM incoming i WHERE NOT EXISTS (SELECT FROM agencies a WHERE a.code = i.code) RETURNING code)
            UPDATE incoming i SET is_new = true FROM added WHERE added.code = i.code""",
    )
    values = {name: f"coalesce(i.{name}, a.{name})" for name in _SET}
    values |= {name: f"nullif(coalesce(i.{name}, a.{name}, ''), '')" for name in ("level", "parent")}
    values["dissolved_on"] = "coalesce(a.dissolved_on, i.dissolved_on, CASE WHEN i.deleted THEN today() END)"
    values["successor"] = "coalesce(a.successor, i.successor)"  # how it ended here is not a list's to change
    differs = " OR ".join(f"{value} IS DISTINCT FROM a.{name}" for name, value in values.items())
    differs += " OR i.version <> a.version OR i.modified_on <> date_trunc('second', a.modified_on)"
    values["version"] = "coalesce(i.version, a.version + 1)"
    values["modified_on"] = "coalesce(i.modified_on, clock_timestamp())"
    await _do(
        conn,
        f"""WITH changed AS (
               UPDATE agencies a SET {", ".join(f"{name} = {value}" for name, value in values.items())}
               FROM incoming i WHERE i.code = a.code AND NOT i.is_new AND ({differs}) RETURNING a.code)
            UPDATE incoming i SET is_changed = true FROM changed WHERE changed.code = i.code""",
    )
    await _do(
        conn,
        """INSERT INTO successions (agency, event, successor, on_day)
           SELECT a.code, CASE WHEN a.successor IS NULL THEN 'dissolved' ELSE 'merged' END, a.successor, a.dissolved_on
           FROM incoming i JOIN agencies a ON a.code = i.code
           LEFT JOIN LATERAL (SELECT * FROM successions WHERE agency = a.code ORDER BY id DESC LIMIT 1) s ON true
           WHERE (i.is_new OR i.is_changed) AND a.dissolved_on IS NOT NULL
             AND (s.event IS NULL OR s.event = 'undone' OR s.successor IS DISTINCT FROM a.successor)""",
    )


async def enter_codes(conn: Connection) -> list[asyncpg.Record]:
    """Give everybody their codes; `line`, `code`, `own` and `agency` of those that another agency has."""
    await _do(
        conn,
        """WITH given AS (SELECT DISTINCT ON (code) * FROM incoming_codes ORDER BY code, kind <> 'own', n),
               entered AS (
               INSERT INTO agency_codes (code, agency, likeness, kind) SELECT code, agency, likeness, kind FROM given
               ON CONFLICT (code) DO UPDATE SET kind = excluded.kind
               WHERE agency_codes.agency = excluded.agency AND agency_codes.kind <> 'own'
                     AND agency_codes.kind <> excluded.kind
               RETURNING agency)
           UPDATE incoming i SET is_changed = true FROM entered WHERE entered.agency = i.code AND NOT i.is_new""",
    )
    return await _all(
        conn,
        """SELECT c.n, c.line, c.code, c.agency AS own, k.agency
           FROM incoming_codes c JOIN agency_codes k ON k.code = c.code
           WHERE k.agency <> c.agency ORDER BY c.n""",
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
