"""A development certificate authority: for demos, tests and first steps, never for a province's real signatures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from signing.keys import Key, KeyKind, hash_for, key_pem, new_key, read_identity, write_secret
from signing.leaf import DOCUMENT_SIGNING, SEAL_PURPOSE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from signing.keys import PublicKey

__all__ = ["Authority", "Key", "KeyKind", "Revocation", "key_pem", "new_key"]

BACKDATED = timedelta(minutes=5)
"""Certificates and lists begin a little in the past, so that clocks which differ by seconds do not refuse them."""

ROOT_DAYS = 3650
LEAF_DAYS = 365
CRL_DAYS = 7

KEY_FILE = "key.pem"
ROOT_FILE = "root.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """One line of a revocation list: which certificate, since when, and why if that was said."""

    serial: int
    at: datetime
    reason: x509.ReasonFlags | None = None


@dataclass(frozen=True, slots=True)
class Authority:
    """A root key with its self-signed certificate."""

    key: Key
    certificate: x509.Certificate

    @classmethod
    def make(cls, name: str, *, key_kind: KeyKind = "p256", now: datetime | None = None, days: int = ROOT_DAYS) -> Self:
        """A new authority called `name`, good for `days` from `now` (aware; None: the clock's)."""
        key = new_key(key_kind)
        subject = _name(name)
        begin = (now or datetime.now(UTC)) - BACKDATED
        builder = (
            x509.CertificateBuilder(subject_name=subject, issuer_name=subject, public_key=key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        return cls(key, builder.sign(key, hash_for(key)))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The authority that `save` wrote to `folder`. Raises OSError, or ValueError for other files."""
        identity = read_identity((folder / KEY_FILE).read_bytes(), (folder / ROOT_FILE).read_bytes())
        return cls(identity.key, identity.certificate)

    def save(self, folder: Path) -> None:
        """Write `key.pem` (readable by its owner alone, from the first byte) and `root.pem` to `folder`."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_secret(folder / KEY_FILE, key_pem(self.key), replace=True)
        (folder / ROOT_FILE).write_bytes(self.root_pem)

    @property
    def root_pem(self) -> bytes:
        """The certificate to trust."""
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(
        self, common_name: str, *, key_kind: KeyKind = "p256", now: datetime | None = None, days: int = LEAF_DAYS
    ) -> tuple[bytes, bytes]:
        """A new key and its certificate for signing documents, both PEM, good for `days` from `now`."""
        key = new_key(key_kind)
        certificate = self.certify(key.public_key(), _name(common_name), now=now, days=days)
        return key_pem(key), certificate.public_bytes(Encoding.PEM)

    def issue_seal(
        self, common_name: str, *, now: datetime | None = None, days: int = LEAF_DAYS
    ) -> tuple[bytes, bytes]:
        """As `issue`, for the seal of an exchange: the certificate says that it is one."""
        key = new_key("p256")
        purposes = x509.ExtendedKeyUsage([DOCUMENT_SIGNING, SEAL_PURPOSE])
        builder = self.leaf_builder(key, common_name, now=now, days=days).add_extension(purposes, critical=False)
        return key_pem(key), builder.sign(self.key, hash_for(self.key)).public_bytes(Encoding.PEM)

    def certify(
        self, public_key: PublicKey, subject: x509.Name, *, now: datetime | None = None, days: int = LEAF_DAYS
    ) -> x509.Certificate:
        """A certificate for signing documents, of whoever has the key; it never outlives the authority."""
        return self._leaf_builder(public_key, subject, now, days).sign(self.key, hash_for(self.key))

    def leaf_builder(
        self, key: Key, common_name: str, *, now: datetime | None = None, days: int = LEAF_DAYS
    ) -> x509.CertificateBuilder:
        """What `issue` signs."""
        return self._leaf_builder(key.public_key(), _name(common_name), now, days)

    def _leaf_builder(
        self, public_key: PublicKey, subject: x509.Name, now: datetime | None, days: int
    ) -> x509.CertificateBuilder:
        begin = (now or datetime.now(UTC)) - BACKDATED
        usage = _usage(digital_signature=True, content_commitment=True)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.certificate.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(min(begin + timedelta(days=days), self.certificate.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(self._authority_identifier(), critical=False)
        )

    def crl(
        self, days: int = CRL_DAYS, revoked: Iterable[bytes | Revocation] = (), *, now: datetime | None = None
    ) -> bytes:
        """A revocation list (DER) in force for `days` from `now`, with what is `revoked` on it.

        A certificate (PEM) in place of a `Revocation` is revoked when the list begins.
        """
        begin = (now or datetime.now(UTC)) - BACKDATED
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(begin)
            .next_update(begin + BACKDATED + timedelta(days=days))
            .add_extension(x509.CRLNumber(int(begin.timestamp() * 1_000_000)), critical=False)
            .add_extension(self._authority_identifier(), critical=False)
        )
        for one in revoked:
            builder = builder.add_revoked_certificate(_entry(one, begin))
        return builder.sign(self.key, hash_for(self.key)).public_bytes(Encoding.DER)

    def _authority_identifier(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())


def _entry(one: bytes | Revocation, begin: datetime) -> x509.RevokedCertificate:
    if isinstance(one, bytes):
        one = Revocation(serial=x509.load_pem_x509_certificate(one).serial_number, at=begin)
    builder = x509.RevokedCertificateBuilder().serial_number(one.serial).revocation_date(one.at)
    if one.reason is not None:
        builder = builder.add_extension(x509.CRLReason(one.reason), critical=False)
    return builder.build()


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
