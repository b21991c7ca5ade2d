"""Steps 5 to 9 of the gate: where the signature stands, what it must cover, and that nothing else hides beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from lxml import etree

from envelopes.faults import Refused
from envelopes.limits import LT
from envelopes.parts import (
    ATTACHMENT,
    ATTACHMENTS,
    BODY,
    BUSINESS,
    CONTENT,
    ENVELOPE,
    HEADER,
    MANIFEST,
    MESSAGE_HEADER,
    ROOT,
    SIGNATURE,
    TRACE,
    TRACES,
    Parts,
    local_name,
)
from envelopes.reading_manifest import bare_content_id
from signing import gate_rules as rules
from signing.algorithms import EXC_C14N, PART_TRANSFORMS, WEAK_WHOLE_TRANSFORMS, WHOLE_TRANSFORMS
from signing.elements import PATH, XML_SPACE
from signing.signed_info import refuse_transforms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envelopes.faults import Fault
    from signing.signed_info import Reference, SignedInfo

Profile = Literal["P", "W"]

MAX_TEXT = 10_000_000
"""Characters of one text that the parser takes without giving up its other limits (SECURITY 2.5)."""

_E = ROOT.removesuffix("edXML")
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_ATTACHMENT_CHILDREN = {_E + name for name in ("ContentId", "AttachmentName", "Description", "ContentType")} | {CONTENT}
_STRUCTURE: dict[str, set[str]] = {
    ROOT: {ENVELOPE, ATTACHMENTS},
    ENVELOPE: {HEADER, BODY},
    HEADER: {MESSAGE_HEADER, TRACES, SIGNATURE},
    TRACES: {TRACE, BUSINESS},
    BODY: {MANIFEST},
    ATTACHMENTS: {ATTACHMENT},
    ATTACHMENT: _ATTACHMENT_CHILDREN,
}
"""Profile P's world outside the covered parts; narrower than what an unsigned file may hold."""


def signatures(root: etree._Element) -> list[etree._Element]:
    """Every `ds:Signature` of the document, wherever it stands."""
    return list(root.iter(SIGNATURE))


def check_place(found: list[etree._Element], parts: Parts) -> etree._Element:
    """Step 6: the one signature, and it is the last child of edXMLHeader."""
    if len(found) > 1:
        rules.TOO_MANY.refuse(PATH, len(found), count=len(found))
    signature = found[0]
    header = parts.header.getparent()
    if signature is not parts.signature or header is None or header[-1] is not signature:
        rules.MISPLACED.refuse(PATH)
    return signature


def check_identifiers(root: etree._Element) -> None:
    """Step 7: no two attributes that anybody could take for an id have one value (wrapping variants 11 and 12)."""
    seen: set[str] = set()
    for element in root.iter():
        for name, value in element.attrib.items():
            if local_name(name).lower() != "id":
                continue
            if value in seen:
                rules.ID_REPEATED.refuse(value=value, identifier=value)
            seen.add(str(value))


def covered_parts(parts: Parts) -> list[etree._Element]:
    """What profile P covers, in its order: all of these that stand in the file (SECURITY 1.2)."""
    return [part for part in (parts.header, parts.business, parts.manifest) if part is not None]


def required_names(parts: Parts) -> list[str]:
    """The Ids of what profile P must cover: a document has a manifest, a status message has its header alone."""
    names = [local_name(MESSAGE_HEADER)]
    if parts.business is not None:
        names.append(local_name(BUSINESS))
    if parts.manifest is not None or not parts.is_status:
        names.append(local_name(MANIFEST))
    return names


