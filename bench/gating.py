"""The gate alone, without form, database and network: signatures a second, paths judged, hostile files refused."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from signxml.verifier import SignatureConfiguration, XMLVerifier

from bench.ceilings import per_second
from bench.rows import Row
from envelopes.dom import safe_parser
from signing import gate
from signing.authority import Authority
from signing.certificates import Good, Trust
from tests.signing.hostile import BYTES, SECONDS, Cost, costs
from tests.signing.letters import HEADER, document
from tests.signing.odd_certificates import certificate, usage
from tests.signing.people import NOW, World, agency, make_world

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.signing.people import Agency

SKELETON_BYTES = 10_000
"""A letter to a few dozen recipients; what is attached never reaches the gate."""

TURNS = 3
"""Gate, library and bare key take turns, so that all see the same machine; the best of each counts."""

PATHS = 300
"""Certificates judged for the first time."""

REVOKED = 20_000
"""Entries of the authority's revocation list, as one that serves a country has."""


def signature_rows() -> list[Row]:
    """Verifications a second on one core, beside the library alone and the key alone."""
    world = make_world()
    rows = []
    for kind in ("RSA-2048", "P-256"):
        sender = agency(world.root, "H08.02", rsa=kind == "RSA-2048")
        file = sender.signer.sign_parts(letter())
        whole, refused, library, bare = _best(
            lambda file=file, sender=sender: _verified(world, file, sender),
            lambda file=file: gate.inspect(file),
            lambda file=file, sender=sender: _by_library(file, sender),
            _bare_check(sender),
        )
        rows += [
            Row(
                what=f"gate + verification, {kind}",
                value=whole,
                unit="/s",
                ceiling=library,
                ceiling_of="the library alone",
            ),
            Row(what="  steps 1 to 9, which need no key", value=refused, unit="/s"),
            Row(
                what=f"  the library alone, {kind}",
                value=library,
                unit="/s",
                ceiling=bare,
                ceiling_of=f"bare {kind} verifications",
            ),
        ]
    return [*rows, *_other_forms(world)]


def _other_forms(world: World) -> list[Row]:
    made = {
        "the same as XAdES-B": world.a.signer.sign_parts(letter(), xades=True),
        "the same as a whole file (W)": world.a.signer.sign_whole(letter()),
    }
    rates = _best(*(lambda file=file: _verified(world, file, world.a) for file in made.values()))
    return [Row(what=f"{name}, P-256", value=rate, unit="/s") for name, rate in zip(made, rates, strict=True)]


def path_rows() -> list[Row]:
    """Paths of root, authority and certificate, with a revocation list of each; then with a long one."""
    root = Authority.make("Root", now=NOW - timedelta(days=30))
    issuing = _below(root)
    leaves = [certificate(issuing) for _ in range(PATHS)]
    short = _trust(root, issuing, issuing.crl(now=NOW))
    cold = _judged_per_second(short, leaves)
    warm = per_second(lambda: _must_be_good(short, leaves[0]))
    listed = long_list(issuing)
    begun = time.perf_counter()
    long = _trust(root, issuing, listed)
    _must_be_good(long, leaves[0])
    first = time.perf_counter() - begun
    return [
        Row(what="path judged, cold", value=cold, unit="/s", ceiling=warm, ceiling_of="warm"),
        Row(what="path judged, warm (remembered for an hour)", value=warm, unit="/s"),
        Row(what=f"new list of {REVOKED:,} entries: read, and the first path", value=first * 1000, unit="ms"),
        Row(what="  every other path by that list, cold", value=_judged_per_second(long, leaves[1:21]), unit="/s"),
    ]


def _trust(root: Authority, issuing: Authority, listed: bytes) -> Trust:
    ders = [one.certificate.public_bytes(Encoding.DER) for one in (root, issuing)]
    return Trust(1, ders[:1], [root.crl(now=NOW), listed], ders[1:])


