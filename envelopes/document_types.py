"""Types of official documents as data, and the form in which the names that systems write are compared.

A type is known by its name: `TypeDetail` is 0 or another list's number in real traffic, `TypeName` is always there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """One type: its ordinal in edXML's list B of administrative documents, its name, NĐ 30/2020's abbreviation."""

    number: int
    name: str
    abbreviation: str = ""


DOCUMENT_TYPES: tuple[DocumentType, ...] = tuple(
    DocumentType(number=number, name=name, abbreviation=abbreviation)
    for number, name, abbreviation in (
        (1, "Nghị quyết", "NQ"),
        (2, "Quyết định", "QĐ"),
        (3, "Chỉ thị", "CT"),
        (4, "Quy chế", "QC"),
        (5, "Quy định", "QyĐ"),
        (6, "Thông cáo", "TC"),
        (7, "Thông báo", "TB"),
        (8, "Hướng dẫn", "HD"),
        (9, "Chương trình", "CTr"),
        (10, "Kế hoạch", "KH"),
        (11, "Phương án", "PA"),
        (12, "Đề án", "ĐA"),
        (13, "Dự án", "DA"),
        (14, "Báo cáo", "BC"),
        (15, "Biên bản", "BB"),
        (16, "Tờ trình", "TTr"),
        (17, "Hợp đồng", "HĐ"),
        (18, "Công văn", ""),
        (19, "Công điện", "CĐ"),
        (20, "Bản ghi nhớ", "BGN"),
        (21, "Bản cam kết", ""),
        (22, "Bản thỏa thuận", "BTT"),
        (23, "Giấy chứng nhận", ""),
        (24, "Giấy ủy quyền", "GUQ"),
        (25, "Giấy mời", "GM"),
        (26, "Giấy giới thiệu", "GGT"),
        (27, "Giấy nghỉ phép", "GNP"),
        (28, "Giấy đi đường", ""),
        (29, "Giấy biên nhận hồ sơ", ""),
        (30, "Phiếu gửi", "PG"),
        (31, "Phiếu chuyển", "PC"),
        (32, "Thư công", ""),
    )
)
"""edXML's list B, with the abbreviations of NĐ 30/2020 Annex III. Documents of other types are exchanged as well."""


def type_key(name: str) -> str:
    """The name as it is compared: letters in either case and any spaces are the same, marks are not.

    `Quyết định` and `Quy định` differ by marks and a letter only, so nothing is guessed.
    """
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def meant_type(text: str) -> str:
    """The key of what a person typed: a name, or an abbreviation of the list."""
    key = type_key(text)
    return _BY_ABBREVIATION.get(key, key)


def type_words(key: str) -> str:
    """The name as it is written; a key that is not in the list stands for itself."""
    return _BY_KEY.get(key, key)


def is_listed(key: str) -> bool:
    """Whether the list has a type of this key."""
    return key in _BY_KEY


_BY_KEY: Mapping[str, str] = MappingProxyType({type_key(one.name): one.name for one in DOCUMENT_TYPES})
_BY_ABBREVIATION: Mapping[str, str] = MappingProxyType(
    {type_key(one.abbreviation): type_key(one.name) for one in DOCUMENT_TYPES if one.abbreviation}
)