def find_profile(info: SignedInfo, parts: Parts) -> Profile:
    """Step 9: the profile the references fulfil to the letter; raises `Refused` when it is neither."""
    content = info.content
    if [reference.uri for reference in content] == [""]:
        _check_transforms(content[0], WHOLE_TRANSFORMS + (WEAK_WHOLE_TRANSFORMS if info.weak else ()))
        if content[0].transforms in WEAK_WHOLE_TRANSFORMS:
            _check_all_transforms_named(info)
        return "W"
    names = required_names(parts)
    found = [reference.uri for reference in content]
    expected = ["#" + name for name in names]
    if found != expected or parts.header.tag != MESSAGE_HEADER or len(names) != len(covered_parts(parts)):
        rules.COVERAGE.refuse(
            f"{PATH}/SignedInfo", " ".join(found), found=", ".join(map(repr, found)), expected=", ".join(expected)
        )
    for part, name in zip(covered_parts(parts), names, strict=True):
        if part.get("Id") != name:
            rules.PART_UNNAMED.refuse(name, part.get("Id") or "", name=name)
    for reference in content:
        _check_transforms(reference, PART_TRANSFORMS)
    return "P"


def _check_transforms(reference: Reference, allowed: tuple[tuple[str, ...], ...]) -> None:
    if reference.transforms not in allowed:
        expected = " | ".join("[" + ", ".join(one) + "]" for one in allowed)
        refuse_transforms(reference.uri, reference.transforms, expected)


def _check_all_transforms_named(info: SignedInfo) -> None:
    """The misspelt method is put in where none is named, so that no reference may leave it unnamed on purpose."""
    for reference in info.references:
        if not reference.transforms:
            refuse_transforms(reference.uri, (), f"[{EXC_C14N}]")


def check_text_length(whole: bytes) -> None:
    """Profile W needs the complete file parsed, and the parser keeps its limits."""
    longest = max(map(len, whole.split(b"<")))
    if longest > MAX_TEXT:
        rules.WHOLE_TOO_LARGE.refuse(PATH, longest, limit=MAX_TEXT)


def check_closed_world(root: etree._Element, profile: Profile) -> None:
    """Nothing stands in a signed file that is neither covered nor expected; every place is named."""
    faults = list(_strangers(root)) if profile == "P" else []
    if faults:
        raise Refused(*faults)


def _strangers(element: etree._Element) -> Iterator[Fault]:
    """Unknown children and text, in the elements that profile P leaves uncovered."""
    names = _STRUCTURE.get(str(element.tag))
    if names is None:
        return
    for text in (element.text, *(child.tail for child in element)):
        if text and text.strip(XML_SPACE):
            yield rules.UNCOVERED.at(local_name(element.tag), text.strip(), name=f"«{text.strip()[:40]}»")
    for child in element:
        if child.tag not in names:
            yield rules.UNCOVERED.at(local_name(child.tag), name=local_name(child.tag))
        else:
            yield from _strangers(child)


def manifest_faults(manifest: etree._Element) -> list[Fault]:
    """Every Reference says digest and size of its attachment, or the attachments are not covered at all."""
    faults = []
    for n, entry in enumerate(manifest.iterchildren(_E + "Reference"), 1):
        for name, form in (("sha256", _DIGEST), ("size", _SIZE)):
            value = entry.get(f"{{{LT}}}{name}", "")
            if not form.fullmatch(value):
                path = f"edXMLBody/edXMLManifest/Reference[{n}]"
                faults.append(rules.MANIFEST_BARE.at(path, value, n=n, what=f"lt:{name}"))
    return faults


def attachment_faults(manifest: etree._Element | None, attachments: tuple[etree._Element, ...]) -> list[Fault]:
    """An attachment's own name and description, which nothing covers, repeat what the signed manifest says."""
    entries = {} if manifest is None else {_content_id(entry): entry for entry in manifest}
    faults = []
    for n, attachment in enumerate(attachments, 1):
        content_id = _content_id(attachment)
        entry = entries.get(content_id)
        if entry is None:
            continue  # the bijection is checked against what was streamed, with every fault at once
        for name in ("AttachmentName", "Description"):
            said, signed = _text(attachment, name), _text(entry, name)
            if said != signed and (said or name == "AttachmentName"):
                path = f"AttachmentEncoded/Attachment[{n}]/{name}"
                faults.append(rules.ATTACHMENT_RENAMED.at(path, said, name=name, content_id=content_id, signed=signed))
    return faults


def _content_id(element: etree._Element) -> str:
    return bare_content_id(_text(element, "ContentId"))


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(_E + name) or "").strip(XML_SPACE)
