"""Three judges: what we sign is valid for us, for xmlsec1 and for the JDK, and what was altered is valid for none."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from envelopes.faults import Refused
from signing.certificates import describe
from signing.receipts import Policy
from signing.seal import Seal, check_receipt
from signing.sign import Signer
from tests.signing.letters import document, status
from tests.signing.people import NOW, World
from tests.signing.test_seal import FACTS
from tests.support.judges import Exhibit, ask_java, ask_xmlsec, needs_java, needs_xmlsec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from signing.keys import KeyKind

KINDS: tuple[KeyKind, ...] = ("p256", "p384", "rsa2048", "rsa3072")
RECEIPT = dataclasses.replace(FACTS, accepted_at=NOW, policy=Policy(allow_unsigned=False, strict=True))
UNSIGNED = dataclasses.replace(
    RECEIPT, outcome="absent", profile=None, certificate=None, policy=Policy(allow_unsigned=True, strict=False)
)

WAYS: dict[str, Callable[[Signer], bytes]] = {
    "document P": lambda signer: signer.sign_parts(document(content=True)),
    "document P XAdES": lambda signer: signer.sign_parts(document(content=True), xades=True, at=NOW),
    "document W": lambda signer: signer.sign_whole(document(content=True)),
    "document W XAdES": lambda signer: signer.sign_whole(document(content=True), xades=True, at=NOW),
    "status P": lambda signer: signer.sign_parts(status()),
    "status P XAdES": lambda signer: signer.sign_parts(status(), xades=True, at=NOW),
    "status W XAdES": lambda signer: signer.sign_whole(status(), xades=True, at=NOW),
    "status of the exchange": lambda signer: Seal(signer).status(status()),
    "receipt": lambda signer: Seal(signer).receipt(RECEIPT),
    "receipt of an unsigned document": lambda signer: Seal(signer).receipt(UNSIGNED),
    "receipt, plain form": lambda signer: Seal(signer).receipt(dataclasses.replace(RECEIPT, version=1)),
}
"""Everything this project signs."""

HOP = b"<edXML:TraceHeader><edXML:OrganId>H08</edXML:OrganId></edXML:TraceHeader><edXML:Bussiness"

ALTERATIONS: dict[str, tuple[bytes, bytes]] = {
    "another recipient": (rb"H08\.30", b"H08.31"),
    "another reference": (rb"125/SNV-VP<", b"126/SNV-VP<"),
    "another number": (rb"<edXML:CodeNumber>125", b"<edXML:CodeNumber>126"),
    "another subject": ("một cửa".encode(), "hai cửa".encode()),
    "another status": (rb"<edXML:StatusCode>03", b"<edXML:StatusCode>02"),
    "another reason": (rb"<edXML:BussinessDocType>0", b"<edXML:BussinessDocType>1"),
    "another digest of the attachment": (rb'lt:sha256="[0-9a-f]{8}', b'lt:sha256="00000000'),
    "another size in the receipt": (rb'size="14321"', b'size="14322"'),
    "another file in the receipt": (rb'<File sha256="abab', b'<File sha256="baba'),
    "another attachment in the receipt": (rb'sha256="cdcd', b'sha256="dcdc'),
    "another policy": (rb'signature="required"', b'signature="optional"'),
    "a signature claimed": (rb'outcome="absent"', b'outcome="verified"'),
    "another time of acceptance": (rb"<AcceptedAt>2026-11-24", b"<AcceptedAt>2026-11-23"),
    "another signing time": (rb"SigningTime>2026", b"SigningTime>2025"),
    "another certificate named": (rb"(CertDigest>.*?<ds:DigestValue>)..", rb"\1AA"),
    "another format": (rb"MimeType>application/xml", b"MimeType>application/pdf"),
    "another digest": (rb"(SignedInfo>.*?<ds:DigestValue>)..", rb"\1AA"),
    "another value": (rb"(<ds:SignatureValue>)....", rb"\1AAAA"),
    "another method": (rb"xmldsig-more#(rsa|ecdsa)-sha\d+", rb"xmldsig-more#\1-sha224"),
}
"""By what was changed: every place of a signed file that has it, each in a copy of its own."""

HARMLESS: dict[str, tuple[bytes, bytes]] = {
    "no certificate shown": (rb"(?s)<ds:KeyInfo>.*</ds:KeyInfo>", b""),
}
"""Changes of what nothing covers; a trace added to profile P is one more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An exhibit and whether it is genuine."""

    exhibit: Exhibit
    genuine: bool


@pytest.fixture(scope="module")
def cases(world: World) -> list[Case]:
    """Everything we sign with each kind of key, and every alteration of what one of them signed."""
    return [case for kind in KINDS for case in _cases(world, kind)]


def _cases(world: World, kind: KeyKind) -> Iterator[Case]:
    key, certificate = world.root.issue(kind, key_kind=kind, now=NOW - timedelta(days=1))
    signer = Signer.load(key, certificate)
    for way, sign in WAYS.items():
        signed = sign(signer)
        name = f"{way}, {kind}"
        yield Case(exhibit=Exhibit(name=name, file=signed, certificate=certificate), genuine=True)
        if kind != KINDS[0]:  # how a file is altered does not depend on the key
            yield from _changed(
                name, signed, certificate, {"another value": ALTERATIONS["another value"]}, genuine=False
            )
            continue
        foreign = Exhibit(name=f"{name}: not A's", file=signed, certificate=world.a.certificate_pem)
        yield Case(exhibit=foreign, genuine=False)
        yield from _changed(name, signed, certificate, ALTERATIONS, genuine=False)
        yield from _changed(name, signed, certificate, HARMLESS, genuine=True)
        if way.startswith("document P"):
            yield from _changed(name, signed, certificate, {"a trace": (b"<edXML:Bussiness", HOP)}, genuine=True)


def _changed(
    name: str, signed: bytes, certificate: bytes, changes: dict[str, tuple[bytes, bytes]], *, genuine: bool
) -> Iterator[Case]:
    for change, (old, new) in changes.items():
        changed = re.sub(old, new, signed, count=1, flags=re.DOTALL)
        if changed != signed:
            exhibit = Exhibit(name=f"{name}: {change}", file=changed, certificate=certificate)
            yield Case(exhibit=exhibit, genuine=genuine)


def ours(world: World, exhibit: Exhibit) -> bool:
    """Whether our own checks say that the certificate's key signed this."""
    der = describe(exhibit.certificate).der
    try:
        if b"<Receipt " in exhibit.file[:200]:
            check_receipt(exhibit.file, der)
        else:
            world.accepted(exhibit.file, der)
    except Refused:
        return False
    return True


def expected(cases: list[Case]) -> dict[str, bool]:
    return {case.exhibit.name: case.genuine for case in cases}


def test_our_own_checks_tell_genuine_from_altered(world: World, cases: list[Case]) -> None:
    assert {case.exhibit.name: ours(world, case.exhibit) for case in cases} == expected(cases)


@needs_xmlsec
def test_xmlsec_agrees_with_us(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> None:
    assert ask_xmlsec([case.exhibit for case in cases], tmp_path_factory.mktemp("xmlsec")) == expected(cases)


@needs_java
def test_jdk_agrees_with_us(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> None:
    assert ask_java([case.exhibit for case in cases], tmp_path_factory.mktemp("jdk")) == expected(cases)


def test_every_way_is_altered_in_many_places_and_every_alteration_was_made(cases: list[Case]) -> None:
    """No list of changes that miss: each of them met something."""
    names = [case.exhibit.name for case in cases if not case.genuine]
    for way in WAYS:
        assert sum(name.startswith(f"{way}, {KINDS[0]}: ") for name in names) >= 4, way
    for change in ALTERATIONS:
        assert any(name.endswith(f": {change}") for name in names), change
