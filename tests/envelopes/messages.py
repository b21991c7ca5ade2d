"""Messages of the three agencies for tests, and strategies that make any message a model can hold."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from envelopes.dom import parse
from envelopes.faults import Fault, Refused
from envelopes.limits import NS, STATUS_CODES
from envelopes.model import (
    AttachmentHead,
    Business,
    Document,
    ManifestEntry,
    Operation,
    Organization,
    ReceiverChange,
    Replacement,
    ResponseFor,
    Signatory,
    Staff,
    StatusMessage,
    Trace,
)
from envelopes.parts import find_parts
from envelopes.reading import Reading, read
from envelopes.secrecy import mark_of

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = date(2026, 6, 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

A = Organization(code="H08.02", name="Sở Nội vụ", in_charge="UBND tỉnh", email="snv@example.vn")
B = Organization(code="H08.30", name="UBND huyện")
C = Organization(code="H08.31", name="UBND huyện khác")
CLERK = Staff(department="Văn thư", name="Nguyễn Thị Na", email="na@example.vn", mobile="0912000001")
REFERENCE = "H08.02,2026/05/20,125/SNV-VP"


@dataclass(frozen=True, kw_only=True)
class Streamed:
    """What the splitter says of one attachment, as far as matching needs it."""

    n: int
    size: int
    sha256: bytes


def streamed(*contents: bytes) -> list[Any]:
    """What was streamed, for attachments with these contents."""
    return [
        Streamed(n=n, size=len(content), sha256=hashlib.sha256(content).digest())
        for n, content in enumerate(contents, 1)
    ]


def letter(**changes: Any) -> Document:
    """A complete new document from A to B and C with one attachment, which reads back without a warning."""
    made = Document(
        sender=A,
        recipients=(B, C),
        reference=REFERENCE,
        number="125",
        notation="SNV-VP",
        issued_on=date(2026, 5, 20),
        place="Quy Nhơn",
        type=2,
        type_detail=18,
        type_name="Công văn",
        subject="V/v báo cáo công tác cải cách hành chính",
        content="Báo cáo quý II",
        signatory=Signatory(competence="KT. GIÁM ĐỐC", position="Phó Giám đốc", full_name="Trần Văn Bình"),
        due_on=date(2026, 5, 30),
        to_places=("Như trên", "Lưu: VT"),
        urgency=1,
        sphere="Lưu hành nội bộ",
        typist="NTN",
        copies=1,
        pages=2,
        appendixes=("Phụ lục 1",),
        steering="0",
        business=Business(reason="Văn bản điện tử mới", paper="0", staff=CLERK),
        traces=(Trace(agency=A.code, at=datetime(2026, 5, 20, 2, 15, tzinfo=UTC)),),
        manifest=(ManifestEntry(content_id="a1", name="125.signed.pdf", content_type="application/pdf"),),
        attachments=(AttachmentHead(n=1, content_id="a1", name="125.signed.pdf", content_type="application/pdf"),),
    )
    return replace(made, **changes)


def report(**changes: Any) -> StatusMessage:
    """B's word to A that it accepted the letter."""
    made = StatusMessage(
        sender=B,
        answers=ResponseFor(agency=A.code, code="125/SNV-VP", issued_on=date(2026, 5, 20), reference=REFERENCE),
        code="03",
        description="Vào sổ văn bản đến",
        reported_at=datetime(2026, 5, 20, 3, 2, tzinfo=UTC),
        staff=CLERK,
    )
    return replace(made, **changes)


def read_file(data: bytes, *, lenient: bool = True) -> Reading:
    """The whole way from bytes to a model."""
    return read(find_parts(parse(data)), today=TODAY, lenient=lenient)


def faults_of(data: bytes, *, lenient: bool = True) -> list[Fault]:
    """Every fault for which the file is refused; none if it is taken."""
    return refusal(lambda: read_file(data, lenient=lenient))


def refusal(act: Callable[[], object]) -> list[Fault]:
    """The faults `act` is refused with."""
    try:
        act()
    except Refused as refused:
        return list(refused.faults)
    return []


def told(faults: list[Fault] | tuple[Fault, ...]) -> list[tuple[str, str]]:
    """Code and path of each fault."""
    return [(fault.code, fault.path) for fault in faults]


def swap(data: bytes, old: str, new: str) -> bytes:
    """The file with one piece of text exchanged, which must be there."""
    assert data.count(old.encode()) >= 1, old
    return data.replace(old.encode(), new.encode(), 1)


