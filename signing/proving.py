"""Step 11 of the gate: the one safe call into signxml (SECURITY 2.1), for envelopes and for receipts.

Never certificate-authority mode, never a key from KeyInfo: one certificate of ours goes in, and what comes out is
what that certificate's key signed. Whether the certificate itself is to be believed is not asked here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest
from signxml.verifier import SignatureConfiguration, XMLVerifier

from envelopes.dom import safe_parser
from signing import gate_rules as rules
from signing.algorithms import (
    C14N,
    DIGEST_SIZES,
    SIGNATURE_METHODS,
    WEAK_DIGEST_SIZES,
    WEAK_SIGNATURE_METHODS,
)

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509
    from lxml import etree

_METHODS = frozenset(SignatureMethod(uri) for uri in SIGNATURE_METHODS)
_WEAK_METHODS = _METHODS | {SignatureMethod(uri) for uri in WEAK_SIGNATURE_METHODS}
_DIGESTS = frozenset(DigestAlgorithm(uri) for uri in DIGEST_SIZES)
_WEAK_DIGESTS = _DIGESTS | {DigestAlgorithm(uri) for uri in WEAK_DIGEST_SIZES}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signed:
    """One reference's content, proven: the octets that were digested and the tree parsed from them."""

    data: bytes
    tree: etree._Element


def prove(
    data: bytes,
    certificate: x509.Certificate,
    *,
    location: str,
    references: int,
    at: datetime,
    weak: bool = False,
    unnamed: str = C14N,
) -> tuple[Signed, ...] | None:
    """What the certificate's key signed in `data`, one entry a reference; None when this key made no such signature.

    Raises `Refused` when the key signed these references and their content was changed afterwards.
    `location` is the path of the signature's parent. Dates are the caller's business: here they count as fulfilled.
    `weak` lets the weak algorithms count; `unnamed` makes a reference comparable whose transforms name no method.
    """
    moment = min(max(at, certificate.not_valid_before_utc), certificate.not_valid_after_utc)
    expected = SignatureConfiguration(
        require_x509=True,
        location=location,
        expect_references=references,
        signature_methods=_WEAK_METHODS if weak else _METHODS,
        digest_algorithms=_WEAK_DIGESTS if weak else _DIGESTS,
        verification_time=moment,
        default_reference_c14n_method=CanonicalizationMethod(unnamed),
    )
    try:
        results = XMLVerifier().verify(
            data,
            x509_cert=certificate,
            expect_config=expected,
            id_attribute="Id",
            validate_schema=True,
            parser=safe_parser(),
        )
    except InvalidDigest as error:  # raised only after the SignatureValue was found good
        part = re.search(r"\(#?([^()]*)\)$", str(error))
        rules.ALTERED.refuse("edXMLHeader/Signature", part=(part and part[1][:60]) or 'URI=""')
    except Exception:
        return None
    found = results if isinstance(results, list) else [results]
    proven = [Signed(data=one.signed_data, tree=one.signed_xml) for one in found if one.signed_xml is not None]
    return tuple(proven) if len(proven) == references else None
