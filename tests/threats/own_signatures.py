"""Signatures made by hand, so that nothing about them is a library's choice: any reference, transform or object, and
still a genuine value by a genuine key.

The signature is written into the file's bytes with places left open; digests and value are computed from the parsed
file and filled in. Canonical XML comes from lxml, the value from cryptography: signxml has no part in it.
"""

from __future__ import annotations

import base64
import copy
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from envelopes.limits import DS, XADES
from signing.algorithms import C14N11, ENVELOPED, EXC_C14N
from signing.places import find_places, splice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.signing.people import Agency

SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
PARTS = ("MessageHeader", "Bussiness", "edXMLManifest")
_METHODS = {
    "ec": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "rsa": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
}
_D = "{" + DS + "}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One reference. `transforms` is the markup inside `Transforms` or their identifiers; `type` the `Type`."""

    uri: str
    transforms: Sequence[str] = (EXC_C14N,)
    type: str = ""

    def text(self, n: int) -> str:
        kind = f' Type="{self.type}"' if self.type else ""
        inside = "".join(
            one if one.startswith("<") else f'<ds:Transform Algorithm="{one}"/>' for one in self.transforms
        )
        transforms = f"<ds:Transforms>{inside}</ds:Transforms>" if inside else ""
        method = f'<ds:DigestMethod Algorithm="{SHA256}"/>'
        value = f"<ds:DigestValue>@digest-{n}@</ds:DigestValue>"
        return f'<ds:Reference URI="{self.uri}"{kind}>{transforms}{method}{value}</ds:Reference>'


BY_PARTS = tuple(Covered(uri=f"#{name}") for name in PARTS)
WHOLE = (Covered(uri="", transforms=(ENVELOPED, EXC_C14N)),)
SIGNED_PROPERTIES = Covered(uri="#SignedProperties", type=PROPERTIES)


def sign_by_hand(
    data: bytes,
    agency: Agency,
    covered: Sequence[Covered] = BY_PARTS,
    *,
    objects: str = "",
    key_info: str | None = None,
    canonicalization: str = EXC_C14N,
) -> bytes:
    """The file, with Ids on its parts, and a signature over `covered` at the end of edXMLHeader.

    `objects` is markup behind KeyInfo, `key_info` markup inside it: the certificate unless told otherwise.
    """
    key = load_pem_private_key(agency.key_pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    method = _METHODS["rsa" if isinstance(key, rsa.RSAPrivateKey) else "ec"]
    shown = base64.b64encode(agency.der).decode()
    inside = f"<ds:X509Data><ds:X509Certificate>{shown}</ds:X509Certificate></ds:X509Data>"
    text = (
        f'<ds:Signature xmlns:ds="{DS}" Id="Signature"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{canonicalization}"/><ds:SignatureMethod Algorithm="{method}"/>'
        + "".join(one.text(n) for n, one in enumerate(covered))
        + "</ds:SignedInfo><ds:SignatureValue>@value@</ds:SignatureValue>"
        + f"<ds:KeyInfo>{inside if key_info is None else key_info}</ds:KeyInfo>{objects}</ds:Signature>"
    )
    file = splice(data, [(find_places(data).end, text.encode())])
    root = etree.fromstring(file)
    for n, one in enumerate(covered):
        digest = base64.b64encode(hashlib.sha256(_canonical(root, one)).digest())
        file = file.replace(f"@digest-{n}@".encode(), digest)
    info = next(etree.fromstring(file).iter(_D + "SignedInfo"))
    octets = etree.tostring(info, method="c14n", exclusive=canonicalization == EXC_C14N, with_comments=False)
    return file.replace(b"@value@", base64.b64encode(_value(key, octets)))


def qualifying(der: bytes, *, target: str = "#Signature", extra: str = "") -> str:
    """The object of an XAdES signature over this certificate; `extra` stands behind SignedProperties."""
    digest = base64.b64encode(hashlib.sha256(der).digest()).decode()
    return (
        f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="{target}">'
        '<xades:SignedProperties Id="SignedProperties"><xades:SignedSignatureProperties>'
        "<xades:SigningTime>2026-11-24T02:59:00Z</xades:SigningTime>"
        "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
        f'<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue>{digest}</ds:DigestValue>'
        "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
        f"</xades:SignedSignatureProperties></xades:SignedProperties>{extra}"
        "</xades:QualifyingProperties></ds:Object>"
    )


def _canonical(root: etree._Element, covered: Covered) -> bytes:
    """What the reference covers, in canonical form, as far as its transforms are known to anybody."""
    if covered.uri:
        name = covered.uri.removeprefix("#")
        element = next(one for one in root.iter() if one.get("Id") == name)
    else:
        element = copy.deepcopy(root)
        signature = next(element.iter(_D + "Signature"))
        parent, before = signature.getparent(), signature.getprevious()
        assert parent is not None
        if before is not None:
            before.tail = (before.tail or "") + (signature.tail or "")
        parent.remove(signature)
    inclusive = covered.transforms in ((ENVELOPED,), (C14N11,)) or not covered.transforms
    return etree.tostring(element, method="c14n", exclusive=not inclusive, with_comments=False)


def _value(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, octets: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    r, s = utils.decode_dss_signature(key.sign(octets, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")
