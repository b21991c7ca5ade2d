"""TM-19: a relative namespace, on which canonicalisation fails or says nothing, is refused and never signs nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from envelopes.faults import Refused
from signing import gate
from tests.signing.letters import document, status
from tests.signing.people import make_world

WORLD = make_world()
SIGNED = {
    "parts": WORLD.a.signer.sign_parts(document()),
    "whole": WORLD.a.signer.sign_whole(document()),
    "status": WORLD.a.signer.sign_parts(status()),
}
URIS = ("1", "..", "x/y", "?", "#", "//h", "", " ")


def with_namespace(file: bytes, tag: re.Match[bytes], uri: str) -> bytes:
    """The file with a declaration put into one of its start tags."""
    return file[: tag.end()] + f' xmlns:x="{uri}"'.encode() + file[tag.end() :]


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize("uri", URIS)
def test_relative_namespace_at_any_level_signs_nothing_else(name: str, uri: str) -> None:
    file = SIGNED[name]
    genuine = WORLD.accepted(file).identity
    for tag in re.finditer(rb"<[A-Za-z:]+", file):
        try:
            verdict = WORLD.judge(with_namespace(file, tag, uri))
        except Refused as refused:
            assert all(fault.vi and fault.en for fault in refused.faults)
        else:
            assert isinstance(verdict, gate.Verified)
            assert verdict.identity == genuine


@pytest.mark.parametrize("make", [document, status])
def test_signer_refuses_to_sign_over_a_relative_namespace(make: Callable[[], bytes]) -> None:
    plain = make()
    tag = re.search(rb"<edXML:MessageHeader", plain)
    assert tag is not None
    for sign in (WORLD.a.signer.sign_parts, WORLD.a.signer.sign_whole):
        with pytest.raises(Refused, match=r"namespace\.relative"):
            sign(with_namespace(plain, tag, "1"))
