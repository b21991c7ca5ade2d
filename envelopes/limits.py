"""Namespaces, code lists, field lengths and size limits as data: the standard's numbers live here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone
from types import MappingProxyType

NS = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
"""The one namespace of edXML (QCVN 102:2016), for every element whatever its prefix."""

DS = "http://www.w3.org/2000/09/xmldsig#"
"""XML signatures."""

XADES = "http://uri.etsi.org/01903/v1.3.2#"
"""The one object a signature may carry."""

LT = "urn:lienthong:edxml:1"
"""Our attributes `sha256` and `size` on a manifest's Reference (signature profile P)."""

LOCAL_TIME = timezone(timedelta(hours=7))
"""edXML writes times without a zone; they are Vietnam's, which has one zone and no summer time."""

AGENCY_CODE = re.compile(r"[0-9A-Za-z._-]{1,35}", re.ASCII)
"""Every form of OrganId in circulation, at most 35 characters (SĐ1:2022); ASCII only, so that no look-alike passes."""

REFERENCE_LENGTH = 500
"""Characters of a DocumentId. The standard sets none; code, date, number and notation need 90. Ours, so that it can
be indexed."""

# Limits of SECURITY 1.4: what a file may demand of us before anything is known of its sender.

MAX_SKELETON_BYTES = 256 * 1024
MAX_TRACES = 32
MAX_KEY_INFO_BYTES = 32 * 1024
MAX_DEPTH = 64
MAX_ELEMENTS = 20_000
MAX_ATTRIBUTES = 64
MAX_NAMESPACES = 32
MAX_REFERENCES = 64
MAX_TRANSFORMS = 2
MAX_CANDIDATES = 16
MAX_CERTIFICATES = 3

MAX_WHOLE_BYTES = 64 * 2**20
"""Largest file verified under profile W, which needs all of it in memory."""

MAX_FAULTS = 200
"""Every fault is told at once, but a file of ten thousand comments is not answered with ten thousand lines."""

# Characters a field may have (edXML section 3, limits of the Tây Ninh validators).

ORGANIZATION_LENGTHS: Mapping[str, int] = MappingProxyType(
    {
        "OrganizationInCharge": 500,
        "OrganName": 200,
        "OrganAdd": 500,
        "Email": 100,
        "Telephone": 20,
        "Fax": 20,
        "Website": 20,
    }
)
CODE_LENGTHS: Mapping[str, int] = MappingProxyType({"CodeNumber": 11, "CodeNotation": 30})
PLACE_LENGTH = 50
TYPE_NAME_LENGTH = 100
SUBJECT_LENGTH = 500
CONTENT_LENGTH = 500
SIGNATORY_LENGTHS: Mapping[str, int] = MappingProxyType({"Competence": 100, "Position": 100, "FullName": 50})
TO_PLACE_LENGTH = 150
SPHERE_LENGTH = 100
TYPIST_LENGTH = 10
REASON_LENGTH = 500
STAFF_LENGTHS: Mapping[str, int] = MappingProxyType({"Department": 300, "Staff": 300, "Email": 100, "Mobile": 30})
ATTACHMENT_NAME_LENGTH = 500

MAX_UNSIGNED_SHORT = 65_535
"""PromulgationAmount and PageAmount are unsigned shorts."""

MAX_STEERING = 3
"""0 to 2 or 1 to 3, as systems disagree (edXML section 4); anything but a number breaks the national client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A code's name on pages and in answers."""

    vi: str
    en: str


PRIORITIES: Mapping[int, Words] = MappingProxyType(
    {
        0: Words(vi="thường", en="normal"),
        1: Words(vi="khẩn", en="urgent"),
        2: Words(vi="thượng khẩn", en="very urgent"),
        3: Words(vi="hỏa tốc", en="express"),
        4: Words(vi="hỏa tốc hẹn giờ", en="express, timed"),
    }
)
"""`OtherInfo/Priority` (edXML section 4)."""

DOCUMENT_CLASSES: Mapping[int, Words] = MappingProxyType(
    {1: Words(vi="văn bản quy phạm pháp luật", en="legal"), 2: Words(vi="văn bản hành chính", en="administrative")}
)
"""`DocumentType/Type` (edXML section 4)."""

ARRIVED, REFUSED, ACCEPTED, ASSIGNED, IN_HAND, COMPLETED = "01", "02", "03", "04", "05", "06"
RECALL_ASKED, RECALL_AGREED, RECALL_REFUSED = "13", "15", "16"

STATUS_CODES: Mapping[str, Words] = MappingProxyType(
    {
        ARRIVED: Words(vi="đã đến", en="arrived"),
        REFUSED: Words(vi="từ chối tiếp nhận", en="refused"),
        ACCEPTED: Words(vi="đã tiếp nhận", en="accepted"),
        ASSIGNED: Words(vi="phân công", en="assigned"),
        IN_HAND: Words(vi="đang xử lý", en="in hand"),
        COMPLETED: Words(vi="hoàn thành", en="completed"),
        RECALL_ASKED: Words(vi="yêu cầu lấy lại", en="take-back asked"),
        RECALL_AGREED: Words(vi="đồng ý cập nhật, lấy lại", en="change agreed"),
        RECALL_REFUSED: Words(vi="từ chối cập nhật, lấy lại", en="change refused"),
    }
)
"""`StatusCode` (edXML section 7); 07 to 12 and 14 have not been met."""

STATUS_CODES_WITH_REASON = frozenset({REFUSED, RECALL_ASKED, RECALL_REFUSED})
"""These say no, or ask for something: the other side must be told why (conformance C29)."""

SECRECY_MARKS = frozenset({"mật", "tối mật", "tuyệt mật"})
"""State secrets never enter the exchange (Luật 29/2018, QĐ 28/2018; conformance C24)."""
