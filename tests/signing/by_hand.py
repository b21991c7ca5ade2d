"""A signer that puts its genuine signature to whatever it is told: text in, digests and value filled in.

It shares no code with our signer or with signxml, so that what the gate takes is what the standards say.
"""

from __future__ import annotations

import base64
import hashlib
from copy import deepcopy
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from envelopes.limits import DS, XADES
from signing.algorithms import C14N, ENVELOPED, EXC_C14N, MISSPELT_EXC_C14N
from signing.places import find_places, splice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.signing.people import Agency

ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
RSA = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
TYPE = "http://uri.etsi.org/01903#SignedProperties"
PARTS = ("#MessageHeader", "#Bussiness", "#edXMLManifest")

_D = "{" + DS + "}"
_HASHES = {SHA256: "sha256", SHA1: "sha1"}


def reference(
    uri: str, *transforms: str, kind: str = "", digest: str = SHA256, identifier: str = "", value: str = ""
) -> str:
    """One Reference; without transforms it has no Transforms element. An empty value is filled in when signing."""
    attributes = f' URI="{uri}"' + (f' Type="{kind}"' if kind else "") + (f' Id="{identifier}"' if identifier else "")
    listed = "".join(f'<ds:Transform Algorithm="{one}"/>' for one in transforms)
    inside = f"<ds:Transforms>{listed}</ds:Transforms>" if transforms else ""
    method = f'<ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue>{value}</ds:DigestValue>'
    return f"<ds:Reference{attributes}>{inside}{method}</ds:Reference>"


def parts_references(digest: str = SHA256) -> tuple[str, ...]:
    """What profile P covers; the first reference has an Id."""
    return tuple(reference(uri, EXC_C14N, digest=digest, identifier="" if n else "r0") for n, uri in enumerate(PARTS))


def key_info(agency: Agency) -> str:
    """KeyInfo with the agency's certificate and an Id."""
    shown = base64.b64encode(agency.der).decode()
    return (
        '<ds:KeyInfo Id="key"><ds:X509Data><ds:X509SubjectName>CN=anybody</ds:X509SubjectName>'
        f"<ds:X509Certificate>{shown}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    )


def properties(agency: Agency, *, method: str = SHA256) -> str:
    """The Object of XAdES-B, as toolkits write it."""
    digest = base64.b64encode(hashlib.new(_HASHES[method], agency.der).digest()).decode()
    return (
        f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#sig">'
        '<xades:SignedProperties Id="props"><xades:SignedSignatureProperties>'
        "<xades:SigningTime>2026-11-24T09:59:30+07:00</xades:SigningTime>"
        "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
        f'<ds:DigestMethod Algorithm="{method}"/><ds:DigestValue>{digest}</ds:DigestValue>'
        "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>"
        '<xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference="#r0">'
        "<xades:MimeType>application/xml</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties>"
        "</xades:SignedProperties></xades:QualifyingProperties></ds:Object>"
    )


def signature(
    references: Sequence[str], *, method: str = ECDSA, canonicalization: str = EXC_C14N, rest: str = ""
) -> str:
    """A Signature without its values."""
    return (
        f'<ds:Signature xmlns:ds="{DS}" Id="sig"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{canonicalization}"/><ds:SignatureMethod Algorithm="{method}"/>'
        f"{''.join(references)}</ds:SignedInfo><ds:SignatureValue></ds:SignatureValue>{rest}</ds:Signature>"
    )


def sign(data: bytes, text: str, agency: Agency) -> bytes:
    """`data` with this signature at the end of edXMLHeader, its digests and its value filled in by the agency's key."""
    root = etree.fromstring(splice(data, [(find_places(data).end, text.encode())]))
    found = next(root.iter(_D + "Signature"))
    for one in found.iter(_D + "Reference"):
        value = one.find(_D + "DigestValue")
        assert value is not None
        if not value.text:
            method = one.find(_D + "DigestMethod")
            assert method is not None
            digest = hashlib.new(_HASHES[method.get("Algorithm", "")], _octets(root, one)).digest()
            value.text = base64.b64encode(digest).decode()
    info, value = found[0], found[1]
    octets = _canonical(info, info[0].get("Algorithm", ""))
    value.text = base64.b64encode(_sign(octets, info[1].get("Algorithm", ""), agency)).decode()
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _octets(root: etree._Element, one: etree._Element) -> bytes:
    transforms = [transform.get("Algorithm", "") for transform in one.iter(_D + "Transform")]
    uri = one.get("URI", "")
    tree = deepcopy(root)
    if ENVELOPED in transforms:
        inside = next(tree.iter(_D + "Signature"))
        parent = inside.getparent()
        assert parent is not None
        before = inside.getprevious()
        assert before is not None
        before.tail = (before.tail or "") + (inside.tail or "")
        parent.remove(inside)
    named = [one for one in tree.iter() if one.get("Id") == uri.removeprefix("#")] if uri else [tree]
    if not named:
        return b""
    return _canonical(named[0], next((one for one in transforms if one != ENVELOPED), C14N))


def _canonical(element: etree._Element, method: str) -> bytes:
    """The element as the method has it; no file here has `xml:` attributes, so c14n 1.0 and 1.1 are one."""
    exclusive = method in (EXC_C14N, MISSPELT_EXC_C14N)
    return etree.tostring(element, method="c14n", exclusive=exclusive, with_comments=False, with_tail=False)


def _sign(octets: bytes, method: str, agency: Agency) -> bytes:
    key = load_pem_private_key(agency.key_pem, password=None)
    if isinstance(key, rsa.RSAPrivateKey):
        algorithm = hashes.SHA1() if method == RSA_SHA1 else hashes.SHA256()
        return key.sign(octets, padding.PKCS1v15(), algorithm)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    r, s = utils.decode_dss_signature(key.sign(octets, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")
