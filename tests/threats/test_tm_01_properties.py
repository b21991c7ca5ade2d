"""TM-01 for XAdES: the properties that are read are those that were signed, wherever the genuine ones are moved to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from envelopes.limits import DS, XADES
from tests.signing.people import World
from tests.threats.forms import FORMS, signed_letter
from tests.threats.taking import code_of, take

ADVANCED = [form for form in FORMS if form.endswith("XAdES")]


@dataclass(frozen=True, slots=True)
class Pieces:
    """The signed letter, its object with the genuine properties, and properties that claim another time."""

    file: bytes
    object: bytes
    genuine: bytes
    forged: bytes

    def with_object(self, text: bytes) -> bytes:
        """The letter with other objects."""
        return self.file.replace(self.object, text)

    def with_properties(self, text: bytes) -> bytes:
        """The letter with other properties in the one object."""
        return self.file.replace(self.genuine, text)


def pieces_of(form: str) -> Pieces:
    file = signed_letter(form)
    found = re.search(rb"<ds:Object>.*</ds:Object>", file, re.DOTALL)
    properties = re.search(rb"<xades:SignedProperties .*</xades:SignedProperties>", file, re.DOTALL)
    assert found is not None
    assert properties is not None
    return Pieces(file, found[0], properties[0], properties[0].replace(b"2026-11-24T02", b"2020-01-01T02"))


def _unsigned(inside: bytes) -> bytes:
    return b"<xades:UnsignedProperties>" + inside + b"</xades:UnsignedProperties>"


def _without_id(properties: bytes) -> bytes:
    return properties.replace(b' Id="SignedProperties"', b"", 1)


def _elsewhere(properties: bytes) -> bytes:
    """The properties where their prefixes are not declared."""
    return properties.replace(
        b"<xades:SignedProperties", f'<xades:SignedProperties xmlns:xades="{XADES}" xmlns:ds="{DS}"'.encode(), 1
    )


PROPERTIES, FORM = "signature.properties", "signature.form_unsupported"

SHAPES: Mapping[str, tuple[Callable[[Pieces], bytes], str]] = {
    "forged": (lambda p: p.with_properties(p.forged), "signature.altered"),
    "forged before genuine": (lambda p: p.with_properties(p.forged + p.genuine), "signature.id_repeated"),
    "forged without Id first": (lambda p: p.with_properties(_without_id(p.forged) + p.genuine), PROPERTIES),
    "genuine before forged without Id": (lambda p: p.with_properties(p.genuine + _without_id(p.forged)), PROPERTIES),
    "genuine inside unsigned ones": (
        lambda p: p.with_properties(_without_id(p.forged) + _unsigned(p.genuine)),
        PROPERTIES,
    ),
    "unsigned ones behind": (lambda p: p.with_properties(p.genuine + _unsigned(b"")), PROPERTIES),
    "genuine inside forged": (
        lambda p: p.with_properties(
            _without_id(p.forged).replace(b"</xades:SignedProperties>", p.genuine + b"</xades:SignedProperties>")
        ),
        PROPERTIES,
    ),
    "forged under ID": (
        lambda p: p.with_properties(p.forged.replace(b" Id=", b" ID=", 1) + p.genuine),
        "signature.id_repeated",
    ),
    "two objects": (lambda p: p.with_object(p.object.replace(p.genuine, _without_id(p.forged)) + p.object), FORM),
    "two objects, genuine first": (
        lambda p: p.with_object(p.object + p.object.replace(p.genuine, _without_id(p.forged))),
        FORM,
    ),
    "two properties in one object": (
        lambda p: p.with_object(
            p.object.replace(b"<ds:Object>", b"<ds:Object>" + p.object[11:-12].replace(p.genuine, p.forged))
        ),
        "signature.id_repeated",
    ),
    "genuine in KeyInfo": (
        lambda p: p.with_properties(_without_id(p.forged)).replace(
            b"</ds:KeyInfo>", _elsewhere(p.genuine) + b"</ds:KeyInfo>"
        ),
        PROPERTIES,
    ),
    "genuine in a trace": (
        lambda p: p.with_properties(_without_id(p.forged)).replace(
            b"</edXML:TraceHeader>", _elsewhere(p.genuine) + b"</edXML:TraceHeader>", 1
        ),
        "element.unknown",
    ),
    "for another signature": (lambda p: p.file.replace(b'Target="#Signature"', b'Target="#Other"'), PROPERTIES),
    "for none": (lambda p: p.file.replace(b' Target="#Signature"', b""), PROPERTIES),
    "signature renamed": (lambda p: p.file.replace(b' Id="Signature"', b' Id="Other"'), PROPERTIES),
    "taken away": (lambda p: p.with_object(b""), FORM),
    "emptied": (lambda p: p.with_object(b"<ds:Object/>"), FORM),
    "of another type": (
        lambda p: p.file.replace(b"01903#SignedProperties", b"01903#CountersignedSignature"),
        PROPERTIES,
    ),
    "of no type": (
        lambda p: p.file.replace(b' Type="http://uri.etsi.org/01903#SignedProperties"', b""),
        PROPERTIES,
    ),
}


@pytest.mark.parametrize("form", ADVANCED)
@pytest.mark.parametrize("name", SHAPES)
def test_properties_that_were_not_signed_are_not_read(world: World, form: str, name: str) -> None:
    shape, code = SHAPES[name]
    attack = shape(pieces_of(form))
    assert attack != signed_letter(form)
    assert code_of(world, attack) == code


@pytest.mark.parametrize("form", ADVANCED)
def test_genuine_properties_are_read(world: World, form: str) -> None:
    claimed = take(world, signed_letter(form)).verified.claimed_at
    assert claimed is not None
    assert f"{claimed:%Y-%m-%dT%H:%M:%SZ}" == "2026-11-24T02:59:00Z"
