"""Steps 6 and 8 of the gate: the inside of one `ds:Signature`, element by element, before any key is asked.

What a verifier would skip silently (a second SignedInfo, an unknown transform, junk between base64 characters) is
refused here, because two verifiers may disagree about it (SECURITY 2.2, TM-08, TM-37).
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from lxml import etree

from envelopes.limits import DS, MAX_CERTIFICATES, MAX_KEY_INFO_BYTES, MAX_REFERENCES, MAX_TRANSFORMS, XADES
from signing import gate_rules as rules
from signing.algorithms import CANONICALIZATIONS, DIGEST_SIZES, EXC_C14N, MAX_PREFIXES, SIGNATURE_METHODS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

PATH = "edXMLHeader/Signature"
XML_SPACE = " \t\r\n"

_D = "{" + DS + "}"
_PREFIXES = "{" + EXC_C14N + "}InclusiveNamespaces"
_KEY_INFO_CHILDREN = frozenset({_D + "KeyName", _D + "KeyValue", _D + "X509Data"})
_DSIG11 = "http://www.w3.org/2009/xmldsig11#"
_XADES_TYPE = "http://uri.etsi.org/01903"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What one reference says it covers, and how it is made comparable."""

    uri: str
    transforms: tuple[str, ...]
    prefixes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInfo:
    """A signature's statement. `certificates` (DER, from KeyInfo) are a hint which candidate to try first."""

    references: tuple[Reference, ...]
    certificates: tuple[bytes, ...]


def read_signature(signature: etree._Element) -> SignedInfo:
    """What the signature states; raises `Refused` for everything outside the allow-lists and limits."""
    children = _children(signature, {"SignedInfo", "SignatureValue", "KeyInfo", "Object"}, attributes={"Id"})
    names = [etree.QName(child).localname for child in children]
    if "Object" in names:
        form = (
            "XAdES"
            if children[names.index("Object")].find("{" + XADES + "}QualifyingProperties") is not None
            else "ds:Object"
        )
        rules.FORM_UNSUPPORTED.refuse(f"{PATH}/Object", form=form)
    if names not in (["SignedInfo", "SignatureValue"], ["SignedInfo", "SignatureValue", "KeyInfo"]):
        _malformed("Signature", "children " + ", ".join(names))
    references = _read_signed_info(children[0])
    _strict_base64(children[1])
    return SignedInfo(references=references, certificates=_read_key_info(children[2]) if len(children) == 3 else ())


def _read_signed_info(element: etree._Element) -> tuple[Reference, ...]:
    allowed = {"CanonicalizationMethod", "SignatureMethod", "Reference"}
    children = _children(element, allowed, attributes={"Id"})
    names = [etree.QName(child).localname for child in children]
    if names[:2] != ["CanonicalizationMethod", "SignatureMethod"] or set(names[2:]) != {"Reference"}:
        _malformed("SignedInfo", "children " + ", ".join(names))
    if len(names) - 2 > MAX_REFERENCES:
        rules.REFERENCES_TOO_MANY.refuse(f"{PATH}/SignedInfo", count=len(names) - 2, limit=MAX_REFERENCES)
    _algorithm(children[0], CANONICALIZATIONS, "canonicalisation")
    _prefixes(children[0])
    _algorithm(children[1], SIGNATURE_METHODS, "signature")
    _children(children[1], (), attributes={"Algorithm"})
    return tuple(_read_reference(child) for child in children[2:])


def _read_reference(element: etree._Element) -> Reference:
    children = _children(element, {"Transforms", "DigestMethod", "DigestValue"}, attributes={"Id", "URI", "Type"})
    names = [etree.QName(child).localname for child in children]
    uri = element.get("URI")
    if names != ["Transforms", "DigestMethod", "DigestValue"] or uri is None:
        _malformed("Reference", f"URI {uri}, children " + ", ".join(names))
    if (element.get("Type") or "").startswith(_XADES_TYPE):
        rules.FORM_UNSUPPORTED.refuse(f"{PATH}/SignedInfo/Reference", uri, form="XAdES")
    _algorithm(children[1], DIGEST_SIZES, "digest")
    _children(children[1], (), attributes={"Algorithm"})
    digest = _strict_base64(children[2])
    if len(digest) != DIGEST_SIZES[children[1].get("Algorithm", "")]:
        _malformed("DigestValue", f"{len(digest)} bytes")
    transforms, prefixes = _read_transforms(children[0], uri)
    return Reference(uri=uri, transforms=transforms, prefixes=prefixes)


