"""A certificate authority in a folder of its own: for development, tests and pilots, never for real signatures.

    key.pem  root.pem  root.crl          the authority, and its list of revoked certificates
    issued/SHA256.pem                    every certificate it gave out
    issued/SHA256.revoked                when and why one was taken back

Needs no database. A person works in it, one command at a time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.client_disk import aside
from signing.authority import KEY_FILE, LEAF_DAYS, Authority, Revocation
from signing.certificates import describe

if TYPE_CHECKING:
    from pathlib import Path

    from signing.certificates import CertificateFacts
    from signing.keys import KeyKind
    from signing.requests import CertificateRequest

LIST_FILE = "root.crl"
LIST_DAYS = 30
"""How long its revocation list holds unless told otherwise."""

LEAST_DIGITS = 8
"""Digits of a SHA-256 that name a certificate."""

REASONS = {
    "unspecified": x509.ReasonFlags.unspecified,
    "key-compromise": x509.ReasonFlags.key_compromise,
    "affiliation-changed": x509.ReasonFlags.affiliation_changed,
    "superseded": x509.ReasonFlags.superseded,
    "cessation-of-operation": x509.ReasonFlags.cessation_of_operation,
}
"""Why a certificate is revoked (RFC 5280, 5.3.1), as they are called on the command line."""


class CertificateUnknown(LookupError):  # noqa: N818 - says what is the case
    """The authority has issued no certificate, or several, of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate the authority gave out."""

    certificate: CertificateFacts
    serial: int
    revoked_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class AuthorityFolder:
    """The authority kept in `folder`. Every method is blocking."""

    folder: Path
    authority: Authority

    @classmethod
    def make(cls, folder: Path, name: str, *, key_kind: KeyKind = "p256") -> Self:
        """A new authority called `name`, with an empty list. Raises FileExistsError where there is one already."""
        if (folder / KEY_FILE).exists():
            raise FileExistsError(None, "there is an authority already", str(folder))
        authority = Authority.make(name, key_kind=key_kind)
        authority.save(folder)
        made = cls(folder, authority)
        made.renew()
        return made

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The authority that `make` or `lienthong ca dev` left in `folder`. Raises OSError, ValueError."""
        return cls(folder, Authority.load(folder))

    def certify(self, request: CertificateRequest, *, days: int = LEAF_DAYS) -> bytes:
        """The certificate (PEM) that was asked for; its record is on disk before anybody has it."""
        certificate = self.authority.certify(request.public_key, request.subject, days=days)
        pem = certificate.public_bytes(Encoding.PEM)
        self._issued.mkdir(exist_ok=True)
        self._write(self._issued / f"{describe(pem).sha256.hex()}.pem", pem)
        return pem

    def revoke(self, sha256: str, *, reason: str = "unspecified", days: int = LIST_DAYS) -> Issued:
        """Take a certificate back, named by its SHA-256 or the first digits of it, and write the list that says so.

        Once more changes nothing but the list. Raises `CertificateUnknown`.
        """
        found = self._named(sha256)
        if found.revoked_at is None:
            record = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "reason": reason}
            self._write(self._record(found.certificate), json.dumps(record).encode())
        self.renew(days=days)
        return self._read(self._issued / f"{found.certificate.sha256.hex()}.pem")

    def renew(self, *, days: int = LIST_DAYS) -> bytes:
        """A fresh revocation list (DER), also in `root.crl`, in force for `days`."""
        revoked = [
            Revocation(serial=one.serial, at=one.revoked_at, reason=_flag(one.reason))
            for one in self.issued()
            if one.revoked_at is not None
        ]
        data = self.authority.crl(days, revoked)
        self._write(self.folder / LIST_FILE, data)
        return data

    def issued(self) -> list[Issued]:
        """Every certificate given out, oldest first."""
        found = [self._read(path) for path in self._issued.glob("*.pem")]
        return sorted(found, key=lambda one: (one.certificate.not_before, one.certificate.sha256))

    @property
    def _issued(self) -> Path:
        return self.folder / "issued"

    def _named(self, sha256: str) -> Issued:
        wanted = sha256.lower().replace(":", "")
        found = [one for one in self.issued() if one.certificate.sha256.hex().startswith(wanted)]
        if len(found) != 1 or len(wanted) < LEAST_DIGITS:
            raise CertificateUnknown(sha256)
        return found[0]

    def _read(self, path: Path) -> Issued:
        facts = describe(path.read_bytes())
        record = self._record(facts)
        said = json.loads(record.read_bytes()) if record.exists() else {}
        return Issued(
            certificate=facts,
            serial=x509.load_der_x509_certificate(facts.der).serial_number,
            revoked_at=datetime.fromisoformat(said["at"]) if said else None,
            reason=said.get("reason"),
        )

    def _record(self, facts: CertificateFacts) -> Path:
        return self._issued / f"{facts.sha256.hex()}.revoked"

    def _write(self, path: Path, data: bytes) -> None:
        with aside(path) as file:
            file.write(data)


def _flag(reason: str | None) -> x509.ReasonFlags | None:
    """None for `unspecified`, which a list leaves out (RFC 5280, 5.3.1)."""
    found = REASONS.get(reason or "")
    return None if found is x509.ReasonFlags.unspecified else found
