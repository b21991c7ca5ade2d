"""How an agency is reached besides by documents, and what it can receive."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from envelopes.faults import Fault, Refused
from exchange import succession_rules as rules
from exchange.directory import own_codes
from storage import directory

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from storage.database import Database
    from storage.directory import Agency

FIELDS = ("mail", "phone", "fax", "address", "website")
"""Contact data of an agency."""

MOST_TEXT = 500
"""Characters of one field: it is one line of a list."""

CAPABILITIES = (
    "door.api",
    "door.axis",
    "edxml.qcvn102",
    "signature.parts",
    "signature.whole",
    "signature.xades",
    "zip",
)
"""What an agency can receive: by which door, which edXML, which signatures it checks, zipped attachments."""


async def set_contact(
    database: Database,
    code: str,
    fields: Mapping[str, str],
    *,
    can: Collection[str] = (),
    cannot: Collection[str] = (),
) -> Agency:
    """Enter contact data (the fields named; the others stay) and capabilities. Raises `Refused`."""
    given = {name: unicodedata.normalize("NFC", value).strip() for name, value in fields.items()}
    faults = [*_malformed(given), *_unknown({*can, *cannot})]
    if faults:
        raise Refused(*faults)
    async with database.transaction() as conn:
        [own] = await own_codes(conn, [code])
        found = await directory.agency(conn, own)
        assert found is not None
        words = sorted({*found.capabilities, *can} - set(cannot))
        values = {name: given.get(name, getattr(found, name)) for name in FIELDS}
        await directory.set_contact(conn, own, **values, capabilities=words)
        changed = await directory.agency(conn, own)
    assert changed is not None
    return changed


def _malformed(given: Mapping[str, str]) -> list[Fault]:
    return [
        rules.CONTACT_MALFORMED.at(name, value, field=name, text=value, limit=MOST_TEXT)
        for name, value in given.items()
        if len(value) > MOST_TEXT or any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") for c in value)
    ]


def _unknown(words: Collection[str]) -> list[Fault]:
    known = ", ".join(CAPABILITIES)
    return [
        rules.CAPABILITY_UNKNOWN.at("can", word, word=word, words=known)
        for word in sorted(set(words) - set(CAPABILITIES))
    ]
