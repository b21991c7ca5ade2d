"""TM-06: what one signature may cost: each of the gate's own limits holds at n and breaks at one more."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

import pytest
from lxml import etree

from envelopes.limits import (
    MAX_CANDIDATES,
    MAX_CERTIFICATES,
    MAX_KEY_INFO_BYTES,
    MAX_REFERENCES,
    MAX_SKELETON_BYTES,
    MAX_TRACES,
    MAX_TRANSFORMS,
)
from signing.algorithms import EXC_C14N, MAX_PREFIXES
from tests.signing.forging import with_ids
from tests.signing.letters import document
from tests.signing.people import World
from tests.threats.forms import FORMS, LETTER, shared_world, signed_letter
from tests.threats.own_signatures import BY_PARTS, Covered, sign_by_hand
from tests.threats.taking import code_of

HOP = b"<edXML:TraceHeader><edXML:OrganId>H08</edXML:OrganId></edXML:TraceHeader>"


def _signed(**named: object) -> bytes:
    return sign_by_hand(with_ids(LETTER), shared_world().a, **named)  # type: ignore[arg-type]


def references(count: int) -> bytes:
    more = [Covered(uri="#MessageHeader")] * (count - len(BY_PARTS))
    return sign_by_hand(with_ids(document()), shared_world().a, [*BY_PARTS, *more])


def transforms(count: int) -> bytes:
    return _signed(covered=[Covered(uri=one.uri, transforms=(EXC_C14N,) * count) for one in BY_PARTS])


def prefixes(count: int) -> bytes:
    listed = " ".join(f"p{n}" for n in range(count))
    inside = f'<e:InclusiveNamespaces xmlns:e="{EXC_C14N}" PrefixList="{listed}"/>'
    transform = f'<ds:Transform Algorithm="{EXC_C14N}">{inside}</ds:Transform>'
    return _signed(covered=[Covered(uri=one.uri, transforms=(transform,)) for one in BY_PARTS])


def certificates(count: int) -> bytes:
    shown = base64.b64encode(shared_world().a.der).decode()
    inside = f"<ds:X509Certificate>{shown}</ds:X509Certificate>" * count
    return _signed(key_info=f"<ds:X509Data>{inside}</ds:X509Data>")


def key_info(size: int) -> bytes:
    """KeyInfo of so many bytes as it would stand alone, with every namespace it knows."""
    bare = etree.fromstring(_signed(key_info="<ds:KeyName>x</ds:KeyName>"))
    frame = len(etree.tostring(next(bare.iter("{*}KeyInfo")), with_tail=False)) - 1
    return _signed(key_info=f"<ds:KeyName>{'x' * (size - frame)}</ds:KeyName>")


def traces(count: int) -> bytes:
    return signed_letter("P").replace(HOP[:19], HOP * (count - 1) + HOP[:19], 1)


def skeleton(size: int) -> bytes:
    bare = signed_letter("P")
    contents = sum(len(text) for text in _contents(bare))
    return bare + b" " * (size - len(bare) + contents)


def _contents(file: bytes) -> list[bytes]:
    return [piece.partition(b">")[2].partition(b"<")[0] for piece in file.split(b"<edXML:ContentTransferEncoded")[1:]]


AT: Mapping[str, tuple[Callable[[int], bytes], int, str, str]] = {
    "references": (references, MAX_REFERENCES, "signature.coverage", "signature.references_too_many"),
    "transforms": (transforms, MAX_TRANSFORMS, "signature.transform", "signature.transform"),
    "prefixes": (prefixes, MAX_PREFIXES, "accepted", "signature.malformed"),
    "certificates": (certificates, MAX_CERTIFICATES, "accepted", "signature.key_info"),
    "KeyInfo": (key_info, MAX_KEY_INFO_BYTES, "accepted", "signature.key_info"),
    "traces": (traces, MAX_TRACES, "accepted", "trace.too_many"),
    "skeleton": (skeleton, MAX_SKELETON_BYTES, "accepted", "envelope.skeleton_too_large"),
}


@pytest.mark.parametrize("name", AT)
def test_limit_holds_at_n_and_breaks_at_one_more(world: World, name: str) -> None:
    make, limit, at_limit, beyond = AT[name]
    assert code_of(world, make(limit)) == at_limit
    assert code_of(world, make(limit + 1)) == beyond


@pytest.mark.parametrize("form", FORMS)
def test_candidates_up_to_their_limit_are_tried(world: World, form: str) -> None:
    others = [world.b.der] * (MAX_CANDIDATES - 1)
    file = signed_letter(form)
    start, end = file.index(b"<ds:KeyInfo>"), file.index(b"</ds:KeyInfo>") + len(b"</ds:KeyInfo>")
    without_hint = file[:start] + file[end:]
    assert code_of(world, without_hint, *others, world.a.der) == "accepted"
    beyond = "accepted" if form.endswith("XAdES") else "signature.invalid"  # properties name the certificate as well
    assert code_of(world, without_hint, *others, world.b.der, world.a.der) == beyond


@pytest.mark.parametrize("form", FORMS)
def test_candidate_that_the_signature_names_is_tried_however_many_there_are(world: World, form: str) -> None:
    others = [world.b.der] * (MAX_CANDIDATES + 1)
    assert code_of(world, signed_letter(form), *others, world.a.der) == "accepted"
