"""One thing wrong at a time: the gate refuses it, and says which step it broke."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from envelopes.faults import Refused
from signing import gate
from signing.authority import key_pem
from signing.certificates import describe
from signing.sign import Signer
from tests.signing.forging import sign_with, with_ids
from tests.signing.letters import Attachment, document, status
from tests.signing.people import NOW, World, agency, trust_of


def code_of(world: World, file: bytes, *candidates: bytes) -> str:
    """The code of the first fault for which the gate refuses the file."""
    with pytest.raises(Refused) as caught:
        world.judge(file, *candidates)
    return caught.value.faults[0].code


@pytest.fixture
def signed(world: World) -> bytes:
    return world.a.signer.sign_parts(document())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<edXML:OrganId>H08.30<", "<edXML:OrganId>H08.31<"),
        ("V/v báo cáo", "V/v hủy bỏ"),
        ("H08.02,2026/11/20,125/SNV-VP", "H08.02,2026/11/20,126/SNV-VP"),
        ("<edXML:BussinessDocType>0<", "<edXML:BussinessDocType>1<"),
        (' lt:size="776"', ' lt:size="777"'),
        (' lt:sha256="15c5', ' lt:sha256="25c5'),
        ("<edXML:Paper>0</edXML:Paper>", ""),
        ("<edXML:Priority>0<", "<edXML:Priority> 0<"),
    ],
)
def test_altered_part_is_refused(world: World, signed: bytes, old: str, new: str) -> None:
    assert signed.count(old.encode()) == 1
    assert code_of(world, signed.replace(old.encode(), new.encode())) == "signature.altered"


def test_refusal_names_the_altered_part(world: World, signed: bytes) -> None:
    with pytest.raises(Refused) as caught:
        world.judge(signed.replace(b"DocType>0<", b"DocType>1<"))
    assert "Bussiness" in caught.value.faults[0].vi
    assert "Bussiness" in caught.value.faults[0].en


@pytest.mark.parametrize("old", [b"H08.30", b"JVBERi0x", b"125.signed.pdf", b"application/pdf"])
def test_altered_whole_file_is_refused(world: World, old: bytes) -> None:
    file = world.a.signer.sign_whole(document(content=True))
    assert code_of(world, file.replace(old, old[:-1] + b"9", 1)) == "signature.altered"


def test_another_agencys_certificate_is_refused(world: World, signed: bytes) -> None:
    assert code_of(world, signed, world.b.der) == "signature.invalid"


def test_strangers_signature_is_refused_although_key_info_shows_his_certificate(world: World) -> None:
    assert code_of(world, world.c.signer.sign_parts(document())) == "signature.invalid"


def test_registered_certificate_of_an_untrusted_root_is_refused(world: World) -> None:
    file = world.c.signer.sign_parts(document())
    assert code_of(world, file, world.c.der) == "certificate.untrusted"


def test_agency_without_certificates_is_refused(world: World, signed: bytes) -> None:
    inspected = gate.inspect(signed)
    with pytest.raises(Refused, match=r"signature\.certificate_unregistered"):
        gate.verify(inspected, candidates=[], trust=world.trust, at=NOW)


def test_seventeenth_candidate_is_tried_only_if_the_signature_names_it(world: World, signed: bytes) -> None:
    world.accepted(signed, *[world.b.der] * 16, world.a.der)
    unnamed = re.sub(rb"<ds:KeyInfo>.*</ds:KeyInfo>", b"", signed, flags=re.DOTALL)
    assert unnamed != signed
    world.accepted(unnamed, *[world.b.der] * 15, world.a.der)
    assert code_of(world, unnamed, *[world.b.der] * 16, world.a.der) == "signature.invalid"


def test_expired_certificate_is_refused_by_that_name(world: World, signed: bytes) -> None:
    later = NOW + timedelta(days=400)
    trust = trust_of([world.root], [world.root.crl(now=later)])
    with pytest.raises(Refused, match=r"certificate\.expired"):
        gate.verify(gate.inspect(signed), candidates=[world.a.der], trust=trust, at=later)


def test_certificate_of_tomorrow_is_refused_by_that_name(world: World, signed: bytes) -> None:
    earlier = NOW - timedelta(days=2)
    with pytest.raises(Refused, match=r"certificate\.not_yet_valid"):
        gate.verify(gate.inspect(signed), candidates=[world.a.der], trust=world.trust, at=earlier)


def test_revoked_certificate_is_refused(world: World, signed: bytes) -> None:
    trust = trust_of([world.root], [world.root.crl(revoked=[world.a.certificate_pem], now=NOW)])
    with pytest.raises(Refused, match=r"certificate\.revoked"):
        world.judge(signed, trust=trust)


def test_anothers_revocation_refuses_nobody_else(world: World, signed: bytes) -> None:
    trust = trust_of([world.root], [world.root.crl(revoked=[world.b.certificate_pem], now=NOW)])
    assert isinstance(world.judge(signed, trust=trust), gate.Verified)


def test_list_of_another_authority_does_not_count(world: World, signed: bytes) -> None:
    """A list with the same issuer name but another key says nothing, for or against."""
    namesake = type(world.root).make("Gốc thử nghiệm", now=NOW - timedelta(days=30))
    trust = trust_of([world.root], [namesake.crl(revoked=[world.a.certificate_pem], now=NOW)])
    assert isinstance(world.judge(signed, trust=trust), gate.Held)


def test_certificate_order_in_key_info_cannot_name_a_victim(world: World) -> None:
    """A stranger of the same authority who shows the victim's certificate first is still a stranger (TM-10)."""
    stranger = agency(world.root, "H08.99")
    file = stranger.signer.sign_parts(document())
    shown = b"".join(world.a.certificate_pem.splitlines(keepends=True)[1:-1])
    first = b"<ds:X509Certificate>" + shown + b"</ds:X509Certificate>"
    assert code_of(world, file.replace(b"<ds:X509Data>", b"<ds:X509Data>" + first)) == "signature.invalid"
    last = file.replace(b"</ds:X509Data>", first + b"</ds:X509Data>")
    assert code_of(world, last) == "signature.invalid"


