"""Signing an edXML file with an agency's key, under profile P or W (SECURITY 1.2), by splicing bytes.

The file's own bytes stay as they are: only missing `Id` attributes and the Signature are put in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

from envelopes.dom import parse
from envelopes.faults import Refused
from envelopes.parts import Parts, find_parts
from signing import coverage, gate, gate_rules, sign_rules
from signing.algorithms import EXC_C14N
from signing.keys import certificate_of, read_identity, usable
from signing.places import cut, find_places, splice
from signing.xades_sign import XadesSigner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signing.keys import Identity, Key
    from signing.places import Places

_DETACHED = SignatureConstructionMethod.detached
_ENVELOPED = SignatureConstructionMethod.enveloped
_EC_METHODS = {
    "secp256r1": SignatureMethod.ECDSA_SHA256,
    "secp384r1": SignatureMethod.ECDSA_SHA384,
    "secp521r1": SignatureMethod.ECDSA_SHA512,
}


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its certificate. Plain functions of the bytes; safe for any number of threads."""

    key: Key
    certificate: x509.Certificate
    method: SignatureMethod

    @classmethod
    def load(cls, key: bytes, certificate: bytes | None = None, password: bytes | None = None) -> Self:
        """The signer of a key file (PEM, DER, PKCS 12) and its certificate; None: the one in the key file.

        Raises `KeyUnusable` (a ValueError) when they are unreadable, locked, do not belong together or are of a kind
        that is not accepted. A key on a token: `Signer.of(tokens.open_identity(place, pin))`.
        """
        return cls.of(read_identity(key, certificate, password))

    @classmethod
    def of(cls, identity: Identity) -> Self:
        """The signer of a key that may be in memory or on a token. Raises `KeyUnusable` as `load` does."""
        key = usable(identity.key)
        certificate = certificate_of(key, [identity.certificate])
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return cls(key, certificate, _EC_METHODS[key.curve.name])
        return cls(key, certificate, SignatureMethod.RSA_SHA256)

    @property
    def certificate_pem(self) -> bytes:
        """The certificate whose key signs."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def certificate_der(self) -> bytes:
        """The certificate whose key signs."""
        return self.certificate.public_bytes(Encoding.DER)

    def sign_parts(self, data: bytes, *, xades: bool = False, at: datetime | None = None) -> bytes:
        """The file (or skeleton) signed under profile P, whatever the size of its attachments.

        `xades`: as XAdES-B, claiming `at` (aware; None: now) as the time of signing.
        Raises `Refused` when it is signed already, its manifest lacks digests or sizes, or the gate would refuse it.
        """
        places = find_places(data)
        missing = [part for part in places.parts if part.identifier != part.name]
        if missing:
            _check_identifiers_free(places)
            data = splice(data, [(part.byte, f' Id="{part.name}"'.encode()) for part in missing])
            places = find_places(data)
        root, parts = _read(cut(data, places.contents))
        faults = [] if parts.manifest is None else coverage.manifest_faults(parts.manifest)
        if faults:
            raise Refused(*faults)
        uris = ["#" + name for name in coverage.required_names(parts)]
        signature = self._sign(root, self._maker(_DETACHED, _time(xades, at)), uris=uris)
        return _put_in(data, signature)

    def sign_whole(self, data: bytes, *, xades: bool = False, at: datetime | None = None) -> bytes:
        """The complete file signed under profile W. Raises `Refused` as `sign_parts` does, and for texts too long."""
        coverage.check_text_length(data)
        root, _ = _read(data)
        signed = self._sign(root, self._maker(_ENVELOPED, _time(xades, at)))
        return _put_in(data, signed[-1])

    def sign_enveloped(
        self, root: etree._Element, *, at: datetime | None = None, chain: Sequence[x509.Certificate] = ()
    ) -> etree._Element:
        """A copy of the tree with its enveloped signature as last child of the root; XAdES-B if `at` (aware) is given.

        `chain`: authorities' certificates put beside our own, for whoever has only their root.
        """
        return self._sign(root, self._maker(_ENVELOPED, at), chain=chain)

    def _maker(self, construction: SignatureConstructionMethod, at: datetime | None) -> XMLSigner:
        """What makes one signature; XAdES-B if a time is claimed."""
        how: dict[str, Any] = {
            "method": construction,
            "signature_algorithm": self.method,
            "digest_algorithm": DigestAlgorithm.SHA256,
            "c14n_algorithm": CanonicalizationMethod(EXC_C14N),
        }
        return XMLSigner(**how) if at is None else XadesSigner(self.certificate, at, **how)

    def _sign(
        self,
        root: etree._Element,
        maker: XMLSigner,
        *,
        uris: list[str] | None = None,
        chain: Sequence[x509.Certificate] = (),
    ) -> etree._Element:
        certificates = [self.certificate, *chain]
        try:
            return maker.sign(root, key=self.key, cert=certificates, reference_uri=uris, id_attribute="Id")
        except etree.C14NError as error:
            raise Refused(gate_rules.NAMESPACE_RELATIVE.at("edXMLHeader/Signature")) from error


def _time(xades: bool, at: datetime | None) -> datetime | None:
    """The time that a signature claims; None: it is none of XAdES."""
    return (at or datetime.now(UTC).replace(microsecond=0)) if xades else None


def _check_identifiers_free(places: Places) -> None:
    for part in places.parts:
        if part.identifier not in (None, part.name):
            found = part.identifier
            sign_rules.IDENTIFIER_TAKEN.refuse(part.name, found, name=part.name, found=found)


def _read(data: bytes) -> tuple[etree._Element, Parts]:
    root = parse(data)
    parts = find_parts(root)
    if coverage.signatures(root):
        sign_rules.ALREADY_SIGNED.refuse("edXMLHeader/Signature")
    coverage.check_identifiers(root)
    return root, parts


def _put_in(data: bytes, signature: etree._Element) -> bytes:
    """The Signature spliced in as last child of edXMLHeader; nothing leaves that our own gate would refuse."""
    text = etree.tostring(signature, encoding="utf-8", with_tail=False)
    signed = splice(data, [(find_places(data).end, text)])
    gate.inspect(cut(signed, find_places(signed).contents))
    return signed
