"""Step 6 for the XAdES forms of both profiles: the one `ds:Object` a signature may carry, read to the letter.

The level is XAdES-B and the world is closed: what is not judged here (policies, roles, timestamps, countersignatures)
is refused, because somebody would take it for checked. signxml checks neither `Target` nor `Type` (SECURITY 2.4).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from asn1crypto.tsp import IssuerSerial
from asn1crypto.x509 import Certificate
from lxml import etree

from envelopes.limits import LOCAL_TIME, MAX_CERTIFICATES, XADES
from envelopes.moments import can_be_shown
from signing import gate_rules as rules
from signing.elements import MAX_SHOWN, PATH, children_of, strict_base64, text_of

if TYPE_CHECKING:
    from signing.weak import Tolerance

PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"
"""The `Type` of the reference that covers the properties (ETSI EN 319 132-1, 4.4.2)."""

_X = "{" + XADES + "}"
_QUALIFYING = _X + "QualifyingProperties"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?")
_HASHES = {20: hashlib.sha1, 32: hashlib.sha256, 48: hashlib.sha384, 64: hashlib.sha512}


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """What the signer signed about the signature itself.

    `claimed_at` (aware) is the signer's own word and decides nothing (TM-54); `described` are the Ids of the references
    whose format is told.
    """

    identifier: str
    digest: bytes
    issuer_serial: bytes | None
    claimed_at: datetime | None
    described: tuple[str, ...] = ()

    def names(self, der: bytes) -> bool:
        """Whether SigningCertificateV2 is this certificate (DER)."""
        if _HASHES[len(self.digest)](der).digest() != self.digest:
            return False
        return self.issuer_serial is None or _is_issuer_serial(self.issuer_serial, der)


def read_object(element: etree._Element, signature: etree._Element, tolerance: Tolerance) -> Properties:
    """The properties in a signature's `ds:Object`; raises `Refused` for any other object."""
    if [child.tag for child in element] != [_QUALIFYING]:
        form = "XAdES" if element.find(_QUALIFYING) is not None else "ds:Object"
        rules.FORM_UNSUPPORTED.refuse(f"{PATH}/Object", form=form)
    children_of(element, {"QualifyingProperties"}, attributes={"Id"}, namespace=XADES)
    qualifying = element[0]
    found = _children(qualifying, {"SignedProperties"}, attributes={"Id", "Target"})
    identifier = signature.get("Id")
    if not identifier or qualifying.get("Target") != f"#{identifier}":
        target = qualifying.get("Target") or ""
        _refuse(f'QualifyingProperties Target="{target}" ≠ Signature Id="{identifier or ""}"')
    if len(found) != 1:
        _refuse(f"{len(found)} × SignedProperties")
    return read_properties(found[0], tolerance)


def read_properties(element: etree._Element, tolerance: Tolerance) -> Properties:
    """The properties said by one `xades:SignedProperties`; raises `Refused`."""
    parts = _children(element, {"SignedSignatureProperties", "SignedDataObjectProperties"}, attributes={"Id"})
    names = [etree.QName(part).localname for part in parts]
    identifier = element.get("Id")
    if names not in (["SignedSignatureProperties"], ["SignedSignatureProperties", "SignedDataObjectProperties"]):
        _refuse("SignedProperties: " + ", ".join(names))
    if not identifier:
        _refuse('SignedProperties Id=""')
    found = _children(parts[0], {"SigningTime", "SigningCertificateV2"}, attributes={"Id"})
    tags = [etree.QName(one).localname for one in found]
    if tags not in (["SigningTime", "SigningCertificateV2"], ["SigningCertificateV2"]):
        _refuse("SignedSignatureProperties: " + ", ".join(tags))
    digest, issuer_serial = _read_certificate(found[-1], tolerance)
    return Properties(
        identifier=identifier,
        digest=digest,
        issuer_serial=issuer_serial,
        claimed_at=_read_time(found[0]) if len(found) == 2 else None,
        described=_read_formats(parts[1]) if len(parts) == 2 else (),
    )


