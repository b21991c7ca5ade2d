"""What the gate accepts, and what it says about it."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from envelopes.faults import Refused
from envelopes.limits import NS
from envelopes.parts import Parts
from signing import gate
from tests.signing.letters import ONE, Attachment, document, status
from tests.signing.people import NOW, World, skeleton, trust_of

E = "{" + NS + "}"


def _subject(parts: Parts) -> str | None:
    return parts.header.findtext(f"{E}Subject")


def test_document_signed_by_parts_is_verified(world: World) -> None:
    verified = world.accepted(world.a.signer.sign_parts(document()))
    assert (verified.profile, verified.weak) == ("P", False)
    assert verified.certificate == hashlib.sha256(world.a.der).digest()
    assert _subject(verified.parts) == "V/v báo cáo & kiểm tra «một cửa»"
    assert verified.parts.business is not None
    assert verified.parts.manifest is not None
    assert len(verified.parts.traces) == len(verified.parts.attachments) == 1


def test_parts_are_trees_of_their_own_and_not_the_requests(world: World) -> None:
    inspected = gate.inspect(world.a.signer.sign_parts(document()))
    verified = gate.verify(inspected, candidates=[world.a.der], trust=world.trust, at=NOW)
    assert isinstance(verified, gate.Verified)
    assert verified.parts.header.getparent() is None
    assert verified.parts.header is not inspected.parts.header
    assert verified.parts.manifest is not inspected.parts.manifest


def test_document_without_business_is_verified(world: World) -> None:
    verified = world.accepted(world.a.signer.sign_parts(document(business=False)))
    assert verified.parts.business is None
    assert verified.parts.manifest is not None


def test_document_without_attachments_is_verified(world: World) -> None:
    assert world.accepted(world.a.signer.sign_parts(document(attachments=()))).parts.attachments == ()


def test_status_is_verified_by_its_header_alone(world: World) -> None:
    file = world.b.signer.sign_parts(status())
    verified = world.accepted(file, world.b.der)
    assert verified.parts.is_status
    assert file.count(b"<ds:Reference ") == 1


@pytest.mark.parametrize("file", [document(content=True), document(content=True, business=False), status()])
def test_whole_file_signature_is_verified(world: World, file: bytes) -> None:
    verified = world.accepted(world.a.signer.sign_whole(file))
    assert verified.profile == "W"
    assert verified.parts.signature is None  # what was signed is the file without it


def test_whole_file_signature_needs_no_digests_in_the_manifest(world: World) -> None:
    plain = document(content=True, attachments=(Attachment(digests=False),))
    verified = world.accepted(world.a.signer.sign_whole(plain))
    content = verified.parts.attachments[0].findtext(f"{E}ContentTransferEncoded")
    assert content is not None
    assert content.strip().startswith("JVBERi0x")


def test_skeleton_and_whole_file_give_one_verdict_under_parts(world: World) -> None:
    file = world.a.signer.sign_parts(document(content=True))
    assert world.accepted(file).identity == world.accepted(skeleton(file)).identity


def test_unsigned_file_has_no_profile(world: World) -> None:
    inspected = gate.inspect(document())
    assert (inspected.profile, inspected.sender, inspected.warnings) == (None, "H08.02", ())


def test_decoration_in_the_wrong_namespace_counts_as_unsigned_with_a_warning() -> None:
    decoration = b"<Signature><SignedInfo/><SignatureValue>AAAA</SignatureValue></Signature>"
    inspected = gate.inspect(document().replace(b"</edXML:edXMLHeader>", decoration + b"</edXML:edXMLHeader>"))
    assert inspected.profile is None
    assert [fault.code for fault in inspected.warnings] == ["signature.decoration"]


def test_trace_added_on_the_way_changes_nothing_under_parts(world: World) -> None:
    file = world.a.signer.sign_parts(document())
    hop = b"<edXML:TraceHeader><edXML:OrganId>H08</edXML:OrganId></edXML:TraceHeader><edXML:Bussiness"
    verified = world.accepted(file.replace(b"<edXML:Bussiness", hop, 1))
    assert verified.identity == world.accepted(file).identity
    assert len(verified.parts.traces) == 2


def test_trace_added_on_the_way_breaks_a_whole_file_signature(world: World) -> None:
    file = world.a.signer.sign_whole(document(content=True))
    hop = b"<edXML:TraceHeader><edXML:OrganId>H08</edXML:OrganId></edXML:TraceHeader><edXML:Bussiness"
    with pytest.raises(Refused, match=r"signature\.altered"):
        world.judge(file.replace(b"<edXML:Bussiness", hop, 1))


def test_signing_again_is_the_same_content(world: World) -> None:
    first, second = (world.a.signer.sign_parts(document()) for _ in range(2))
    assert first != second
    assert world.accepted(first).identity == world.accepted(second).identity


def test_other_content_has_another_identity(world: World) -> None:
    changed = document().replace(b"125/SNV-VP", b"126/SNV-VP")
    one, two = (world.accepted(world.a.signer.sign_parts(file)) for file in (document(), changed))
    assert one.identity != two.identity


def test_other_attachment_has_another_identity(world: World) -> None:
    files = (document(), document(attachments=(Attachment(payload=b"other"),)))
    one, two = (world.accepted(world.a.signer.sign_parts(file)) for file in files)
    assert one.identity != two.identity


def test_second_registered_certificate_is_found(world: World) -> None:
    file = world.b.signer.sign_parts(status())
    assert world.accepted(file, world.a.der, world.b.der).certificate == hashlib.sha256(world.b.der).digest()


def test_certificate_in_key_info_decides_nothing(world: World) -> None:
    """Without KeyInfo, and with a stranger's certificate in it, the registered certificate verifies just the same."""
    file = world.a.signer.sign_parts(document())
    start, end = file.index(b"<ds:KeyInfo>"), file.index(b"</ds:KeyInfo>") + len(b"</ds:KeyInfo>")
    bare = file[:start] + file[end:]
    other = file[start:end].replace(_shown(world.a.certificate_pem), _shown(world.c.certificate_pem))
    for variant in (bare, file[:start] + other + file[end:]):
        assert world.accepted(variant).certificate == hashlib.sha256(world.a.der).digest()


