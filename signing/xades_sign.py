"""Signatures of ours in the form XAdES-B (ETSI EN 319 132-1): what the signer says of the signature is signed as well.

signxml's own XAdES signer, told to use exclusive canonicalisation, leaves the transform out of the references it adds,
and then nobody can verify them (SECURITY 2.4). Here the properties and their reference are written with it. The ids
are fixed: a file has one signature, and a receipt is the same text for the same facts.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import DigestAlgorithm
from signxml.signer import XMLSigner

from envelopes.limits import DS, XADES
from signing.algorithms import EXC_C14N

if TYPE_CHECKING:
    from cryptography import x509

SIGNATURE_ID = "lt-signature"
PROPERTIES_ID = "lt-signed-properties"
PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"
MEDIA_TYPE = "application/xml"
"""Of everything we sign; XAdES-B wants it said of each reference."""

_D = "{" + DS + "}"
_X = "{" + XADES + "}"
_NAMESPACES = {"ds": DS, "xades": XADES}


class XadesSigner(XMLSigner):
    """signxml's signer, which also signs the time it is told and the digest of its certificate."""

    def __init__(self, certificate: x509.Certificate, at: datetime, **named: Any) -> None:
        super().__init__(**named)
        self._certificate = hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
        self._at = at
        self.signature_annotators.append(self._qualify)

    def _qualify(self, signature: etree._Element, signing_settings: object) -> None:
        """Called with everything in the signature but its value: put the properties in, and a reference to them."""
        signature.set("Id", SIGNATURE_ID)
        signed_info = signature[0]
        names = _name_references(signed_info)
        holder = etree.SubElement(signature, _D + "Object", nsmap=_NAMESPACES)
        qualifying = etree.SubElement(holder, _X + "QualifyingProperties", {"Target": f"#{SIGNATURE_ID}"})
        properties = etree.SubElement(qualifying, _X + "SignedProperties", {"Id": PROPERTIES_ID})
        self._describe(properties, names)
        octets = etree.tostring(properties, method="c14n", exclusive=True, with_comments=False)
        _refer(signed_info, octets)

    def _describe(self, properties: etree._Element, names: list[str]) -> None:
        own = etree.SubElement(properties, _X + "SignedSignatureProperties")
        etree.SubElement(own, _X + "SigningTime").text = moment(self._at)
        certificate = etree.SubElement(etree.SubElement(own, _X + "SigningCertificateV2"), _X + "Cert")
        _digest(etree.SubElement(certificate, _X + "CertDigest"), self._certificate)
        data = etree.SubElement(properties, _X + "SignedDataObjectProperties")
        for name in names:
            about = etree.SubElement(data, _X + "DataObjectFormat", {"ObjectReference": f"#{name}"})
            etree.SubElement(about, _X + "MimeType").text = MEDIA_TYPE


def moment(at: datetime) -> str:
    """The time (aware) as SigningTime has it: UTC, no finer than it is."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _name_references(signed_info: etree._Element) -> list[str]:
    names = []
    for n, reference in enumerate(signed_info.iterchildren(_D + "Reference"), 1):
        names.append(f"lt-reference-{n}")
        reference.set("Id", names[-1])
    return names


def _refer(signed_info: etree._Element, octets: bytes) -> None:
    reference = etree.SubElement(signed_info, _D + "Reference", {"URI": f"#{PROPERTIES_ID}", "Type": PROPERTIES_TYPE})
    transforms = etree.SubElement(reference, _D + "Transforms")
    etree.SubElement(transforms, _D + "Transform", {"Algorithm": EXC_C14N})
    _digest(reference, hashlib.sha256(octets).digest())


def _digest(parent: etree._Element, digest: bytes) -> None:
    etree.SubElement(parent, _D + "DigestMethod", {"Algorithm": DigestAlgorithm.SHA256.value})
    etree.SubElement(parent, _D + "DigestValue").text = base64.b64encode(digest).decode()