def _read_certificate(element: etree._Element, tolerance: Tolerance) -> tuple[bytes, bytes | None]:
    """Digest and IssuerSerialV2 of the signer's certificate, which is the first; others are its chain."""
    certificates = _children(element, {"Cert"})
    if not 1 <= len(certificates) <= MAX_CERTIFICATES:
        _refuse(f"SigningCertificateV2: {len(certificates)} × Cert")
    read = [_read_one_certificate(certificate, tolerance) for certificate in certificates]
    return read[0]


def _read_one_certificate(element: etree._Element, tolerance: Tolerance) -> tuple[bytes, bytes | None]:
    parts = _children(element, {"CertDigest", "IssuerSerialV2"})
    names = [etree.QName(part).localname for part in parts]
    if names not in (["CertDigest"], ["CertDigest", "IssuerSerialV2"]):
        _refuse("Cert: " + ", ".join(names))
    method, value = _pair(parts[0])
    size = tolerance.digest_method(method.get("Algorithm", ""))
    children_of(method, (), attributes={"Algorithm"})
    digest = strict_base64(value)
    if len(digest) != size:
        _refuse(f"CertDigest: {len(digest)} byte")
    return digest, strict_base64(parts[1]) if len(parts) == 2 else None


def _pair(element: etree._Element) -> tuple[etree._Element, etree._Element]:
    found = children_of(element, {"DigestMethod", "DigestValue"})
    if [etree.QName(one).localname for one in found] != ["DigestMethod", "DigestValue"]:
        _refuse("CertDigest: " + ", ".join(etree.QName(one).localname for one in found))
    return found[0], found[1]


def _read_time(element: etree._Element) -> datetime:
    """The claimed moment, which can be kept and shown; written without a zone it is Vietnam's, as all of edXML."""
    text = text_of(element)
    try:
        if not _TIME.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=LOCAL_TIME)
        if not can_be_shown(moment):
            raise ValueError
    except ValueError:
        _refuse(f"SigningTime «{text[:40]}»")
    return moment


def _read_formats(element: etree._Element) -> tuple[str, ...]:
    """The references of which a DataObjectFormat speaks; what it says of them is shown to nobody."""
    described = []
    for one in _children(element, {"DataObjectFormat"}, attributes={"Id"}):
        for inside in _children(one, {"Description", "MimeType", "Encoding"}, attributes={"ObjectReference"}):
            text_of(inside)
        reference = one.get("ObjectReference", "")
        if not reference.startswith("#") or len(reference) < 2:
            _refuse(f'DataObjectFormat ObjectReference="{reference}"')
        described.append(reference[1:])
    return tuple(described)


def _children(element: etree._Element, names: set[str], *, attributes: set[str] | None = None) -> list[etree._Element]:
    """The children, all of XAdES and known here; the first that is not is named."""
    for child in element:
        if child.tag not in {_X + name for name in names}:
            _refuse(etree.QName(child).localname)
    return children_of(element, names, attributes=attributes or (), namespace=XADES)


def _is_issuer_serial(said: bytes, der: bytes) -> bool:
    """Whether an IssuerSerial (DER) is that of the certificate."""
    certificate = _parsed(Certificate, der)
    try:
        parsed = _parsed(IssuerSerial, said)
        names = [name.chosen for name in parsed["issuer"] if name.name == "directory_name"]
        serial: int = parsed["serial_number"].native
    except (ValueError, TypeError):
        return False
    return names == [certificate.issuer] and serial == certificate.serial_number


def _parsed(kind: Any, der: bytes) -> Any:
    """asn1crypto's object, all of the bytes; its loader has no types."""
    return kind.load(der, strict=True)


def _refuse(reason: str) -> NoReturn:
    rules.PROPERTIES.refuse(f"{PATH}/Object", reason, reason=reason[:MAX_SHOWN])
