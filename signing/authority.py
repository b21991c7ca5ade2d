"""A development certificate authority: for demos, tests and first steps, never for a province's real signatures."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
KeyKind = Literal["p256", "rsa2048"]

BACKDATED = timedelta(minutes=5)
"""Certificates and lists begin a little in the past, so that clocks which differ by seconds do not refuse them."""

ROOT_DAYS = 3650
LEAF_DAYS = 365
CRL_DAYS = 7

KEY_FILE = "key.pem"
ROOT_FILE = "root.pem"


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
        return cls(key, builder.sign(key, SHA256()))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The authority that `save` wrote to `folder`. Raises OSError, or ValueError for other files."""
        key = load_pem_private_key((folder / KEY_FILE).read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate((folder / ROOT_FILE).read_bytes())
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise ValueError(f"{folder / KEY_FILE} holds no EC or RSA key")
        if key.public_key() != certificate.public_key():
            raise ValueError(f"{KEY_FILE} and {ROOT_FILE} in {folder} do not belong together")
        return cls(key, certificate)

    def save(self, folder: Path) -> None:
        """Write `key.pem` (readable by its owner alone, from the first byte) and `root.pem` to `folder`."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key_file = folder / KEY_FILE
        key_file.unlink(missing_ok=True)
        with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key_pem(self.key))
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
        certificate = self.leaf_builder(key, common_name, now=now, days=days).sign(self.key, SHA256())
        return key_pem(key), certificate.public_bytes(Encoding.PEM)

    def leaf_builder(
        self, key: Key, common_name: str, *, now: datetime | None = None, days: int = LEAF_DAYS
    ) -> x509.CertificateBuilder:
        """What `issue` signs; never outlives the authority."""
        begin = (now or datetime.now(UTC)) - BACKDATED
        usage = _usage(digital_signature=True, content_commitment=True)
        return (
            x509.CertificateBuilder()
            .subject_name(_name(common_name))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(min(begin + timedelta(days=days), self.certificate.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(self._authority_identifier(), critical=False)
        )

    def crl(self, days: int = CRL_DAYS, revoked: Iterable[bytes] = (), *, now: datetime | None = None) -> bytes:
        """A revocation list (DER) in force for `days` from `now`, with the `revoked` certificates (PEM) on it."""
        begin = (now or datetime.now(UTC)) - BACKDATED
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(begin)
            .next_update(begin + BACKDATED + timedelta(days=days))
            .add_extension(x509.CRLNumber(int(begin.timestamp() * 1_000_000)), critical=False)
            .add_extension(self._authority_identifier(), critical=False)
        )
        for pem in revoked:
            serial = x509.load_pem_x509_certificate(pem).serial_number
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(begin).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.DER)

    def _authority_identifier(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())


def new_key(kind: KeyKind) -> Key:
    """A fresh private key."""
    if kind == "rsa2048":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: Key) -> bytes:
    """The key as unencrypted PEM (PKCS 8)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


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