def _read_transforms(element: etree._Element, uri: str) -> tuple[tuple[str, ...], bool]:
    children = _children(element, {"Transform"})
    found = tuple(child.get("Algorithm", "") for child in children)
    if len(children) > MAX_TRANSFORMS:
        refuse_transforms(uri, found, f"≤ {MAX_TRANSFORMS}")
    prefixes = False
    for child in children:
        prefixes = _prefixes(child) or prefixes
    return found, prefixes


def refuse_transforms(uri: str, found: Sequence[str], expected: str) -> NoReturn:
    """Say which transforms a reference has and which it may have."""
    path = f"{PATH}/SignedInfo/Reference/Transforms"
    rules.TRANSFORM.refuse(path, " ".join(found), uri=f'"{uri}"', found=", ".join(found), expected=expected)


def _prefixes(element: etree._Element) -> bool:
    """Whether the method lists inclusive prefixes; nothing else may stand in it, and only exc-c14n has them."""
    if set(element.attrib) - {"Algorithm"}:
        _malformed(etree.QName(element).localname, "attributes " + ", ".join(map(str, element.attrib)))
    _no_text(element)
    if not len(element):
        return False
    inside = element[0]
    prefixes = inside.get("PrefixList", "").split(" ")
    plain = len(element) == 1 and inside.tag == _PREFIXES and list(inside.attrib) == ["PrefixList"]
    if not plain or len(inside) or inside.text or element.get("Algorithm") != EXC_C14N:
        _malformed(etree.QName(element).localname, str(inside.tag))
    if len(prefixes) > MAX_PREFIXES or not all(prefixes):
        _malformed("InclusiveNamespaces", f"{len(prefixes)} prefixes")
    return True


def _read_key_info(element: etree._Element) -> tuple[bytes, ...]:
    """The certificates shown. They are a hint and no more: a candidate registered beforehand decides (TM-10)."""
    if len(etree.tostring(element, with_tail=False)) > MAX_KEY_INFO_BYTES:
        _refuse_key_info(f"> {MAX_KEY_INFO_BYTES} byte")
    if strangers := [str(child.tag) for child in element if child.tag not in _KEY_INFO_CHILDREN]:
        _refuse_key_info(", ".join(strangers))
    for inner in element.iter():
        if etree.QName(inner).namespace not in (DS, _DSIG11):
            _refuse_key_info(str(inner.tag))
        values = [inner.text or "", *map(str, inner.attrib.values())]
        if any("://" in value for value in values):
            _refuse_key_info("URL")
    certificates = list(element.iter(_D + "X509Certificate"))
    if len(certificates) > MAX_CERTIFICATES:
        _refuse_key_info(f"{len(certificates)} X509Certificate")
    return tuple(_strict_base64(certificate) for certificate in certificates)


def _refuse_key_info(reason: str) -> NoReturn:
    rules.KEY_INFO.refuse(f"{PATH}/KeyInfo", reason=reason, limit=MAX_CERTIFICATES)


def _children(
    element: etree._Element, names: Collection[str], *, attributes: Collection[str] = ()
) -> list[etree._Element]:
    """The children, all of them `ds` elements with these names and no text between them."""
    local = etree.QName(element).localname
    for child in element:
        if etree.QName(child).namespace != DS or etree.QName(child).localname not in names:
            _malformed(local, str(child.tag))
    if strange := set(element.attrib) - set(attributes):
        _malformed(local, "attributes " + ", ".join(map(str, strange)))
    _no_text(element)
    return list(element)


def _no_text(element: etree._Element) -> None:
    for text in (element.text, *(child.tail for child in element)):
        if text and text.strip(XML_SPACE):
            _malformed(etree.QName(element).localname, "text")


def _algorithm(element: etree._Element, allowed: Collection[str], what: str) -> None:
    uri = element.get("Algorithm", "")
    if uri not in allowed:
        name = etree.QName(element).localname
        rules.ALGORITHM.refuse(f"{PATH}/SignedInfo/{name}", uri, what=what, uri=uri)


def _strict_base64(element: etree._Element) -> bytes:
    """The decoded text: nothing but the alphabet, complete padding, no stray bits (TM-37); line breaks are allowed."""
    name = etree.QName(element).localname
    if len(element) or set(element.attrib) - {"Id"}:
        _malformed(name, "elements or attributes inside")
    text = (element.text or "").translate(dict.fromkeys(map(ord, XML_SPACE)))
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        _malformed(name, "base64")
    if not data or base64.b64encode(data).decode() != text:
        _malformed(name, "base64")
    return data


def _malformed(name: str, reason: str) -> NoReturn:
    rules.MALFORMED.refuse(f"{PATH}//{name}", name=name, reason=reason)
