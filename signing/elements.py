"""Reading the elements of a `ds:Signature` to the letter: no stranger, no stray text, no lax base64 (TM-37)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, NoReturn

from lxml import etree

from envelopes.limits import DS
from signing import gate_rules as rules

if TYPE_CHECKING:
    from collections.abc import Collection

PATH = "edXMLHeader/Signature"
XML_SPACE = " \t\r\n"

MAX_SHOWN = 200
"""Characters of foreign text inside a fault's sentence."""


def children_of(
    element: etree._Element, names: Collection[str], *, attributes: Collection[str] = (), namespace: str = DS
) -> list[etree._Element]:
    """The children, all of them of the namespace and with these names; no other attributes, no text between."""
    local = etree.QName(element).localname
    for child in element:
        if etree.QName(child).namespace != namespace or etree.QName(child).localname not in names:
            malformed(local, str(child.tag))
    if strange := set(element.attrib) - set(attributes):
        malformed(local, "attributes " + ", ".join(map(str, strange)))
    no_text(element)
    return list(element)


def text_of(element: etree._Element) -> str:
    """The text of an element that holds nothing else."""
    if len(element) or element.attrib:
        malformed(etree.QName(element).localname, "elements or attributes inside")
    return (element.text or "").strip(XML_SPACE)


def no_text(element: etree._Element) -> None:
    """Refuse text beside the children."""
    for text in (element.text, *(child.tail for child in element)):
        if text and text.strip(XML_SPACE):
            malformed(etree.QName(element).localname, "text")


def strict_base64(element: etree._Element) -> bytes:
    """The decoded text: nothing but the alphabet, complete padding, no stray bits; line breaks are allowed."""
    name = etree.QName(element).localname
    if len(element) or set(element.attrib) - {"Id"}:
        malformed(name, "elements or attributes inside")
    text = (element.text or "").translate(dict.fromkeys(map(ord, XML_SPACE)))
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        malformed(name, "base64")
    if not data or base64.b64encode(data).decode() != text:
        malformed(name, "base64")
    return data


def malformed(name: str, reason: str) -> NoReturn:
    """Refuse a signature for the shape of one of its elements."""
    rules.MALFORMED.refuse(f"{PATH}//{name}", name=name, reason=reason)
