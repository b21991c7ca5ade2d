"""TM-20: other people's signatures (W3C's, merlin, phaos, 2012 interop, XAdES, hostile XML) through the gate.

The files come with the sources of signxml (see `tests/corpora.py`). As they are, none is an edXML envelope; so each
signature is also set where an envelope has its own, with its certificates registered as the sender's.
"""

from __future__ import annotations

import base64
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from envelopes.dom import safe_parser
from envelopes.faults import Refused
from envelopes.limits import DS, MAX_CANDIDATES
from signing import gate
from signing.leaf import load_der
from signing.places import find_places, splice
from signing.proving import prove
from signing.seal import check_sealed, enclosed_certificates
from tests.corpora import vectors
from tests.signing.forging import with_ids
from tests.signing.letters import document
from tests.signing.people import NOW, World
from tests.signing.test_seal import FACTS, SEAL

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 0.5
"""For the slowest file (SECURITY 7.2)."""

AS_THEY_ARE = {
    "envelope.namespace": 195,
    "envelope.not_xml": 30,
    "envelope.comment": 19,
    "envelope.encoding": 17,
    "envelope.doctype": 10,
    "envelope.instruction": 1,
    "envelope.skeleton_too_large": 1,
}
"""Files by the reason they are refused for: certificates, scripts and texts are no XML, all others are no edXML."""

_DS = "{" + DS + "}"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return vectors("signxml", "test")


@pytest.fixture(scope="module")
def signatures(files: dict[str, bytes]) -> dict[str, etree._Element]:
    """Every signature of the corpus, by file and place."""
    return {
        f"{name}#{n}": signature
        for name, data in files.items()
        if (root := parsed(data)) is not None
        for n, signature in enumerate(root.iter(_DS + "Signature"))
    }


def parsed(data: bytes) -> etree._Element | None:
    try:
        return etree.fromstring(data, safe_parser())
    except (etree.XMLSyntaxError, ValueError):
        return None


def certificates(signature: etree._Element) -> Iterator[bytes]:
    """The certificates shown, as far as they can be read."""
    for element in signature.iter(_DS + "X509Certificate"):
        try:
            der = base64.b64decode(element.text or "")
            load_der(der)
        except (Refused, ValueError):
            continue
        yield der


def code_of(world: World, file: bytes, *candidates: bytes) -> str:
    """The reason of the refusal; any other exception, and any other verdict, fails the test that asks."""
    begun = time.perf_counter()
    try:
        inspected = gate.inspect(file)
        gate.verify(inspected, candidates=candidates or (world.a.der,), trust=world.trust, at=NOW, whole=file)
    except Refused as refused:
        assert time.perf_counter() - begun < SECONDS
        return refused.faults[0].code
    return "accepted"


def test_tm_20_every_foreign_file_is_refused_as_no_envelope(world: World, files: dict[str, bytes]) -> None:
    assert Counter(code_of(world, data) for data in files.values()) == AS_THEY_ARE


def grafted(signature: etree._Element) -> bytes:
    """An envelope with this signature in the place of its own."""
    frame = with_ids(document())
    return splice(frame, [(find_places(frame).end, etree.tostring(signature, with_tail=False))])


IN_AN_ENVELOPE = {
    "signature.form_unsupported": 116,
    "signature.algorithm": 30,
    "signature.properties": 18,
    "signature.coverage": 10,
    "envelope.comment": 5,
    "signature.too_many": 3,
    "signature.malformed": 2,
    "envelope.not_xml": 1,
    "signature.invalid": 1,
    "signature.altered": 1,
}
"""Signatures by the reason they are refused for."""

