"""One line of a list of agencies, from texts to what the directory keeps."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from envelopes.agency_codes import likeness
from envelopes.faults import Refused
from envelopes.limits import LOCAL_TIME
from exchange import agency_import_rules as rules
from exchange import directory_rules
from exchange.agency_files import MOMENT
from exchange.directory import LEVELS, malformed_code
from storage.agency_lists import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envelopes.faults import Fault

LONGEST = 500
"""Characters of a name or an address; the longest seen has under 200."""

_FLAGS = {"true": True, "1": True, "false": False, "0": False, "": False}
_MOMENTS = (MOMENT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%d/%m/%Y", "%Y-%m-%d")
_DAYS = ("%d/%m/%Y", "%Y-%m-%d")


def entry_of(n: int, line: int, row: Mapping[str, str]) -> Entry:
    """The entry `n` of the list, in this line. Raises `Refused` with everything that is wrong with it."""
    faults = [fault for name, value in row.items() for fault in _text_faults(name, value)]
    code = row.get("code", "")
    others = _others(row)
    faults += [fault for one in (code, *others) for fault in malformed_code(one)]
    if "name" in row and not row["name"]:
        faults.append(directory_rules.AGENCY_NAMELESS.at("name", code=code))
    if row.get("level", "") not in ("", *LEVELS):
        faults.append(_wrong("level", row["level"], " | ".join(LEVELS), " | ".join(LEVELS)))
    if faults:
        raise Refused(*faults)
    name = unicodedata.normalize("NFC", row["name"]) if "name" in row else None
    day = _day(row.get("dissolvedOn", ""))
    return Entry(
        n=n,
        line=line,
        code=code,
        name=name,
        likeness=likeness(name) if name else None,
        level=row.get("level"),
        parent=row.get("parent"),
        national_id=row.get("id"),
        national_pid=row.get("pid"),
        mail=row.get("mail"),
        phone=row.get("phone"),
        fax=row.get("fax"),
        address=row.get("address"),
        website=row.get("website"),
        center_code=row.get("centerCode"),
        version=_version(row.get("version", "")),
        modified_on=_moment(row.get("modifyDate", "")),
        is_agency=_flag("isAgency", row),
        dissolved_on=day,
        deleted=day is not None or bool(_flag("deleted", row)),
        said_alive="deleted" in row and day is None and not _flag("deleted", row),
        successor=row.get("successor") or None,
        others=others,
    )


def _others(row: Mapping[str, str]) -> dict[str, str]:
    """Every other code and its kind; the first word about a code counts."""
    given = [(row.get("oldCode", ""), "old"), (row.get("code102", ""), "code102")]
    given += [(one, "alias") for one in row.get("aliases", "").replace(",", " ").split()]
    found: dict[str, str] = {}
    for code, kind in given:
        if code and code != row.get("code"):
            found.setdefault(code, kind)
    return found


def _text_faults(name: str, value: str) -> list[Fault]:
    if len(value) > LONGEST:
        return [rules.FIELD_LONG.at(name, field=name, length=len(value), limit=LONGEST)]
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        return [_wrong(name, ascii(value), "chữ đọc được, trên một dòng", "readable text in one line")]
    return []


def _flag(name: str, row: Mapping[str, str]) -> bool | None:
    value = row.get(name)
    if value is None:
        return None
    if value.casefold() not in _FLAGS:
        raise Refused(_wrong(name, value, "true hoặc false", "true or false"))
    return _FLAGS[value.casefold()]


def _version(value: str) -> int | None:
    if not value:
        return None
    if not (value.isascii() and value.isdecimal() and int(value) < 2**31):
        raise Refused(_wrong("version", value, "số nguyên", "an integer"))
    return int(value)


def _moment(value: str) -> datetime | None:
    if not value:
        return None
    for form in _MOMENTS:
        with suppress(ValueError):
            at = datetime.strptime(value.partition(".")[0], form)  # noqa: DTZ007 - made aware below
            return at.replace(tzinfo=UTC if form.endswith("Z") else LOCAL_TIME)
    raise Refused(_wrong("modifyDate", value, "dd/MM/yyyy HH:mm:ss", "dd/MM/yyyy HH:mm:ss"))


def _day(value: str) -> date | None:
    if not value:
        return None
    for form in _DAYS:
        with suppress(ValueError):
            return datetime.strptime(value, form).replace(tzinfo=LOCAL_TIME).date()
    raise Refused(_wrong("dissolvedOn", value, "dd/MM/yyyy", "dd/MM/yyyy"))


def _wrong(field: str, value: str, vi: str, en: str) -> Fault:
    return rules.FIELD_WRONG.at(field, value, field=field, found=value[:60], wanted_vi=vi, wanted_en=en)
