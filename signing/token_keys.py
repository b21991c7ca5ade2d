"""Private keys that never leave their token, in the shape the libraries know: `sign` goes to the token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Protocol, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import Hash, HashAlgorithm

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
    from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed
    from cryptography.utils import Buffer


_DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""What goes before the digest under PKCS 1 v1.5 (RFC 8017, 9.2, note 1)."""


class Signs(Protocol):
    """The one thing a token does: the raw signature of a few octets that it does not hash again."""

    def __call__(self, octets: bytes) -> bytes:
        """RSA: PKCS 1 v1.5 over a DigestInfo. EC: r and s of a digest, each in the curve's length."""


class _StaysOnToken:
    """What every key on a token answers alike: its secret is not to be had, and a copy is the key itself."""

    def private_numbers(self) -> NoReturn:
        """It does not leave the token."""
        _stays()

    def private_bytes(
        self,
        encoding: serialization.Encoding,
        format: serialization.PrivateFormat,  # noqa: A002 - the library's name
        encryption_algorithm: serialization.KeySerializationEncryption,
    ) -> NoReturn:
        """It does not leave the token."""
        _stays()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[Any, Any]) -> Self:
        return self


class TokenRsaKey(_StaysOnToken, rsa.RSAPrivateKey):
    """An RSA key on a token; the digest is made here, since older tokens hash with SHA-1 alone."""

    def __init__(self, public: rsa.RSAPublicKey, signs: Signs) -> None:
        self._public = public
        self._signs = signs

    def sign(
        self, data: Buffer, padding: AsymmetricPadding, algorithm: Prehashed | HashAlgorithm | NoDigestInfo
    ) -> bytes:
        """The PKCS 1 v1.5 signature; no other padding."""
        if not isinstance(padding, PKCS1v15):
            raise UnsupportedAlgorithm(f"the token signs with PKCS 1 v1.5, not with {padding.name}")
        digest, name = _digest(data, algorithm)
        if name not in _DIGEST_INFO:
            raise UnsupportedAlgorithm(f"no RSA signature over {name} here")
        return self._signs(_DIGEST_INFO[name] + digest)

    @property
    def key_size(self) -> int:
        """Bits of the modulus."""
        return self._public.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        """The public half."""
        return self._public

    def decrypt(self, ciphertext: bytes, padding: AsymmetricPadding) -> NoReturn:
        """Not what a signing key is for."""
        raise UnsupportedAlgorithm("a signing key does not decrypt")


class TokenEcKey(_StaysOnToken, ec.EllipticCurvePrivateKey):
    """An EC key on a token."""

    def __init__(self, public: ec.EllipticCurvePublicKey, signs: Signs) -> None:
        self._public = public
        self._signs = signs

    def sign(self, data: Buffer, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """The ECDSA signature in DER."""
        if not isinstance(signature_algorithm, ec.ECDSA):
            raise UnsupportedAlgorithm("an EC key on a token signs with ECDSA")
        digest, _ = _digest(data, signature_algorithm.algorithm)
        raw = self._signs(digest)
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))

    @property
    def curve(self) -> ec.EllipticCurve:
        """The curve."""
        return self._public.curve

    @property
    def key_size(self) -> int:
        """Bits of the curve."""
        return self._public.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> NoReturn:
        """Not what a signing key is for."""
        raise UnsupportedAlgorithm("a signing key makes no shared secrets")


TokenKey = TokenRsaKey | TokenEcKey


def _digest(data: Buffer, algorithm: object) -> tuple[bytes, str]:
    if not isinstance(algorithm, HashAlgorithm):
        raise UnsupportedAlgorithm("a token is given what is to be signed, not its digest")
    hashing = Hash(algorithm)
    hashing.update(data)
    return hashing.finalize(), algorithm.name


def _stays() -> NoReturn:
    raise UnsupportedAlgorithm("the key does not leave its token")