def test_strangers_key_value_is_refused(world: World) -> None:
    file = sign_with(with_ids(document()), world.c, always_add_key_value=True)
    assert b"KeyValue>" in file
    assert code_of(world, file) == "signature.invalid"


def test_business_without_cover_is_refused(world: World) -> None:
    file = world.a.signer.sign_parts(document(business=False))
    added = b'<edXML:Bussiness Id="Bussiness"><edXML:BussinessDocType>1</edXML:BussinessDocType></edXML:Bussiness>'
    end = b"</edXML:TraceHeaderList>"
    assert code_of(world, file.replace(end, added + end)) == "signature.coverage"


def test_manifest_added_to_a_status_is_refused(world: World) -> None:
    file = world.b.signer.sign_parts(status())
    added = b"<edXML:edXMLBody><edXML:edXMLManifest/></edXML:edXMLBody>"
    end = b"</edXML:edXMLEnvelope>"
    assert code_of(world, file.replace(end, added + end), world.b.der) == "status.with_document"


@pytest.mark.parametrize("part", [b"Bussiness", b"edXMLBody"])
def test_part_taken_out_is_refused(world: World, signed: bytes, part: bytes) -> None:
    start, end = signed.index(b"<edXML:" + part), signed.index(b"</edXML:" + part + b">")
    file = signed[:start] + signed[end + len(part) + 9 :]
    assert code_of(world, file) == "signature.coverage"


@pytest.mark.parametrize(
    "where", [b"<edXML:From>", b"H08.30", b"<edXML:Timestamp>", b"</edXML>", b"<AttachmentEncoded>"]
)
@pytest.mark.parametrize(("note", "code"), [(b"<!-- -->", "envelope.comment"), (b"<?x y?>", "envelope.instruction")])
def test_comment_and_instruction_are_refused_everywhere(
    world: World, signed: bytes, where: bytes, note: bytes, code: str
) -> None:
    assert (
        code_of(world, signed.replace(where, where[:4] + note + where[4:] if where == b"H08.30" else where + note, 1))
        == code
    )


