"""SHA-1 and the field's misspelt canonicalisation: weak for whom an exception was made, until its day, and never more.

The signatures are those of edXML section 8, made genuine: in the field's own samples they are decoration.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from envelopes.faults import Refused
from envelopes.limits import LOCAL_TIME
from signing import gate
from signing.algorithms import C14N, ENVELOPED, EXC_C14N, MISSPELT_EXC_C14N
from tests.signing import by_hand
from tests.signing.by_hand import RSA, RSA_SHA1, SHA1, SHA256, TYPE, key_info, parts_references, properties, reference
from tests.signing.forging import with_ids
from tests.signing.letters import document
from tests.signing.odd_certificates import weakly_signed
from tests.signing.people import NOW, Agency, World, agency, skeleton, trust_of

if TYPE_CHECKING:
    from signing.certificates import Trust

TODAY = NOW.astimezone(LOCAL_TIME).date()
FIELD = (reference("", ENVELOPED, MISSPELT_EXC_C14N, digest=SHA1),)


@pytest.fixture(scope="module")
def a(world: World) -> Agency:
    """Agency A with the RSA key that old software has."""
    return agency(world.root, "H08.02", rsa=True)


def field_signature(a: Agency, references: tuple[str, ...] = FIELD, *, method: str = RSA_SHA1, rest: str = "") -> str:
    return by_hand.signature(references, method=method, canonicalization=C14N, rest=rest or key_info(a))


def whole(a: Agency, references: tuple[str, ...] = FIELD, *, method: str = RSA_SHA1, rest: str = "") -> bytes:
    """A letter as the field signs it: whole, rsa-sha1, SHA-1, the misspelt canonicalisation."""
    return by_hand.sign(document(content=True), field_signature(a, references, method=method, rest=rest), a)


def parts(a: Agency) -> bytes:
    return by_hand.sign(with_ids(document()), field_signature(a, parts_references(SHA1)), a)


def judge(
    world: World, a: Agency, file: bytes, *, until: date | None = TODAY, at: datetime = NOW, trust: Trust | None = None
) -> gate.Verified | gate.Held:
    inspected = gate.inspect(skeleton(file), weak_forms=until is not None)
    return gate.verify(inspected, candidates=[a.der], trust=trust or world.trust, at=at, whole=file, weak_until=until)


def refused(world: World, a: Agency, file: bytes, *, until: date | None = TODAY, at: datetime = NOW) -> str:
    with pytest.raises(Refused) as caught:
        judge(world, a, file, until=until, at=at)
    return caught.value.faults[0].code


def test_field_signature_is_weak(world: World, a: Agency) -> None:
    verdict = judge(world, a, whole(a))
    assert isinstance(verdict, gate.Verified)
    assert (verdict.weak, verdict.profile, verdict.agency) == (True, "W", "H08.02")
    assert verdict.certificate == hashlib.sha256(a.der).digest()


@pytest.mark.parametrize(
    ("method", "digest", "transforms"),
    [
        (RSA_SHA1, SHA256, (ENVELOPED, EXC_C14N)),
        (RSA, SHA1, (ENVELOPED, C14N)),
        (RSA, SHA256, (ENVELOPED, MISSPELT_EXC_C14N)),
        (RSA_SHA1, SHA1, (ENVELOPED,)),
    ],
)
def test_one_weak_form_makes_all_of_it_weak(
    world: World, a: Agency, method: str, digest: str, transforms: tuple[str, ...]
) -> None:
    file = whole(a, (reference("", *transforms, digest=digest),), method=method)
    verdict = judge(world, a, file)
    assert isinstance(verdict, gate.Verified)
    assert verdict.weak
    assert refused(world, a, file, until=None) in {"signature.algorithm", "signature.transform"}


def test_parts_signed_with_sha1_are_weak(world: World, a: Agency) -> None:
    verdict = judge(world, a, parts(a))
    assert isinstance(verdict, gate.Verified)
    assert (verdict.weak, verdict.profile) == (True, "P")


def test_strong_signature_of_a_listed_system_is_not_weak(world: World, a: Agency) -> None:
    for file in (a.signer.sign_parts(document()), a.signer.sign_whole(document(content=True))):
        verdict = judge(world, a, file)
        assert isinstance(verdict, gate.Verified)
        assert not verdict.weak


def test_weak_and_strong_signature_of_one_letter_have_one_identity(world: World, a: Agency) -> None:
    verdicts = [judge(world, a, file) for file in (whole(a), a.signer.sign_whole(document(content=True)))]
    assert len({verdict.identity for verdict in verdicts if isinstance(verdict, gate.Verified)}) == 1


def test_without_an_exception_the_answer_names_what_to_do(world: World, a: Agency) -> None:
    for file in (whole(a), parts(a)):
        with pytest.raises(Refused) as caught:
            judge(world, a, file, until=None)
        [fault] = caught.value.faults
        assert fault.code == "signature.algorithm"
        assert "lienthong system weak" in fault.vi
        assert "lienthong system weak" in fault.en
        assert "SHA-256" in fault.en


def test_last_day_ends_at_midnight_in_vietnam(world: World, a: Agency) -> None:
    file, midnight = whole(a), datetime(2026, 11, 25, tzinfo=LOCAL_TIME)
    trust = trust_of([world.root], [world.root.crl(now=NOW)])
    last = midnight - timedelta(seconds=1)
    assert isinstance(judge(world, a, file, until=date(2026, 11, 24), at=last, trust=trust), gate.Verified)
    assert refused(world, a, file, until=date(2026, 11, 24), at=midnight) == "signature.weak_ended"


def test_exception_asked_for_while_inspecting_is_asked_for_again_while_verifying(world: World, a: Agency) -> None:
    """A caller that forgets the day takes nothing."""
    file = whole(a)
    inspected = gate.inspect(skeleton(file), weak_forms=True)
    with pytest.raises(Refused, match=r"signature\.algorithm"):
        gate.verify(inspected, candidates=[a.der], trust=world.trust, at=NOW, whole=file)


def test_misspelt_canonicalization_alone_is_refused_by_its_name(world: World, a: Agency) -> None:
    file = whole(a, (reference("", ENVELOPED, MISSPELT_EXC_C14N),), method=RSA)
    assert refused(world, a, file, until=None) == "signature.transform"


@pytest.mark.parametrize(
    "transforms",
    [(MISSPELT_EXC_C14N,), (MISSPELT_EXC_C14N, ENVELOPED), (ENVELOPED, MISSPELT_EXC_C14N + "WithComments")],
)
def test_other_places_of_the_misspelt_method_are_refused(world: World, a: Agency, transforms: tuple[str, ...]) -> None:
    assert refused(world, a, whole(a, (reference("", *transforms, digest=SHA1),))) == "signature.transform"
    listed = tuple(reference(uri, *transforms, digest=SHA1) for uri in by_hand.PARTS)
    file = by_hand.sign(with_ids(document()), field_signature(a, listed), a)
    assert refused(world, a, file) == "signature.transform"


@pytest.mark.parametrize(
    "method",
    [
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1",
    ],
)
def test_other_weak_methods_are_refused_from_everybody(world: World, a: Agency, method: str) -> None:
    assert refused(world, a, whole(a, method=method)) == "signature.algorithm"


def test_weak_digest_is_as_long_as_its_method_says(world: World, a: Agency) -> None:
    value = "A" * 43 + "="
    file = whole(a, (reference("", ENVELOPED, MISSPELT_EXC_C14N, digest=SHA1, value=value),))
    assert refused(world, a, file) == "signature.malformed"


def test_changed_content_of_a_weak_signature_is_refused(world: World, a: Agency) -> None:
    for file in (whole(a), parts(a)):
        assert refused(world, a, file.replace(b"H08.30", b"H08.31")) == "signature.altered"


def test_hop_breaks_a_weak_signature_of_the_whole_file(world: World, a: Agency) -> None:
    """What the old axes did to every letter, and why its signatures were decoration."""
    hop = b"<edXML:TraceHeader><edXML:OrganId>H08</edXML:OrganId></edXML:TraceHeader><edXML:Bussiness"
    assert refused(world, a, whole(a).replace(b"<edXML:Bussiness", hop, 1)) == "signature.altered"


def test_weak_signature_of_a_stranger_is_refused(world: World, a: Agency) -> None:
    stranger = agency(world.root, "H08.31", rsa=True)
    assert refused(world, a, whole(stranger)) == "signature.invalid"


def test_certificate_is_judged_whole_for_weak_signatures(world: World, a: Agency) -> None:
    """The exception is for the letter's algorithm alone."""
    file = whole(a)
    revoked = trust_of([world.root], [world.root.crl(now=NOW, revoked=[a.certificate_pem])])
    with pytest.raises(Refused, match=r"certificate\.revoked"):
        judge(world, a, file, trust=revoked)
    later = a.signer.certificate.not_valid_after_utc + timedelta(seconds=1)
    assert refused(world, a, file, until=date(2099, 1, 1), at=later) == "certificate.expired"
    held = judge(world, a, file, trust=trust_of([world.root], []))
    assert isinstance(held, gate.Held)
    assert held.verified.weak


