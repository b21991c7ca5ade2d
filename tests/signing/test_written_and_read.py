"""The whole way on our own side: written, signed, through the gate, read again as the same document."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pytest

from envelopes.model import (
    AttachmentHead,
    Business,
    Document,
    ManifestEntry,
    Operation,
    Organization,
    ResponseFor,
    Signatory,
    StatusMessage,
    Trace,
)
from envelopes.reading import read
from envelopes.writing import Order, write_document, write_status
from tests.signing.letters import PDF
from tests.signing.people import World

TODAY = date(2026, 11, 24)
A, B = Organization(code="H08.02", name="Sở Nội vụ"), Organization(code="H08.30", name="UBND huyện B")

DOCUMENT = Document(
    sender=A,
    recipients=(B, Organization(code="H08.31", name="UBND huyện C")),
    reference="H08.02,2026/11/20,125/SNV-VP",
    number="125",
    notation="SNV-VP",
    issued_on=date(2026, 11, 20),
    subject="V/v báo cáo <quý> & năm",
    place="Quy Nhơn",
    type=2,
    type_detail=18,
    type_name="Công văn",
    content="Tóm tắt",
    signatory=Signatory(position="Giám đốc", full_name="Nguyễn Văn A"),
    business=Business(operation=Operation.NEW, reason="Văn bản mới", paper="0"),
    traces=(Trace(agency="H08.02", at=datetime(2026, 11, 20, 2, 15, tzinfo=UTC)),),
    manifest=(
        ManifestEntry(
            content_id="a1",
            name="125.signed.pdf",
            content_type="application/pdf",
            description="Bản ký số",
            sha256=hashlib.sha256(PDF).hexdigest(),
            size=len(PDF),
        ),
    ),
    attachments=(
        AttachmentHead(
            n=1, content_id="a1", name="125.signed.pdf", content_type="application/pdf", description="Bản ký số"
        ),
    ),
)
STATUS = StatusMessage(
    sender=B,
    answers=ResponseFor(
        agency="H08.02", code="125/SNV-VP", issued_on=date(2026, 11, 20), reference="H08.02,2026/11/20,125/SNV-VP"
    ),
    code="03",
    description="Đã tiếp nhận",
    reported_at=datetime(2026, 11, 20, 3, 2, tzinfo=UTC),
)


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("profile", ["parts", "whole"])
def test_document_comes_through_the_gate_as_it_was_written(world: World, order: Order, profile: str) -> None:
    file = write_document(DOCUMENT, order=order, contents=[PDF])
    signer = world.a.signer
    signed = signer.sign_parts(file) if profile == "parts" else signer.sign_whole(file)
    assert read(world.accepted(signed).parts, today=TODAY).message == DOCUMENT


def test_status_comes_through_the_gate_as_it_was_written(world: World) -> None:
    for sign in (world.b.signer.sign_parts, world.b.signer.sign_whole):
        assert read(world.accepted(sign(write_status(STATUS)), world.b.der).parts, today=TODAY).message == STATUS


def test_writer_puts_the_ids_where_the_signature_refers(world: World) -> None:
    """Nothing but the Signature is added to what our own writer wrote."""
    file = write_document(DOCUMENT, contents=[PDF])
    signed = world.a.signer.sign_parts(file)
    start, end = signed.index(b"<ds:Signature "), signed.index(b"</ds:Signature>") + len(b"</ds:Signature>")
    assert signed[:start] + signed[end:] == file