NAMED = {
    "interop/TR2012/signature-enveloping-p256_sha256.xml#0": "signature.form_unsupported",  # what it signs is inside
    "interop/merlin-xmldsig-twenty-three/signature-enveloped-dsa.xml#0": "signature.algorithm",
    "interop/phaos-xmldsig-three/signature-hmac-sha1-exclusive-c14n-enveloped.xml#0": "signature.algorithm",
    "interop/soap/request.xml#0": "signature.malformed",
    "interop/aleksey-xmldsig-01-enveloped/enveloped-sha256-rsa-sha256-test-1.xml#0": "signature.coverage",
    "interop/xml-crypto/windows_store_signature.xml#0": "signature.invalid",  # the whole file, but it was another
    "xades/dss-signed.xml#0": "signature.altered",  # all as it must be, by its own key, and it signed something else
    "xades/dss-signed-altered-signedPropsRemoved.xml#0": "signature.properties",
    "xades/xades-counter-signature-injected.xml#0": "signature.too_many",
}
"""The reason of one of each kind."""


def test_tm_20_every_foreign_signature_in_an_envelope_is_refused(
    world: World, signatures: dict[str, etree._Element]
) -> None:
    codes = {}
    for name, signature in signatures.items():
        candidates = [*certificates(signature), world.a.der][:MAX_CANDIDATES]
        codes[name] = code_of(world, grafted(signature), *candidates)
    assert {name: codes[name] for name in NAMED} == NAMED
    assert Counter(codes.values()) == IN_AN_ENVELOPE


BROKEN = {
    "interop/aleksey-xmldsig-01-enveloped/invalid_enveloped_transform.xml",
    "interop/phaos-xmldsig-three/signature-rsa-enveloped-bad-digest-val.xml",
    "interop/phaos-xmldsig-three/signature-rsa-enveloped-bad-sig.xml",
    "interop/ws-security/ws.js/test/unit/client/files/invalid wss resp - changed content.xml",
    "xades/dss-signed-altered-signedPropsRemoved.xml",
    "xades/nonconformant-dss-signed-altered-refRemoved.xml",
}
"""Published as not valid."""

PROVEN = 48
"""Files whose own certificate signed them with algorithms that we take, wherever the signature stands."""


def test_tm_20_one_call_into_the_library_proves_what_is_published_as_valid(files: dict[str, bytes]) -> None:
    """So the refusals above are the gate's, and none of them is a call that never says yes."""
    proven = {name for name, data in files.items() if is_proven(data)}
    assert len(proven) == PROVEN
    assert not proven & BROKEN
    assert {"xades/dss-signed.xml", "xades/xades-lta-valid.xml", "example-125.xml"} <= proven


def is_proven(data: bytes) -> bool:
    """Whether a certificate shown in the file made a signature of it, going by the library alone."""
    root = parsed(data)
    if root is None:
        return False
    for signature in root.iter(_DS + "Signature"):
        references = len(signature.findall(f"{_DS}SignedInfo/{_DS}Reference"))
        for der in certificates(signature):
            with suppress(Refused):
                if prove(data, load_der(der), location=".//", references=references, at=NOW):
                    return True
    return False


def test_tm_20_every_foreign_file_is_refused_as_no_receipt(files: dict[str, bytes]) -> None:
    """Whoever checks a receipt reads a file from outside, too; its own certificates are among those believed here."""
    for data in files.values():
        root = parsed(data)
        shown = [] if root is None else list(certificates(root))
        with pytest.raises(Refused):
            check_sealed(data, [SEAL.certificate_pem, *shown])
        with suppress(Refused):
            enclosed_certificates(data)


def test_tm_20_every_foreign_signature_in_a_receipt_is_refused(signatures: dict[str, etree._Element]) -> None:
    genuine = SEAL.receipt(FACTS)
    start, end = genuine.index(b"<ds:Signature"), genuine.index(b"</ds:Signature>") + len(b"</ds:Signature>")
    check_sealed(genuine, [SEAL.certificate_pem])
    for signature in signatures.values():
        forged = genuine[:start] + etree.tostring(signature, with_tail=False) + genuine[end:]
        with pytest.raises(Refused):
            check_sealed(forged, [SEAL.certificate_pem, *certificates(signature)])
