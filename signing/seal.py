"""The exchange's own signature: on the receipt of every envelope it takes, and on the statuses it writes itself."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lxml import etree

from envelopes.dom import parse
from envelopes.faults import Refused
from signing import coverage, sign_rules
from signing.algorithms import ENVELOPED, EXC_C14N
from signing.certificates import describe
from signing.leaf import load_der
from signing.proving import prove
from signing.receipts import ROOT, ReceiptFacts, from_tree, to_tree
from signing.signed_info import read_signature

if TYPE_CHECKING:
    from cryptography import x509

    from signing.sign import Signer

__all__ = ["ReceiptFacts", "Seal", "check_receipt"]

MAX_RECEIPT_BYTES = 4 * 2**20
"""A thousand recipients and a thousand attachments take a tenth of it."""


class Seal:
    """The exchange's key. Safe for any number of threads."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self.certificate_pem = signer.certificate_pem
        self.certificate_sha256 = hashlib.sha256(signer.certificate_der).digest()

    def receipt(self, facts: ReceiptFacts) -> bytes:
        """The sealed receipt: XML with one enveloped signature and the certificate in it.

        Two calls differ in the signature's value (ECDSA is randomised), so a receipt is made once and kept.
        """
        sealed = self._signer.sign_enveloped(to_tree(facts))
        return etree.tostring(sealed, encoding="UTF-8", xml_declaration=True)

    def status(self, skeleton: bytes) -> bytes:
        """A status message signed by the exchange under profile P."""
        return self._signer.sign_parts(skeleton)


def check_receipt(data: bytes, certificate: bytes) -> ReceiptFacts:
    """The facts that the owner of `certificate` (PEM or DER, obtained beforehand) sealed.

    Raises `Refused` for anything else. The certificate's dates are not asked: a receipt outlives it.
    """
    sealer = load_der(describe(certificate).der)
    if len(data) > MAX_RECEIPT_BYTES:
        sign_rules.RECEIPT_WRONG.refuse("Receipt", len(data), reason=f"> {MAX_RECEIPT_BYTES} byte")
    try:
        return _check(data, sealer)
    except Refused:
        raise
    except Exception as error:  # whatever a library throws at foreign bytes
        raise Refused(sign_rules.RECEIPT_WRONG.at("Receipt", reason=type(error).__name__)) from error


def _check(data: bytes, sealer: x509.Certificate) -> ReceiptFacts:
    root = parse(data)
    found = coverage.signatures(root)
    if root.tag != ROOT or len(found) != 1 or root[-1] is not found[0]:
        sign_rules.RECEIPT_WRONG.refuse("Receipt", str(root.tag), reason=f"{root.tag}, {len(found)} × Signature")
    coverage.check_identifiers(root)
    references = read_signature(found[0]).references
    if [(one.uri, one.transforms) for one in references] != [("", (ENVELOPED, EXC_C14N))]:
        sign_rules.RECEIPT_WRONG.refuse("Receipt/Signature", reason="Reference")
    signed = prove(data, sealer, location="./", references=1, at=datetime.now(UTC))
    if signed is None:
        raise Refused(sign_rules.RECEIPT_WRONG.at("Receipt/Signature", reason="SignatureValue"))
    return from_tree(signed[0].tree)
