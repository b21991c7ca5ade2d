"""Steps 6 and 8 of the gate: the inside of one `ds:Signature`, element by element, before any key is asked.

What a verifier would skip silently (a second SignedInfo, an unknown transform, junk between base64 characters) is
refused here, because two verifiers may disagree about it (SECURITY 2.2, TM-08, TM-37).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn

from lxml import etree

from envelopes.limits import DS, MAX_CERTIFICATES, MAX_KEY_INFO_BYTES, MAX_REFERENCES, MAX_TRANSFORMS
from signing import gate_rules as rules
from signing.algorithms import CANONICALIZATIONS, EXC_C14N, MAX_PREFIXES, MISSPELT_EXC_C14N, PROPERTY_TRANSFORMS
from signing.elements import MAX_SHOWN, PATH, children_of, malformed, no_text, strict_base64
from signing.weak import Tolerance
from signing.xades import PROPERTIES_TYPE, Properties, read_object

if TYPE_CHECKING:
    from collections.abc import Sequence

Role = Literal["content", "properties", "key_info"]

_D = "{" + DS + "}"
_PREFIXES = "{" + EXC_C14N + "}InclusiveNamespaces"
_KEY_INFO_CHILDREN = frozenset({_D + "KeyName", _D + "KeyValue", _D + "X509Data"})
_KEY_INFO_GROUPS = frozenset({_D + "KeyInfo", _D + "KeyValue", _D + "X509Data"})
_DSIG11 = "http://www.w3.org/2009/xmldsig11#"
_XADES_TYPE = "http://uri.etsi.org/01903"
_ORDER = ["SignedInfo", "SignatureValue", "KeyInfo", "Object"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What one reference says it covers, and how it is made comparable.

    `role`: content is the message's; the other two are XAdES's own and cover pieces of the signature itself.
    """

    uri: str
    transforms: tuple[str, ...]
    prefixes: bool
    role: Role = "content"
    identifier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInfo:
    """A signature's statement. `certificates` (DER, from KeyInfo) are a hint which candidate to try first.

    `references` are all of them in their order; `properties` is None for a plain signature, `weak` has the URIs of
    the algorithms that only an exception allows.
    """

    references: tuple[Reference, ...]
    certificates: tuple[bytes, ...]
    properties: Properties | None = None
    weak: tuple[str, ...] = ()

    @property
    def content(self) -> tuple[Reference, ...]:
        """The references that cover the message."""
        return tuple(reference for reference in self.references if reference.role == "content")


def read_signature(signature: etree._Element, *, weak: bool = False) -> SignedInfo:
    """What the signature states; raises `Refused` for everything outside the allow-lists and limits.

    `weak` lets the weak forms of the field through; the answer says which of them were met.
    """
    tolerance = Tolerance(weak=weak)
    found = _pieces(signature)
    properties = read_object(found["Object"], signature, tolerance) if "Object" in found else None
    references = _read_signed_info(found["SignedInfo"], _Covered(found.get("KeyInfo"), properties), tolerance)
    strict_base64(found["SignatureValue"])
    if properties is not None:
        _check_properties(references, properties)
    return SignedInfo(
        references=references,
        certificates=_read_key_info(found["KeyInfo"]) if "KeyInfo" in found else (),
        properties=properties,
        weak=tolerance.used,
    )


def _pieces(signature: etree._Element) -> dict[str, etree._Element]:
    """The signature's children by name, each once and in the schema's order."""
    children = children_of(signature, _ORDER, attributes={"Id"})
    names = [etree.QName(child).localname for child in children]
    if names.count("Object") > 1:
        rules.FORM_UNSUPPORTED.refuse(f"{PATH}/Object", form=f"{names.count('Object')} × ds:Object")
    if names != [name for name in _ORDER if name in names] or names[:2] != _ORDER[:2]:
        malformed("Signature", "children " + ", ".join(names))
    return dict(zip(names, children, strict=True))


def _check_properties(references: Sequence[Reference], properties: Properties) -> None:
    """The properties are signed exactly once, KeyInfo at most once, and formats are told of real references."""
    roles = [reference.role for reference in references]
    if roles.count("properties") != 1 or roles.count("key_info") > 1:
        reason = f"{roles.count('properties')} × Reference → SignedProperties, {roles.count('key_info')} × → KeyInfo"
        _refuse_properties(reason)
    named = {reference.identifier for reference in references if reference.role == "content"}
    for identifier in properties.described:
        if identifier not in named:
            _refuse_properties(f'DataObjectFormat ObjectReference="#{identifier}"')


def _refuse_properties(reason: str) -> NoReturn:
    rules.PROPERTIES.refuse(f"{PATH}/SignedInfo/Reference", reason, reason=reason[:MAX_SHOWN])


