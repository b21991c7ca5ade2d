"""Agencies with keys, a root they chain to, and what the gate needs to judge them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from signing import gate
from signing.authority import Authority
from signing.certificates import Trust, describe
from signing.places import cut, find_places
from signing.sign import Signer

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
"""The receipt time of every test: nothing here depends on the clock."""


@dataclass(frozen=True, slots=True)
class Agency:
    """Someone with a key and a certificate."""

    signer: Signer
    key_pem: bytes
    certificate_pem: bytes

    @property
    def der(self) -> bytes:
        return self.signer.certificate_der


@dataclass(frozen=True, slots=True)
class World:
    """A root, agencies A (sender), B (recipient) and C (stranger, under a root of its own), and the trust of now."""

    root: Authority
    a: Agency
    b: Agency
    c: Agency
    trust: Trust

    def judge(self, file: bytes, *candidates: bytes, trust: Trust | None = None) -> gate.Verified | gate.Held:
        """The whole gate on a file: the skeleton inspected, the signature verified."""
        inspected = gate.inspect(skeleton(file))
        return gate.verify(
            inspected, candidates=candidates or (self.a.der,), trust=trust or self.trust, at=NOW, whole=file
        )

    def accepted(self, file: bytes, *candidates: bytes) -> gate.Verified:
        """The verdict on a file that must be accepted."""
        verdict = self.judge(file, *candidates)
        assert isinstance(verdict, gate.Verified)
        return verdict


def make_world() -> World:
    root = Authority.make("Gốc thử nghiệm", now=NOW - timedelta(days=30))
    other = Authority.make("Gốc lạ", now=NOW - timedelta(days=30))
    trust = trust_of([root], [root.crl(now=NOW)])
    return World(root, agency(root, "H08.02"), agency(root, "H08.30"), agency(other, "H08.31"), trust)


def agency(root: Authority, name: str, *, rsa: bool = False) -> Agency:
    key, certificate = root.issue(name, key_kind="rsa2048" if rsa else "p256", now=NOW - timedelta(days=1))
    return Agency(Signer.load(key, certificate), key, certificate)


def trust_of(roots: Sequence[Authority], lists: Sequence[bytes]) -> Trust:
    return Trust(1, [describe(root.root_pem).der for root in roots], lists)


def skeleton(file: bytes) -> bytes:
    """The file without the attachments' text."""
    return cut(file, find_places(file).contents)
