"""Codes of agencies: the forms in circulation as data, what no code may hold, and which spellings people mistake.

A code is compared as it is, character by character: nothing is folded, trimmed or normalised (TM-53). `likeness` is
only for telling people that two spellings look the same; nothing is ever found by it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from envelopes.limits import AGENCY_CODE

LONGEST = 35
"""Characters of a code (SĐ1:2022 of QCVN 102:2016; 13 before)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One shape of codes; `pattern` matches the whole code, the first form that matches counts."""

    key: str
    vi: str
    en: str
    pattern: str
    examples: tuple[str, ...]
    source: str


FORMS: tuple[Form, ...] = (
    Form(
        key="new",
        vi="mã mới, từ cấp 1 xuống",
        en="new form, from level 1 down",
        pattern=r"[A-Z][0-9]{2}(\.[0-9A-Z]+)*",
        examples=("H08.02", "H37.SO.001", "G09.01"),
        source="QĐ 20/2020/QĐ-TTg",
    ),
    Form(
        key="axis",
        vi="nút trục liên thông",
        en="node of an exchange",
        pattern=r"([0-9]{2,3}\.)+W00",
        examples=("00.53.W00",),
        source="seen on axes",
    ),
    Form(
        key="old",
        vi="mã cũ 13 ký tự, tỉnh đứng cuối",
        en="old form of 13 characters, the province last",
        pattern=r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}",
        examples=("000.00.00.G22", "000.20.31.H53"),
        source="QCVN 102:2016/BTTTT",
    ),
    Form(
        key="groups",
        vi="mã ba nhóm, tỉnh hoặc bộ đứng cuối",
        en="three groups, the province or ministry last",
        pattern=r"([0-9]{2}\.){1,2}[A-Z][0-9]{2}",
        examples=("28.22.H17", "01.K36"),
        source="seen on axes",
    ),
    Form(
        key="party",
        vi="khối Đảng",
        en="Party side",
        pattern=r"([0-9]{3})?\.A[0-9]{2}(\.[0-9]{3})?",
        examples=("000.A53.000", ".A53"),
        source="seen on axes",
    ),
    Form(
        key="enterprise",
        vi="mã số doanh nghiệp, hợp tác xã, hộ kinh doanh",
        en="registration number of an enterprise, co-operative or household business",
        pattern=r"[0-9]{10}(-[0-9]{3})?",
        examples=("0100109106", "0100109106-001"),
        source="QĐ 20/2020/QĐ-TTg",
    ),
    Form(
        key="free",
        vi="mã riêng, chỉ có nghĩa khi có trong danh mục",
        en="a code of its own, which means something only if the directory has it",
        pattern=AGENCY_CODE.pattern,
        examples=("vxp.saas.03",),
        source="seen on axes",
    ),
)
"""Every form in use; which of them exists is the directory's word alone."""


def form_of(code: str) -> Form | None:
    """The form of a code; None when it is no code at all."""
    if not AGENCY_CODE.fullmatch(code):
        return None
    return next(form for form in FORMS if re.fullmatch(form.pattern, code, re.ASCII))


def shown(character: str) -> str:
    """A character with its code point and name; what cannot be seen, or turns text about, by these alone."""
    name = unicodedata.name(character, "")
    point = f"U+{ord(character):04X} {name}".strip()
    return f"«{character}» ({point})" if character.isprintable() and not unicodedata.combining(character) else point


def flaw_of(code: str) -> tuple[str, str] | None:
    """What makes it no code, in Vietnamese and English, down to the character; None for a code of any form."""
    for place, character in enumerate(code, 1):
        if not AGENCY_CODE.fullmatch(character):
            return f"ký tự thứ {place} là {shown(character)}", f"character {place} is {shown(character)}"
    if len(code) > LONGEST:
        return f"mã dài {len(code)} ký tự", f"it has {len(code)} characters"
    return None if code else ("mã trống", "it is empty")


def difference(code: str, known: str) -> tuple[str, str]:
    """Where `code` first differs from the code it was perhaps meant to be, in Vietnamese and English."""
    place = next((n for n, (one, other) in enumerate(zip(code, known, strict=False)) if one != other), len(known))
    if place >= min(len(code), len(known)):
        return f"mã dài {len(code)} ký tự, không phải {len(known)}", f"it has {len(code)} characters, not {len(known)}"
    found, expected = shown(code[place]), shown(known[place])
    return (
        f"ký tự thứ {place + 1} là {found}, không phải {expected}",
        f"character {place + 1} is {found}, not {expected}",
    )


_CYRILLIC = dict(zip("авсенкморѕтухіјӏһԁԛԝѵ", "abcehkmopstyxijihdqwv", strict=True))
_GREEK = dict(zip("αβεζηικμνορτυχω", "abezhikmnoptyxw", strict=True))
_LATIN = {"ð": "đ", "ɖ": "đ", "ɑ": "a", "ɡ": "g", "ı": "i", "l": "i", "ǀ": "i"}
_MARKS = {"0": "o", "1": "i", "|": "i"} | dict.fromkeys("‐‒–—―−", "-") | dict.fromkeys("·•。", ".")

ALIKE: Mapping[str, str] = MappingProxyType(_CYRILLIC | _GREEK | _LATIN | _MARKS)
"""Letters that people take for others, lower case: those of codes and Vietnamese names, not all of Unicode's."""

_UNSEEN = frozenset("\u034f\u115f\u1160\u3164\uffa0")
"""Nothing to see, though not of the category of such characters; with the variation selectors below."""


def likeness(text: str) -> str:
    """Equal for texts that people take for one another. Vietnamese letters with different marks stay different."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(ALIKE.get(character, character) for character in plain if not _is_unseen(character))
    return " ".join(unicodedata.normalize("NFC", letters).split())


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or character in _UNSEEN or "\ufe00" <= character <= "\ufe0f"