@dataclass(frozen=True, slots=True)
class _Covered:
    """The pieces of the signature itself that its references may cover."""

    key_info: etree._Element | None
    properties: Properties | None

    def role(self, uri: str, kind: str) -> Role:
        """What a reference with this URI and Type covers; a Type that says otherwise is refused."""
        if self.properties is None:
            if kind.startswith(_XADES_TYPE):
                rules.FORM_UNSUPPORTED.refuse(f"{PATH}/SignedInfo/Reference", uri, form=f"Type {kind}")
            return "content"
        is_properties = uri == f"#{self.properties.identifier}"
        if is_properties != (kind == PROPERTIES_TYPE) or (kind.startswith(_XADES_TYPE) and not is_properties):
            _refuse_properties(f'Reference URI="{uri}" Type="{kind}"')
        if is_properties:
            return "properties"
        identifier = None if self.key_info is None else self.key_info.get("Id")
        return "key_info" if identifier and uri == f"#{identifier}" else "content"


def _read_signed_info(element: etree._Element, covered: _Covered, tolerance: Tolerance) -> tuple[Reference, ...]:
    allowed = {"CanonicalizationMethod", "SignatureMethod", "Reference"}
    children = children_of(element, allowed, attributes={"Id"})
    names = [etree.QName(child).localname for child in children]
    if names[:2] != ["CanonicalizationMethod", "SignatureMethod"] or set(names[2:]) != {"Reference"}:
        malformed("SignedInfo", "children " + ", ".join(names))
    if len(names) - 2 > MAX_REFERENCES:
        rules.REFERENCES_TOO_MANY.refuse(f"{PATH}/SignedInfo", count=len(names) - 2, limit=MAX_REFERENCES)
    uri = children[0].get("Algorithm", "")
    if uri not in CANONICALIZATIONS:
        rules.ALGORITHM.refuse(f"{PATH}/SignedInfo/CanonicalizationMethod", uri, what="canonicalisation", uri=uri)
    _prefixes(children[0])
    tolerance.signature_method(children[1].get("Algorithm", ""))
    children_of(children[1], (), attributes={"Algorithm"})
    return tuple(_read_reference(child, covered, tolerance) for child in children[2:])


def _read_reference(element: etree._Element, covered: _Covered, tolerance: Tolerance) -> Reference:
    children = children_of(element, {"Transforms", "DigestMethod", "DigestValue"}, attributes={"Id", "URI", "Type"})
    names = [etree.QName(child).localname for child in children]
    uri = element.get("URI")
    role = covered.role(uri or "", element.get("Type") or "")
    bare = role != "content" and names == ["DigestMethod", "DigestValue"]
    if uri is None or (names != ["Transforms", "DigestMethod", "DigestValue"] and not bare):
        malformed("Reference", f"URI {uri}, children " + ", ".join(names))
    method, value = children[-2:]
    size = tolerance.digest_method(method.get("Algorithm", ""))
    children_of(method, (), attributes={"Algorithm"})
    digest = strict_base64(value)
    if len(digest) != size:
        malformed("DigestValue", f"{len(digest)} bytes")
    transforms, prefixes = ((), False) if bare else _read_transforms(children[0], uri)
    if role != "content" and transforms not in PROPERTY_TRANSFORMS:
        refuse_transforms(uri, transforms, " | ".join("[" + ", ".join(one) + "]" for one in PROPERTY_TRANSFORMS))
    if MISSPELT_EXC_C14N in transforms and tolerance.weak:
        tolerance.note(MISSPELT_EXC_C14N)
    return Reference(uri=uri, transforms=transforms, prefixes=prefixes, role=role, identifier=element.get("Id"))


def _read_transforms(element: etree._Element, uri: str) -> tuple[tuple[str, ...], bool]:
    children = children_of(element, {"Transform"})
    found = tuple(child.get("Algorithm", "") for child in children)
    if not children:
        malformed("Transforms", "0 × Transform")
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
        malformed(etree.QName(element).localname, "attributes " + ", ".join(map(str, element.attrib)))
    no_text(element)
    if not len(element):
        return False
    inside = element[0]
    prefixes = inside.get("PrefixList", "").split(" ")
    plain = len(element) == 1 and inside.tag == _PREFIXES and list(inside.attrib) == ["PrefixList"]
    if not plain or len(inside) or inside.text or element.get("Algorithm") != EXC_C14N:
        malformed(etree.QName(element).localname, str(inside.tag))
    if len(prefixes) > MAX_PREFIXES or not all(prefixes):
        malformed("InclusiveNamespaces", f"{len(prefixes)} prefixes")
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
        if len(inner) or inner.tag in _KEY_INFO_GROUPS:
            no_text(inner)
        values = [inner.text or "", *map(str, inner.attrib.values())]
        if any("://" in value for value in values):
            _refuse_key_info("URL")
    certificates = list(element.iter(_D + "X509Certificate"))
    if len(certificates) > MAX_CERTIFICATES:
        _refuse_key_info(f"{len(certificates)} X509Certificate")
    return tuple(strict_base64(certificate) for certificate in certificates)


def _refuse_key_info(reason: str) -> NoReturn:
    rules.KEY_INFO.refuse(f"{PATH}/KeyInfo", reason=reason, limit=MAX_CERTIFICATES)
