"""TM-08: every transform that is not the profile's own is refused, although a genuine key signed it.

Digest and value are right for a verifier that passes over what it does not know, as signxml does (SECURITY 2.2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from signxml.verifier import SignatureConfiguration, XMLVerifier

from signing.algorithms import C14N, C14N11, ENVELOPED, EXC_C14N
from tests.signing.forging import with_ids
from tests.signing.people import NOW, World
from tests.threats.forms import LETTER
from tests.threats.own_signatures import BY_PARTS, SIGNED_PROPERTIES, WHOLE, Covered, qualifying, sign_by_hand
from tests.threats.taking import code_of

XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
FILTER = "http://www.w3.org/2002/06/xmldsig-filter2"
XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
BASE64 = "http://www.w3.org/2000/09/xmldsig#base64"
UNKNOWN = "urn:unknown"

SHEET = f"""<ds:Transform Algorithm="{XSLT}">
<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" version="1.0"><x:template match="/"><evil/></x:template>
</x:stylesheet></ds:Transform>"""
PATH = f'<ds:Transform Algorithm="{XPATH}"><ds:XPath>not(ancestor-or-self::To)</ds:XPath></ds:Transform>'
INTERSECTION = (
    f'<ds:Transform Algorithm="{FILTER}"><f:XPath xmlns:f="{FILTER}" Filter="subtract">//To</f:XPath></ds:Transform>'
)


def _inclusive(count: int) -> str:
    prefixes = " ".join(f"p{n}" for n in range(count))
    inside = f'<e:InclusiveNamespaces xmlns:e="{EXC_C14N}" PrefixList="{prefixes}"/>'
    return f'<ds:Transform Algorithm="{EXC_C14N}">{inside}</ds:Transform>'


TRANSFORM, MALFORMED = "signature.transform", "signature.malformed"

FORBIDDEN: Mapping[str, tuple[Sequence[str], str]] = {
    "XSLT": ((SHEET,), MALFORMED),
    "XSLT, empty": ((XSLT,), TRANSFORM),
    "XPath": ((PATH,), MALFORMED),
    "XPath, empty": ((XPATH, EXC_C14N), TRANSFORM),
    "XPath filter": ((INTERSECTION,), MALFORMED),
    "base64": ((BASE64,), TRANSFORM),
    "base64 afterwards": ((EXC_C14N, BASE64), TRANSFORM),
    "unknown": ((UNKNOWN,), TRANSFORM),
    "unknown first": ((UNKNOWN, EXC_C14N), TRANSFORM),
    "unknown last": ((EXC_C14N, UNKNOWN), TRANSFORM),
    "no name": (("",), TRANSFORM),
    "with comments": ((EXC_C14N + "WithComments",), TRANSFORM),
    "canonical XML 1.0 with comments": ((C14N + "#WithComments",), TRANSFORM),
    "canonical XML 1.1": ((C14N11,), TRANSFORM),
    "the field's wrong name of exclusive canonical XML": (("http://www.w3.org/TR/xml-exc-c14n#",), TRANSFORM),
    "decryption": (("http://www.w3.org/2002/07/decrypt#XML",), TRANSFORM),
    "three": ((EXC_C14N,) * 3, TRANSFORM),
    "none": ((), MALFORMED),
    "an empty list": (("<!-- -->",), "envelope.comment"),
    "seventeen prefixes": ((_inclusive(17),), MALFORMED),
}
PARTS_ONLY: Mapping[str, tuple[Sequence[str], str]] = {
    "canonical XML 1.0": ((C14N,), TRANSFORM),
    "enveloped": ((ENVELOPED,), TRANSFORM),
    "enveloped too": ((ENVELOPED, EXC_C14N), TRANSFORM),
    "exclusive twice": ((EXC_C14N, EXC_C14N), TRANSFORM),
}
WHOLE_ONLY: Mapping[str, tuple[Sequence[str], str]] = {
    "exclusive alone": ((EXC_C14N,), TRANSFORM),
    "enveloped last": ((EXC_C14N, ENVELOPED), TRANSFORM),
    "enveloped twice": ((ENVELOPED, ENVELOPED), TRANSFORM),
    "enveloped, canonical XML 1.1": ((ENVELOPED, C14N11), TRANSFORM),
    "enveloped, unknown": ((ENVELOPED, UNKNOWN), TRANSFORM),
    "enveloped, XPath": ((ENVELOPED, PATH), MALFORMED),
}


@pytest.mark.parametrize("advanced", [False, True], ids=["plain", "XAdES"])
@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("name", [*FORBIDDEN, *PARTS_ONLY])
def test_forbidden_transform_of_a_part_is_refused(world: World, name: str, place: int, advanced: bool) -> None:
    transforms, code = {**FORBIDDEN, **PARTS_ONLY}[name]
    covered = list(BY_PARTS)
    covered[place] = replace(covered[place], transforms=transforms)
    assert code_of(world, _signed(world, with_ids(LETTER), covered, advanced)) == code


@pytest.mark.parametrize("advanced", [False, True], ids=["plain", "XAdES"])
@pytest.mark.parametrize("name", [*FORBIDDEN, *WHOLE_ONLY])
def test_forbidden_transform_of_the_whole_file_is_refused(world: World, name: str, advanced: bool) -> None:
    transforms, code = {**FORBIDDEN, **WHOLE_ONLY}[name]
    assert code_of(world, _signed(world, LETTER, [Covered(uri="", transforms=transforms)], advanced)) == code


@pytest.mark.parametrize("name", [name for name in FORBIDDEN if name not in {"none", "canonical XML 1.1"}])
def test_forbidden_transform_of_the_properties_is_refused(world: World, name: str) -> None:
    transforms, code = FORBIDDEN[name]
    covered = (*BY_PARTS, replace(SIGNED_PROPERTIES, transforms=transforms))
    file = sign_by_hand(with_ids(LETTER), world.a, covered, objects=qualifying(world.a.der))
    assert code_of(world, file) == code


@pytest.mark.parametrize(
    "method", [EXC_C14N + "WithComments", C14N + "#WithComments", C14N11 + "#WithComments", UNKNOWN, XSLT, ""]
)
def test_forbidden_canonicalization_of_the_statement_is_refused(world: World, method: str) -> None:
    for covered, data in ((BY_PARTS, with_ids(LETTER)), (WHOLE, LETTER)):
        assert code_of(world, sign_by_hand(data, world.a, covered, canonicalization=method)) == "signature.algorithm"


@pytest.mark.parametrize("place", range(3))
def test_the_attack_is_real(world: World, place: int) -> None:
    """signxml takes an unknown transform for none at all: another verifier may sign something else with it."""
    covered = list(BY_PARTS)
    covered[place] = replace(covered[place], transforms=(UNKNOWN, EXC_C14N))
    expected = SignatureConfiguration(expect_references=3, verification_time=NOW)
    file = sign_by_hand(with_ids(LETTER), world.a, covered)
    XMLVerifier().verify(file, x509_cert=world.a.signer.certificate, expect_config=expected, id_attribute="Id")


def _signed(world: World, data: bytes, covered: Sequence[Covered], advanced: bool) -> bytes:
    if advanced:
        return sign_by_hand(data, world.a, (*covered, SIGNED_PROPERTIES), objects=qualifying(world.a.der))
    return sign_by_hand(data, world.a, covered)
