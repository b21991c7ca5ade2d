"""The limits of SECURITY 1.4 on a parsed tree, for files that did not come through the splitter.

What is taken was counted by the splitter while it streamed, before a tree was made of it; this is the second line, so
that nothing which calls the parser alone is without limits. Each is asked by one XPath, at the speed of libxml2.
"""

from __future__ import annotations

from lxml import etree

from envelopes import split_rules as rules
from envelopes.limits import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_NAMESPACES


def check(root: etree._Element, data: bytes) -> None:
    """Refuse a tree that is too deep, too wide or declares too much; `data` is the file it was made from."""
    if data.count(b"<") > MAX_ELEMENTS and root.xpath(f"count(//*) > {MAX_ELEMENTS}"):
        rules.TOO_MANY_ELEMENTS.refuse(limit=MAX_ELEMENTS)
    for element in _found(root, "/*" * (MAX_DEPTH + 1)):
        rules.TOO_DEEP.refuse(limit=MAX_DEPTH, line=element.sourceline)
    if data.count(b"=") > MAX_ATTRIBUTES:
        for element in _found(root, f"//*[count(@*) > {MAX_ATTRIBUTES}]"):
            rules.TOO_MANY_ATTRIBUTES.refuse(limit=MAX_ATTRIBUTES, line=element.sourceline)
    if data.count(b"xmlns") > MAX_NAMESPACES and len(_declared(root)) > MAX_NAMESPACES:
        rules.TOO_MANY_NAMESPACES.refuse(limit=MAX_NAMESPACES)


def _found(root: etree._Element, path: str) -> list[etree._Element]:
    found = root.xpath(f"({path})[1]")
    return [one for one in found if isinstance(one, etree._Element)] if isinstance(found, list) else []


def _declared(root: etree._Element) -> set[tuple[str, str]]:
    return {declared for _, declared in etree.iterwalk(root, events=("start-ns",))}
