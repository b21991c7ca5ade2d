"""The exchange's own signature: on the receipt of every envelope it takes, and on the statuses it writes itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from envelopes.dom import parse
from envelopes.faults import Refused
from envelopes.limits import MAX_CERTIFICATES
from signing import coverage, sign_rules
from signing.algorithms import ENVELOPED, EXC_C14N
from signing.certificates import describe
from signing.leaf import load_der
from signing.proving import prove
from signing.receipts import QUALIFIED, ROOT, ReceiptFacts, from_tree, to_tree
from signing.signed_info import read_signature
from signing.weak import Tolerance
from signing.xades import read_properties

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from cryptography import x509

    from signing.proving import Signed
    from signing.sign import Signer
    from signing.signed_info import SignedInfo

__all__ = ["ReceiptFacts", "Seal", "Sealed", "check_receipt", "check_sealed", "enclosed_certificates"]

MAX_RECEIPT_BYTES = 4 * 2**20
"""A thousand recipients and a thousand attachments take a tenth of it."""

_CONTENT = ("", (ENVELOPED, EXC_C14N))


class Seal:
    """The exchange's key. Safe for any number of threads.

    `authorities` are the certificates it leads through to its root, as far as they are known; those that are no roots
    go into each receipt, so that whoever has the root needs nothing else.
    """

    def __init__(self, signer: Signer, authorities: Sequence[x509.Certificate] = ()) -> None:
        self._signer = signer
        self.certificate_pem = signer.certificate_pem
        self.certificate_der = signer.certificate_der
        self.certificate_sha256 = hashlib.sha256(signer.certificate_der).digest()
        self.authorities = tuple(one.public_bytes(Encoding.DER) for one in authorities)
        between = [one for one in authorities if one.issuer != one.subject]
        self._chain = tuple(between[: MAX_CERTIFICATES - 1])

    def receipt(self, facts: ReceiptFacts) -> bytes:
        """The sealed receipt: XML with one enveloped XAdES-B signature, its certificate, and the time of acceptance.

        Two calls differ in the signature's value (ECDSA is randomised), so a receipt is made once and kept.
        """
        at = facts.accepted_at if facts.version == QUALIFIED else None
        sealed = self._signer.sign_enveloped(to_tree(facts), at=at, chain=self._chain)
        return etree.tostring(sealed, encoding="UTF-8", xml_declaration=True)

    def status(self, skeleton: bytes) -> bytes:
        """A status message signed by the exchange under profile P."""
        return self._signer.sign_parts(skeleton)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A receipt's facts and the certificate (DER) whose key sealed them."""

    facts: ReceiptFacts
    certificate: bytes


def check_receipt(data: bytes, certificate: bytes) -> ReceiptFacts:
    """The facts that the owner of `certificate` (PEM or DER, obtained beforehand) sealed.

    Raises `Refused` for anything else. The certificate's dates are not asked: a receipt outlives it.
    """
    return check_sealed(data, [certificate]).facts


def check_sealed(data: bytes, certificates: Sequence[bytes]) -> Sealed:
    """The facts, and which of the `certificates` (PEM or DER) sealed them. Raises `Refused` as `check_receipt` does."""
    ders = [describe(certificate).der for certificate in certificates]
    try:
        info = _read(data)
        for der in sorted(ders, key=lambda der: not _is_named(der, info)):  # who is named is only asked first
            signed = prove(data, load_der(der), location="./", references=len(info.references), at=datetime.now(UTC))
            if signed is not None:
                return Sealed(facts=_facts(signed, info, der), certificate=der)
        raise Refused(sign_rules.RECEIPT_WRONG.at("Receipt/Signature", reason="SignatureValue"))
    except Refused:
        raise
    except Exception as error:  # whatever a library throws at foreign bytes
        raise Refused(sign_rules.RECEIPT_WRONG.at("Receipt", reason=type(error).__name__)) from error


def enclosed_certificates(data: bytes) -> tuple[bytes, ...]:
    """The certificates (DER) in the receipt's KeyInfo, which anybody may have put there. Raises `Refused`."""
    try:
        return _read(data).certificates
    except Refused:
        raise
    except Exception as error:
        raise Refused(sign_rules.RECEIPT_WRONG.at("Receipt", reason=type(error).__name__)) from error


def _read(data: bytes) -> SignedInfo:
    """What a receipt's signature states, which is one of the two forms we make; nothing is proven yet."""
    if len(data) > MAX_RECEIPT_BYTES:
        sign_rules.RECEIPT_WRONG.refuse("Receipt", len(data), reason=f"> {MAX_RECEIPT_BYTES} byte")
    root = parse(data)
    found = coverage.signatures(root)
    if root.tag != ROOT or len(found) != 1 or root[-1] is not found[0]:
        sign_rules.RECEIPT_WRONG.refuse("Receipt", str(root.tag), reason=f"{root.tag}, {len(found)} × Signature")
    coverage.check_identifiers(root)
    info = read_signature(found[0])
    references = [(one.uri, one.transforms) for one in info.references]
    expected: list[tuple[str, tuple[str, ...]]] = [_CONTENT]
    if info.properties is not None:
        expected.append((f"#{info.properties.identifier}", (EXC_C14N,)))
    if references != expected:
        _refuse("Reference")
    return info


def _is_named(der: bytes, info: SignedInfo) -> bool:
    """Whether the signature says that this certificate made it; a renewed one may have the same key."""
    return der in info.certificates if info.properties is None else info.properties.names(der)


def _facts(signed: tuple[Signed, ...], info: SignedInfo, der: bytes) -> ReceiptFacts:
    """What was signed, read from the octets that were; the form is that of the version, and both times are one."""
    facts = from_tree(signed[0].tree)
    if (info.properties is not None) != (facts.version == QUALIFIED):
        _refuse(f"version {facts.version}")
    if info.properties is not None:
        properties = read_properties(signed[1].tree, Tolerance())
        if not properties.names(der):
            _refuse("SigningCertificateV2")
        if properties.claimed_at != facts.accepted_at:
            _refuse("SigningTime")
    return facts


def _refuse(reason: str) -> NoReturn:
    sign_rules.RECEIPT_WRONG.refuse("Receipt/Signature", reason=reason)