def test_certificate_made_with_sha1_is_refused_from_a_listed_system_too(world: World, a: Agency) -> None:
    file, der = whole(a), weakly_signed(a.der, world.root)
    inspected = gate.inspect(skeleton(file), weak_forms=True)
    with pytest.raises(Refused, match=r"certificate\.hash_weak"):
        gate.verify(inspected, candidates=[der], trust=world.trust, at=NOW, whole=file, weak_until=TODAY)


def test_advanced_form_may_be_weak_too(world: World, a: Agency) -> None:
    for method in (SHA1, SHA256):
        own = reference("#props", EXC_C14N, kind=TYPE, digest=SHA1)
        listed = (reference("", ENVELOPED, MISSPELT_EXC_C14N, digest=SHA1, identifier="r0"), own)
        verdict = judge(world, a, whole(a, listed, rest=key_info(a) + properties(a, method=method)))
        assert isinstance(verdict, gate.Verified)
        assert verdict.weak
        assert verdict.claimed_at is not None


def test_misspelt_method_is_put_in_for_no_reference_that_names_none(world: World, a: Agency) -> None:
    """Else one signature would have two meanings, here and with whoever keeps to the standard."""
    listed = (
        reference("", ENVELOPED, MISSPELT_EXC_C14N, digest=SHA1, identifier="r0"),
        reference("#props", kind=TYPE, digest=SHA1),
    )
    assert refused(world, a, whole(a, listed, rest=key_info(a) + properties(a))) == "signature.transform"