def _judged_per_second(trust: Trust, leaves: list[bytes]) -> float:
    begun = time.perf_counter()
    for leaf in leaves:
        _must_be_good(trust, leaf)
    return len(leaves) / (time.perf_counter() - begun)


def hostile_rows() -> list[Row]:
    """What the most expensive files cost until they are refused, and whole files, which cost by their size."""
    return [row for cost in costs("--whole") for row in _cost_rows(cost)]


def _cost_rows(cost: Cost) -> list[Row]:
    is_whole = cost.name.startswith("a whole file")
    aims = ("", "") if is_whole else (f"{SECONDS * 1000:.0f} ms", f"{BYTES / 2**20:.0f} MiB")
    return [
        Row(what=cost.name, value=cost.seconds * 1000, unit="ms", aim=aims[0]),
        Row(what="  memory", value=cost.memory / 2**20, unit="MiB", aim=aims[1]),
    ]


def letter() -> bytes:
    """A letter whose skeleton has about `SKELETON_BYTES` once it is signed."""
    one = "<edXML:To><edXML:OrganId>H08.{n}</edXML:OrganId><edXML:OrganName>UBND xã B</edXML:OrganName></edXML:To>"
    room = SKELETON_BYTES - len(document()) - 3_000  # the signature with its certificate
    more = "".join(one.format(n=n) for n in range(100, 100 + room // len(one)))
    return document(header=HEADER.replace("</edXML:To>", "</edXML:To>" + more, 1))


def long_list(authority: Authority) -> bytes:
    """A revocation list in force (DER) with `REVOKED` entries."""
    entry = x509.RevokedCertificateBuilder(revocation_date=_plain(NOW - timedelta(days=9)))
    revoked = [entry.serial_number(serial).build() for serial in range(1, REVOKED + 1)]
    begin, end = _plain(NOW - timedelta(hours=1)), _plain(NOW + timedelta(days=7))
    full = x509.CertificateRevocationListBuilder(authority.certificate.subject, begin, end, [], revoked)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    made = full.add_extension(identifier, critical=False).sign(authority.key, hashes.SHA256())
    return made.public_bytes(Encoding.DER)


def _plain(moment: datetime) -> datetime:
    """As the builders keep moments when they are given everything at once: adding one entry copies all others."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _below(root: Authority) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    der = certificate(
        root,
        key=key,
        name="Issuing",
        add=((x509.BasicConstraints(True, 0), True), usage(key_cert_sign=True, crl_sign=True)),
    )
    return Authority(key, x509.load_der_x509_certificate(der))


def _best(*works: Callable[[], object]) -> list[float]:
    turns = [[per_second(work) for work in works] for _ in range(TURNS)]
    return [max(rates) for rates in zip(*turns, strict=True)]


def _verified(world: World, file: bytes, sender: Agency) -> None:
    verdict = gate.verify(gate.inspect(file), candidates=(sender.der,), trust=world.trust, at=NOW, whole=file)
    if not isinstance(verdict, gate.Verified):
        raise TypeError("held")


def _by_library(file: bytes, sender: Agency) -> None:
    """The same verification as anybody would write it who trusts the file."""
    expected = SignatureConfiguration(expect_references=3, verification_time=NOW)
    XMLVerifier().verify(
        file, x509_cert=sender.signer.certificate, expect_config=expected, id_attribute="Id", parser=safe_parser()
    )


def _bare_check(sender: Agency) -> Callable[[], object]:
    """The one operation with the public key that a verification cannot do without."""
    data, key, public = bytes(32), sender.signer.key, sender.signer.certificate.public_key()
    if isinstance(key, rsa.RSAPrivateKey) and isinstance(public, rsa.RSAPublicKey):
        signature = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return lambda: public.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    proof, curve = key.sign(data, ec.ECDSA(hashes.SHA256())), public
    return lambda: curve.verify(proof, data, ec.ECDSA(hashes.SHA256()))


def _must_be_good(trust: Trust, der: bytes) -> None:
    if not isinstance(trust.judge(der, NOW), Good):
        raise TypeError("not good")
