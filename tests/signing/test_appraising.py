"""A signature seen without an exchange: whose key made it, who stands behind that, and what nobody looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envelopes.faults import Refused
from signing.appraising import (
    LEADS_TO_ROOT,
    PATH_TO_ROOT,
    REGISTRATION,
    REVOCATION,
    SIGNATURE,
    WHOSE,
    Appraisal,
    Given,
    Outcome,
)
from signing.appraising import appraise as appraise_skeleton
from signing.certificates import describe
from tests.signing.letters import document, status
from tests.signing.people import NOW, World, agency, skeleton

if TYPE_CHECKING:
    from signing.authority import Authority

DECORATED = b'<Signature xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"/></edXML:edXMLHeader>'


def appraise(file: bytes, given: Given | None = None) -> Appraisal:
    return appraise_skeleton(skeleton(file), given=given or Given(), at=NOW, whole=lambda: file)


def rooted(root: Authority, *crls: bytes) -> Given:
    return Given(roots=(describe(root.root_pem).der,), crls=crls)


def test_unsigned_file_is_called_nothing_else() -> None:
    for file in (document(), status()):
        found = appraise(file)
        assert (found.outcome, found.certificate, found.profile) == (Outcome.ABSENT, None, None)


def test_decoration_is_no_signature_whatever_is_trusted(world: World) -> None:
    found = appraise(
        document().replace(b"</edXML:edXMLHeader>", DECORATED), rooted(world.root, world.root.crl(now=NOW))
    )
    assert found.outcome is Outcome.DECORATION
    assert found.certificate is None
    assert [fault.code for fault in found.warnings] == ["signature.decoration"]


@pytest.mark.parametrize("profile", ["P", "W"])
def test_enclosed_certificate_alone_verifies_nothing(world: World, profile: str) -> None:
    signer = world.c.signer  # a stranger under a root of its own: anybody could have done this
    file = signer.sign_parts(document()) if profile == "P" else signer.sign_whole(document(content=True))
    found = appraise(file)
    assert (found.outcome, found.profile, found.enclosed) == (Outcome.UNVERIFIED, profile, True)
    assert found.certificate is not None
    assert found.certificate.der == world.c.der
    assert found.unchecked == (WHOSE, PATH_TO_ROOT, REVOCATION, REGISTRATION)


def test_given_certificate_verifies_and_says_what_it_left_out(world: World) -> None:
    found = appraise(world.a.signer.sign_parts(document()), Given(certificates=(world.b.der, world.a.der)))
    assert (found.outcome, found.enclosed) == (Outcome.VERIFIED, False)
    assert found.certificate is not None
    assert found.certificate.der == world.a.der
    assert found.unchecked == (PATH_TO_ROOT, REVOCATION, REGISTRATION)


def test_advanced_form_is_worth_the_certificate_it_names_and_no_more(world: World) -> None:
    file = world.a.signer.sign_parts(document(), xades=True)
    assert appraise(file).outcome is Outcome.UNVERIFIED
    assert appraise(file, Given(certificates=(world.a.der,))).outcome is Outcome.VERIFIED
    assert appraise(file, Given(certificates=(world.b.der,))).outcome is Outcome.REFUSED


def test_root_and_fresh_list_leave_only_registration_open(world: World) -> None:
    found = appraise(world.a.signer.sign_parts(status()), rooted(world.root, world.root.crl(now=NOW)))
    assert (found.outcome, found.unchecked) == (Outcome.VERIFIED, (REGISTRATION,))


def test_root_without_a_list_is_held_not_verified(world: World) -> None:
    found = appraise(world.a.signer.sign_parts(document()), rooted(world.root))
    assert found.outcome is Outcome.HELD
    assert found.reason
    assert found.unchecked == (LEADS_TO_ROOT, REVOCATION, REGISTRATION)


def test_stranger_under_another_root_is_refused(world: World) -> None:
    found = appraise(world.c.signer.sign_parts(document()), rooted(world.root, world.root.crl(now=NOW)))
    assert found.outcome is Outcome.REFUSED
    assert [fault.code for fault in found.faults] == ["certificate.untrusted"]


def test_signature_of_another_key_is_refused_without_talk_of_registration(world: World) -> None:
    found = appraise(world.a.signer.sign_parts(document()), Given(certificates=(world.b.der,)))
    assert found.outcome is Outcome.REFUSED
    assert [fault.code for fault in found.faults] == ["signature.invalid"]
    assert "registered" not in found.faults[0].en


def test_change_after_signing_is_refused_whoever_signed(world: World) -> None:
    file = world.a.signer.sign_parts(document()).replace("một cửa".encode(), "hai cửa".encode())
    found = appraise(file)
    assert (found.outcome, [fault.code for fault in found.faults]) == (Outcome.REFUSED, ["signature.altered"])


def test_expired_certificate_is_refused_even_when_given(world: World) -> None:
    old = agency(world.root, "H08.02")
    file = old.signer.sign_parts(document())
    at = describe(old.certificate_pem).not_after.replace(year=2090)
    found = appraise_skeleton(skeleton(file), given=Given(certificates=(old.der,)), at=at, whole=lambda: file)
    assert (found.outcome, [fault.code for fault in found.faults]) == (Outcome.REFUSED, ["certificate.expired"])


def test_signature_without_a_certificate_is_not_examined(world: World) -> None:
    file = world.a.signer.sign_parts(document())
    start, end = (file.index(f"{mark}KeyInfo>".encode()) for mark in ("<ds:", "</ds:"))
    bare = file[:start] + file[end + len("</ds:KeyInfo>") :]
    assert appraise(bare).outcome is Outcome.UNEXAMINED
    assert appraise(bare).unchecked[0] == SIGNATURE
    assert appraise(bare, Given(certificates=(world.a.der,))).outcome is Outcome.VERIFIED


def test_file_too_large_to_be_verified_whole_is_told(world: World) -> None:
    def too_large() -> bytes:
        raise Refused(*appraise(b"<x/>").faults)

    file = world.a.signer.sign_whole(document(content=True))
    found = appraise_skeleton(skeleton(file), given=Given(), at=NOW, whole=too_large)
    assert (found.outcome, found.profile) == (Outcome.REFUSED, "W")
    assert found.faults
