"""Private keys: made, written, and read from the files that agencies have (PEM, DER, PKCS 12)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)

from signing import key_rules as rules
from signing.key_rules import KeyUnusable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
KeyKind = Literal["p256", "p384", "rsa2048", "rsa3072"]
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
Hash = SHA256 | SHA384 | SHA512

RSA_EXPONENT = 65537

_CURVES: dict[KeyKind, type[ec.EllipticCurve]] = {"p256": ec.SECP256R1, "p384": ec.SECP384R1}
_RSA_BITS: dict[KeyKind, int] = {"rsa2048": 2048, "rsa3072": 3072}
_CURVE_HASHES: dict[str, type[Hash]] = {"secp256r1": SHA256, "secp384r1": SHA384, "secp521r1": SHA512}
_PEM = b"-----BEGIN "
_PEM_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A private key, in memory or on a token, and the certificate of its owner."""

    key: Key
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """What a key file holds: the key, and the certificates that came with it."""

    key: Key
    certificates: Sequence[x509.Certificate] = ()


def new_key(kind: KeyKind) -> Key:
    """A fresh private key."""
    if kind in _RSA_BITS:
        return rsa.generate_private_key(public_exponent=RSA_EXPONENT, key_size=_RSA_BITS[kind])
    return ec.generate_private_key(_CURVES[kind]())


def key_pem(key: Key, password: bytes | None = None) -> bytes:
    """The key as PEM (PKCS 8), encrypted if there is a password."""
    protection = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)


def write_secret(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file that its owner alone can read, from the first byte on.

    Raises FileExistsError when there is one already, unless it is to be replaced: a lost key cannot be made again.
    """
    if replace:
        path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def read_key_file(data: bytes, password: bytes | None = None) -> KeyFile:
    """The key in a file, and any certificates beside it. Raises `KeyUnusable`."""
    try:
        key, certificates = _opened(data, password)
    except TypeError as error:  # how the library says that a password is missing, or not needed
        if password is None:
            raise KeyUnusable(rules.KEY_LOCKED.at("key")) from error
        return read_key_file(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unreadable(password, error) from error
    return KeyFile(key=usable(key), certificates=certificates)


def read_identity(key_data: bytes, certificate_data: bytes | None = None, password: bytes | None = None) -> Identity:
    """The key with its certificate, from the certificate's own file or from the key's. Raises `KeyUnusable`."""
    found = read_key_file(key_data, password)
    given = found.certificates if certificate_data is None else read_certificates(certificate_data)
    return Identity(key=found.key, certificate=certificate_of(found.key, given))


def certificate_of(key: Key, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """The one that belongs to the key. Raises `KeyUnusable` when there is none."""
    if not certificates:
        raise KeyUnusable(rules.CERTIFICATE_MISSING.at("certificate"))
    public = key.public_key()
    for certificate in certificates:
        if certificate.public_key() == public:
            return certificate
    subjects = "; ".join(certificate.subject.rfc4514_string() for certificate in certificates)
    raise KeyUnusable(rules.CERTIFICATE_UNMATCHED.at("certificate", subjects=subjects))


def read_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates of a file, in its order: PEM, or one in DER. Raises `KeyUnusable`."""
    try:
        found = _pem_certificates(data) if _PEM in data else [x509.load_der_x509_certificate(data)]
    except ValueError as error:
        raise KeyUnusable(rules.CERTIFICATE_UNREADABLE.at("certificate", reason=_short(error))) from error
    if not found:
        raise KeyUnusable(rules.CERTIFICATE_UNREADABLE.at("certificate", reason="0 × CERTIFICATE"))
    return found


def needs_password(data: bytes) -> bool:
    """Whether the key file opens only with a password."""
    try:
        read_key_file(data)
    except KeyUnusable as unusable:
        return unusable.fault.code == rules.KEY_LOCKED.code
    return False


def usable(key: object) -> Key:
    """The key, if it is of a kind that may sign documents. Raises `KeyUnusable`."""
    if isinstance(key, rsa.RSAPrivateKey) or (
        isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVE_HASHES
    ):
        return key
    kind = kind_of(key)
    raise KeyUnusable(rules.KEY_KIND_UNKNOWN.at("key", kind, kind=kind))


def kind_of(key: object) -> str:
    """What kind of key it is, private or public, as a person names it."""
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return f"ECDSA {key.curve.name}"
    return type(key).__name__.removesuffix("PrivateKey").removesuffix("PublicKey")


def hash_for(key: Key | PublicKey) -> Hash:
    """The hash that is as strong as the key, for certificates, requests and lists signed with it."""
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return _CURVE_HASHES.get(key.curve.name, SHA256)()
    return SHA256()


def _opened(data: bytes, password: bytes | None) -> tuple[object, list[x509.Certificate]]:
    if _PEM in data:
        return load_pem_private_key(data, password), _pem_certificates(data)
    if _is_pkcs12(data):
        return _pkcs12(data, password)
    return load_der_private_key(data, password), []


def _pem_certificates(data: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(data) if _PEM_CERTIFICATE in data else []


def _pkcs12(data: bytes, password: bytes | None) -> tuple[object, list[x509.Certificate]]:
    """Key and certificates of a PKCS 12 file, the key's own first."""
    found = pkcs12.load_pkcs12(data, password)
    if found.key is None:
        raise ValueError("PKCS 12 without a key")
    own = [found.cert.certificate] if found.cert else []
    return found.key, own + [one.certificate for one in found.additional_certs]


def _is_pkcs12(data: bytes) -> bool:
    """A sequence that begins with version 3; a key in DER begins with version 0 or 1, or with an algorithm."""
    header = data[:12]
    if header[:1] != b"\x30" or len(header) < 8:
        return False
    length_bytes = header[1] & 0x7F if header[1] & 0x80 else 0
    return header[2 + length_bytes : 5 + length_bytes] == b"\x02\x01\x03"


def _unreadable(password: bytes | None, error: Exception) -> KeyUnusable:
    """Which of three a failure was: no password, a wrong one, or no key at all."""
    if "password" in str(error).lower():
        return KeyUnusable(rules.KEY_LOCKED.at("key") if password is None else rules.PASSWORD_WRONG.at("key"))
    return KeyUnusable(rules.KEY_UNREADABLE.at("key", reason=_short(error)))


def _short(error: Exception) -> str:
    """What cryptography adds after the first sentence is for programmers."""
    return str(error).partition(". ")[0].rstrip(".") or type(error).__name__