def file_of(header: str, *, before: str = "", after: str = "") -> bytes:
    """A file written by hand, everything in the default namespace."""
    inner = f"<edXMLHeader>{header}</edXMLHeader>{after}"
    return f'<edXML xmlns="{NS}">{before}<edXMLEnvelope>{inner}</edXMLEnvelope></edXML>'.encode()


_LETTERS = st.characters(categories=("L", "N", "P", "S", "Zs"), include_characters="\t\n\r")
texts = st.text(_LETTERS, max_size=30).map(lambda text: text.strip(" \t\r\n")).filter(lambda text: not mark_of(text))
words = texts.filter(bool)
agency_codes = st.from_regex(r"[0-9A-Za-z._-]{1,35}", fullmatch=True).filter(lambda code: code != "null")
days = st.dates(min_value=date(1, 1, 1), max_value=TODAY)
moments = st.integers(-30_000_000_000, 30_000_000_000).map(lambda seconds: EPOCH + timedelta(seconds=seconds))
shorts = st.none() | st.integers(0, 65_535)
booleans = st.none() | st.booleans()
content_ids = words.filter(lambda text: not text.startswith("cid:"))

organizations = st.builds(
    Organization,
    code=agency_codes,
    **dict.fromkeys(("in_charge", "name", "address", "email", "telephone", "fax", "website"), texts),
)
staffs = st.none() | st.builds(
    Staff, **dict.fromkeys(("department", "department_id", "name", "id", "email", "mobile"), texts)
)
answers = st.builds(ResponseFor, agency=agency_codes, code=texts, issued_on=st.none() | days, reference=words)
responses = st.builds(
    ResponseFor, agency=st.just("") | agency_codes, code=texts, issued_on=st.none() | days, reference=texts
).filter(lambda one: one != ResponseFor())
receivers = st.builds(ReceiverChange, agency=agency_codes, added=st.booleans())
replacements = st.builds(Replacement, reference=words, agencies=st.lists(agency_codes, max_size=3).map(tuple))
businesses = st.builds(
    Business,
    operation=st.sampled_from(Operation),
    reason=words,
    target=texts,
    paper=texts,
    document_changed=booleans,
    receivers_changed=booleans,
    receivers=st.lists(receivers, max_size=3).map(tuple),
    replacements=st.lists(replacements, min_size=1, max_size=2).map(tuple),
    staff=staffs,
)
entries = st.builds(
    ManifestEntry,
    content_id=content_ids,
    name=texts,
    content_type=texts,
    description=texts,
    sha256=st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
    size=st.none() | st.integers(0, 2**40),
)
heads = st.builds(
    AttachmentHead, n=st.just(0), content_id=content_ids, name=words, content_type=texts, description=texts
)
documents = st.builds(
    Document,
    sender=organizations,
    recipients=st.lists(organizations, min_size=1, max_size=3, unique_by=lambda one: one.code).map(tuple),
    reference=words,
    number=words,
    notation=words,
    issued_on=days,
    subject=words,
    place=texts,
    type=st.none() | st.integers(0, 99),
    type_detail=st.none() | st.integers(0, 99),
    type_name=words,
    content=texts,
    signatory=st.builds(Signatory, competence=texts, position=texts, full_name=words),
    due_on=st.none() | st.dates(),
    to_places=st.lists(words, max_size=3).map(tuple),
    urgency=st.integers(0, 4),
    sphere=texts,
    typist=texts,
    copies=shorts,
    pages=shorts,
    direction=booleans,
    reply_fors=st.lists(words, max_size=2).map(tuple),
    reference_codes=st.lists(words, max_size=2).map(tuple),
    appendixes=st.lists(words, max_size=2).map(tuple),
    responses=st.lists(responses, max_size=2).map(tuple),
    steering=st.sampled_from(("", "0", "1", "2", "3", "7")),
    task_codes=st.lists(words, max_size=3).map(tuple),
    application_type=texts,
    business=st.none() | businesses,
    traces=st.lists(st.builds(Trace, agency=st.just("") | agency_codes, at=st.none() | moments), max_size=2).map(tuple),
    manifest=st.lists(entries, max_size=3).map(tuple),
    attachments=st.lists(heads, max_size=3).map(
        lambda found: tuple(replace(head, n=n) for n, head in enumerate(found, 1))
    ),
)
reports = st.builds(
    StatusMessage,
    sender=organizations,
    answers=answers,
    code=st.sampled_from(sorted(STATUS_CODES)),
    description=words,
    reported_at=st.none() | moments,
    staff=staffs,
)