def test_no_revocation_list_holds_the_file(world: World) -> None:
    file = world.a.signer.sign_parts(document())
    held = world.judge(file, trust=trust_of([world.root], []))
    assert isinstance(held, gate.Held)
    assert "revocation" in held.reason
    assert held.verified.identity == world.accepted(file).identity


def test_stale_revocation_list_holds_the_file(world: World) -> None:
    stale = world.root.crl(1, now=NOW - timedelta(days=3))
    held = world.judge(world.a.signer.sign_parts(document()), trust=trust_of([world.root], [stale]))
    assert isinstance(held, gate.Held)


def test_threads_share_the_gate(world: World) -> None:
    """Parsers and verifiers are one for each call; schema and trust are shared."""
    files = [world.a.signer.sign_parts(document(attachments=(Attachment(payload=b"%d" % n),))) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda file: world.accepted(file).identity, files * 12))
    assert len(set(found)) == 8
    assert found == found[:8] * 12


def test_whole_profile_without_the_whole_file_is_refused(world: World) -> None:
    inspected = gate.inspect(skeleton(world.a.signer.sign_whole(document(content=True))))
    with pytest.raises(Refused, match=r"signature\.unreadable"):
        gate.verify(inspected, candidates=[world.a.der], trust=world.trust, at=NOW)


def test_whole_file_of_another_sender_is_refused(world: World) -> None:
    inspected = gate.inspect(skeleton(world.a.signer.sign_whole(document(content=True))))
    other = world.b.signer.sign_whole(status())
    with pytest.raises(Refused):
        gate.verify(inspected, candidates=[world.b.der], trust=world.trust, at=NOW, whole=other)


def test_two_attachments_are_covered(world: World) -> None:
    two = (*ONE, Attachment(content_id="a2", name="Phụ lục.xlsx", payload=b"PK"))
    assert len(world.accepted(world.a.signer.sign_parts(document(attachments=two))).parts.attachments) == 2


def _shown(pem: bytes) -> bytes:
    """A certificate as signxml writes it into KeyInfo."""
    return b"".join(pem.splitlines(keepends=True)[1:-1])
