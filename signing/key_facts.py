"""What a file with a key, a certificate, a request or a revocation list is, told to whoever finds it on a disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from envelopes.faults import Refused
from signing import key_rules as rules
from signing.certificates import crl_facts
from signing.key_rules import KeyUnusable
from signing.keys import kind_of, needs_password, read_certificates, read_key_file
from signing.leaf import date_faults, leaf_faults
from signing.requests import read_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

    from envelopes.faults import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing in a file; what does not apply is None. Times are UTC.

    `kind` is `key`, `certificate`, `request` or `revocation_list`. `key_id` is the SHA-256 of the public key: equal
    for a key, its requests and its certificates. `faults`: why an exchange would not take what the certificate signs.
    """

    kind: str
    algorithm: str | None = None
    key_id: str | None = None
    locked: bool | None = None
    agency: str | None = None
    subject: str | None = None
    issuer: str | None = None
    sha256: str | None = None
    begins: datetime | None = None
    ends: datetime | None = None
    faults: Sequence[Fault] = ()


def what_is(data: bytes, at: datetime, password: bytes | None = None) -> list[Found]:
    """Everything the file holds, keys first; certificates are judged at `at` (aware), alone, without their authority.

    A locked key without its password is told as such. Raises `KeyUnusable` when the file holds nothing of the kind.
    """
    looks: tuple[Callable[[], Iterator[Found]], ...] = (
        lambda: _keys(data, at, password),
        lambda: _certificates(data, at),
        lambda: _requests(data),
        lambda: _lists(data),
    )
    reasons = []
    for look in looks:
        try:
            return list(look())
        except KeyUnusable as unusable:
            if unusable.fault.code == rules.PASSWORD_WRONG.code:
                raise
            reasons.append(unusable)
        except Refused:
            continue
    raise reasons[0]


def key_id(public: CertificatePublicKeyTypes) -> str:
    """The SHA-256 of a public key in hexadecimal digits."""
    return hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _keys(data: bytes, at: datetime, password: bytes | None) -> Iterator[Found]:
    locked = needs_password(data)
    if locked and password is None:
        yield Found(kind="key", locked=True)
        return
    found = read_key_file(data, password)
    yield Found(kind="key", algorithm=kind_of(found.key), key_id=key_id(found.key.public_key()), locked=locked)
    yield from (_certificate(one, at) for one in found.certificates)


def _certificates(data: bytes, at: datetime) -> Iterator[Found]:
    yield from (_certificate(one, at) for one in read_certificates(data))


def _certificate(one: x509.Certificate, at: datetime) -> Found:
    return Found(
        kind="certificate",
        algorithm=kind_of(one.public_key()),
        key_id=key_id(one.public_key()),
        subject=one.subject.rfc4514_string(),
        issuer=one.issuer.rfc4514_string(),
        sha256=hashlib.sha256(one.public_bytes(Encoding.DER)).hexdigest(),
        begins=one.not_valid_before_utc,
        ends=one.not_valid_after_utc,
        faults=[*leaf_faults(one), *date_faults(one, at)],
    )


def _requests(data: bytes) -> Iterator[Found]:
    found = read_request(data)
    yield Found(
        kind="request",
        algorithm=kind_of(found.public_key),
        key_id=key_id(found.public_key),
        agency=found.agency,
        subject=found.subject.rfc4514_string(),
    )


def _lists(data: bytes) -> Iterator[Found]:
    found = crl_facts(data)
    yield Found(
        kind="revocation_list",
        issuer=found.issuer,
        sha256=found.sha256.hex(),
        begins=found.this_update,
        ends=found.next_update,
    )
