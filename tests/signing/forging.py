"""Signatures that our own signer would never make, by keys that are genuine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import SignatureReference, XMLSigner

from envelopes.limits import DS
from signing.algorithms import EXC_C14N
from signing.places import find_places, splice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.signing.people import Agency

_ENVELOPED = SignatureConstructionMethod.enveloped
PARTS = ("#MessageHeader", "#Bussiness", "#edXMLManifest")


class _AnyAlgorithm(XMLSigner):
    def check_deprecated_methods(self) -> None:
        """Weak ones too: the gate must refuse what others still sign."""


def sign_with(
    data: bytes,
    agency: Agency,
    *,
    method: SignatureMethod = SignatureMethod.ECDSA_SHA256,
    digest: DigestAlgorithm = DigestAlgorithm.SHA256,
    canonicalization: str = EXC_C14N,
    construction: SignatureConstructionMethod = SignatureConstructionMethod.detached,
    references: Sequence[str] | None = PARTS,
    prefixes: Sequence[str] | None = None,
    key: Any = None,
    **named: Any,
) -> bytes:
    """`data`, whose parts carry their Ids, with a genuine signature of whatever kind at the end of edXMLHeader."""
    signer = _AnyAlgorithm(construction, method, digest, CanonicalizationMethod(canonicalization))
    uris = (
        None if references is None else [SignatureReference(uri, inclusive_ns_prefixes=prefixes) for uri in references]
    )
    placeholder = f'<ds:Signature xmlns:ds="{DS}" Id="placeholder"/>'.encode() if _ENVELOPED is construction else b""
    made = signer.sign(
        etree.fromstring(splice(data, [(find_places(data).end, placeholder)])),
        key=key or load_pem_private_key(agency.key_pem, password=None),
        cert=[agency.signer.certificate],
        reference_uri=uris,
        id_attribute="Id",
        **named,
    )
    if construction is _ENVELOPED:
        return etree.tostring(made, encoding="utf-8", xml_declaration=True)
    return splice(data, [(find_places(data).end, etree.tostring(made, with_tail=False))])


def with_ids(data: bytes) -> bytes:
    """The Id attributes that a system signing by parts writes."""
    for name in ("MessageHeader", "Bussiness", "edXMLManifest"):
        data = data.replace(f"<edXML:{name}".encode(), f'<edXML:{name} Id="{name}"'.encode(), 1)
    return data