@pytest.mark.parametrize(
    ("where", "added", "code"),
    [
        (b"<edXML:edXMLBody>", b"text", "text.stray"),
        (b"<edXML:edXMLBody>", "\u00a0".encode(), "signature.uncovered"),
        (b"<edXML:edXMLHeader>", b"<edXML:Signature/>", "element.unknown"),
        (b"<edXML:edXMLHeader>", b"<edXML:DigitalSignature/>", "element.unknown"),
        (b"<edXML:edXMLHeader>", b"<edXML:ErrorList/>", "element.unknown"),
        (b"<edXML:TraceHeaderList>", b"<edXML:Paper>9</edXML:Paper>", "element.unknown"),
        (b"<Attachment>", b"<MimeType>text/html</MimeType>", "signature.uncovered"),
        (b"<Attachment>", b"<Evil/>", "element.unknown"),
        (b"<edXML:edXMLEnvelope", b' evil="1"', "attribute.unknown"),
    ],
)
def test_what_nothing_covers_is_refused(world: World, signed: bytes, where: bytes, added: bytes, code: str) -> None:
    assert code_of(world, signed.replace(where, where + added, 1)) == code


def test_renamed_attachment_is_refused(world: World, signed: bytes) -> None:
    old = b"<AttachmentName>125.signed.pdf"
    assert code_of(world, signed.replace(old, b"<AttachmentName>virus.exe")) == "signature.attachment_renamed"


def test_unsigned_description_of_an_attachment_is_refused(world: World, signed: bytes) -> None:
    added = b"<Attachment><Description>Tr\xe1\xba\xa3 ti\xe1\xbb\x81n ngay</Description>"
    assert code_of(world, signed.replace(b"<Attachment>", added)) == "signature.attachment_renamed"


def test_manifest_without_digests_is_refused(world: World) -> None:
    bare = with_ids(document(attachments=(Attachment(digests=False),)))
    with pytest.raises(Refused) as caught:
        gate.inspect(sign_with(bare, world.a))
    assert [fault.code for fault in caught.value.faults] == ["signature.manifest_bare"] * 2


@pytest.mark.parametrize("value", ["15C5" + "0" * 60, "0" * 63, "", "0" * 65])
def test_digest_in_another_form_is_refused(world: World, signed: bytes, value: str) -> None:
    start = signed.index(b'lt:sha256="') + 11
    file = signed[:start] + value.encode() + signed[start + 64 :]
    assert code_of(world, file) == "signature.manifest_bare"


def test_doctype_is_refused(world: World, signed: bytes) -> None:
    assert code_of(world, signed.replace(b"?>", b"?><!DOCTYPE edXML>", 1)) == "envelope.doctype"


def test_entity_is_refused(world: World, signed: bytes) -> None:
    with pytest.raises(Refused):
        gate.inspect(signed.replace(b"?>", b'?><!DOCTYPE e [<!ENTITY x "H08.30">]>', 1).replace(b"H08.30", b"&x;"))


def test_skeleton_over_the_limit_is_refused_before_parsing() -> None:
    with pytest.raises(Refused, match=r"envelope\.skeleton_too_large"):
        gate.inspect(b" " * (256 * 1024 + 1))


def test_text_longer_than_the_parser_takes_is_refused_with_the_way_out(world: World) -> None:
    long = document(content=True).replace(b"JVBERi0x", b"A" * 10_000_000 + b"JVBERi0x")
    with pytest.raises(Refused, match=r"signature\.whole_too_large"):
        world.a.signer.sign_whole(long)


def test_unreadable_bytes_are_refused() -> None:
    for data in (b"", b"\0", b"<a/>", b"\xff\xfe<", "<edXML/>".encode("utf-16")):
        with pytest.raises(Refused):
            gate.inspect(data)


def test_certificate_that_is_none_is_refused(world: World, signed: bytes) -> None:
    assert code_of(world, signed, b"no certificate") == "certificate.unreadable"


def test_authoritys_own_certificate_cannot_sign(world: World) -> None:
    file = Signer.load(key_pem(world.root.key), world.root.root_pem).sign_parts(document())
    assert code_of(world, file, describe(world.root.root_pem).der) == "certificate.authority"
