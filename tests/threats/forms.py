"""The genuine letter that is attacked, and every form in which agency A signs it (SECURITY 1.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from tests.signing.forging import with_ids
from tests.signing.letters import Attachment, document
from tests.signing.people import Agency, World, make_world
from tests.threats.own_signatures import BY_PARTS, SIGNED_PROPERTIES, WHOLE, qualifying, sign_by_hand

MAIN = Attachment()
ANNEX = Attachment(content_id="a2", name="Phụ lục.pdf", payload=b"%PDF-1.7\n" + b"Ph\xe1\xbb\xa5 l\xe1\xbb\xa5c " * 20)
LETTER = document(attachments=(MAIN, ANNEX), content=True)
"""A whole file with two attachments."""


def _by_parts(agency: Agency, data: bytes) -> bytes:
    return agency.signer.sign_parts(data)


def _whole(agency: Agency, data: bytes) -> bytes:
    return agency.signer.sign_whole(data)


def _advanced_by_parts(agency: Agency, data: bytes) -> bytes:
    return sign_by_hand(with_ids(data), agency, (*BY_PARTS, SIGNED_PROPERTIES), objects=qualifying(agency.der))


def _advanced_whole(agency: Agency, data: bytes) -> bytes:
    return sign_by_hand(data, agency, (*WHOLE, SIGNED_PROPERTIES), objects=qualifying(agency.der))


FORMS: Mapping[str, Callable[[Agency, bytes], bytes]] = {
    "P": _by_parts,
    "W": _whole,
    "P-XAdES": _advanced_by_parts,
    "W-XAdES": _advanced_whole,
}
"""Profile and form, and how an agency signs a file that way."""


@cache
def shared_world() -> World:
    """Agencies whose keys are made once for all attacks."""
    return make_world()


@cache
def signed_letter(form: str) -> bytes:
    """The letter, signed by A in this form."""
    return FORMS[form](shared_world().a, LETTER)
