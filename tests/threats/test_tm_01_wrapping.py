"""TM-01: signature wrapping. A library calls most of these valid; the gate accepts none, and each for its reason."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from signxml.algorithms import SignatureMethod
from signxml.verifier import SignatureConfiguration, XMLVerifier

from envelopes.faults import Refused
from signing import gate
from tests.signing.forging import sign_with, with_ids
from tests.signing.letters import document
from tests.signing.people import NOW, World
from tests.threats.forms import FORMS, MAIN, signed_letter
from tests.threats.taking import code_of, take
from tests.threats.wrapping import LIES, wrapped

WHY: Mapping[int, str] = {
    1: "signature.malformed",
    2: "element.unknown",
    3: "element.unknown",
    4: "element.unknown",
    5: "element.unknown",
    6: "element.unknown",
    7: "element.unknown",
    8: "signature.form_unsupported",
    9: "element.repeated",
    10: "envelope.namespace",
    11: "element.unknown",
    12: "element.unknown",
    13: "element.repeated",
    14: "signature.form_unsupported",
    15: "signature.malformed",
    16: "signature.malformed",
    17: "envelope.comment",
    18: "envelope.doctype",
    19: "element.namespace",
    20: "element.unknown",
    21: "element.unknown",
    22: "element.unknown",
    23: "signature.part_unnamed",
    24: "signature.part_unnamed",
    25: "signature.part_unnamed",
    26: "element.repeated",
    27: "element.repeated",
    28: "signature.misplaced",
    29: "element.unknown",
    30: "signature.id_repeated",
    31: "signature.id_repeated",
    32: "signature.id_repeated",
    33: "signature.id_repeated",
    34: "signature.id_repeated",
    35: "signature.altered",
}
"""Why each shape is refused, by parts."""

WHOLE_ALTERED = {*range(23, 26), *range(30, 36)}
"""Shapes that play with Ids: a signature over the whole file has none, and sees that the file is another."""


BELIEVED = {"P": {*range(2, 6), *range(7, 12), 13, 14, 20, 21, *range(23, 29), 30, 32, 33}, "W": {14}}
"""What the library lets through at its defaults."""


def reason(form: str, number: int) -> str:
    return "signature.altered" if form.startswith("W") and number in WHOLE_ALTERED else WHY[number]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lie", LIES)
def test_no_wrapping_is_accepted(world: World, form: str, lie: str) -> None:
    attacks = list(wrapped(signed_letter(form), LIES[lie]))
    assert [attack.number for attack in attacks] == list(range(1, len(WHY) + 1))
    refused = {attack.number: code_of(world, attack.file) for attack in attacks}
    assert refused == {number: reason(form, number) for number in WHY}


@pytest.mark.parametrize("form", FORMS)
def test_genuine_files_around_the_attacks_are_accepted(world: World, form: str) -> None:
    taken = take(world, signed_letter(form))
    assert taken.verified.profile == form[0]
    assert taken.contents[0] == MAIN.payload


@pytest.mark.parametrize("form", ["P", "W"])
def test_the_attacks_are_real(world: World, form: str) -> None:
    """A verifier left at its defaults takes these for valid: what keeps them out is the gate (SECURITY 6)."""
    attacks = wrapped(FORMS[form](world.a, document()), LIES["recipient"])
    believed = {attack.number for attack in attacks if _library_accepts(attack.file, world)}
    assert believed == BELIEVED[form]


@pytest.mark.parametrize(
    "references",
    [
        ["#MessageHeader"],
        ["#Bussiness", "#MessageHeader", "#edXMLManifest"],
        ["#MessageHeader", "#edXMLManifest"],
        ["#MessageHeader", "#Bussiness"],
        ["#MessageHeader", "#MessageHeader", "#edXMLManifest"],
        ["#MessageHeader", "#Bussiness", "#edXMLManifest", "#MessageHeader"],
    ],
)
def test_other_cover_or_order_is_refused(world: World, references: list[str]) -> None:
    """Variant 9 with a signature made so: genuine key, the rest free to swap."""
    file = sign_with(with_ids(document()), world.a, references=references)
    assert _library_accepts(file, world)
    with pytest.raises(Refused, match=r"signature\.coverage"):
        gate.inspect(file)


@pytest.mark.parametrize("part", ["MessageHeader", "Bussiness", "edXMLManifest"])
@pytest.mark.parametrize("place", ["From", "To", "Code", "TraceHeader"])
def test_id_on_another_element_is_refused(world: World, part: str, place: str) -> None:
    """`#MessageHeader` signs whatever carries that Id; here it is the sender's block alone."""
    data = with_ids(document()).replace(f' Id="{part}"'.encode(), b"", 1)
    file = sign_with(data.replace(f"<edXML:{place}>".encode(), f'<edXML:{place} Id="{part}">'.encode(), 1), world.a)
    assert _library_accepts(file, world)
    code = "attribute.unknown" if place == "TraceHeader" else "signature.part_unnamed"
    assert code_of(world, file) == code


def _library_accepts(file: bytes, world: World) -> bool:
    expected = SignatureConfiguration(
        expect_references=True, verification_time=NOW, signature_methods=frozenset(SignatureMethod)
    )
    try:
        XMLVerifier().verify(file, x509_cert=world.a.signer.certificate, expect_config=expected, id_attribute=None)
    except Exception:
        return False
    return True
