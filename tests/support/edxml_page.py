"""The sections of docs/edxml.md that the code itself makes: `python -m tests.support.edxml_page` puts them in."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from envelopes.model import Business
from envelopes.parts import local_name
from envelopes.writing import Order, write_document, write_status
from tests.vectors import signed
from tests.vectors.accepting import RECALL, REPLACE, UPDATE
from tests.vectors.cases import letter, report

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "edxml.md"
MARKED = re.compile(r"(<!-- made: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_XS = "{http://www.w3.org/2001/XMLSchema}"
_PATTERNS = {
    "Agency": "agency code: 1 to 35 of `0-9A-Za-z._-`",
    "AgencyOrNothing": "agency code, or empty",
    "ContentId": "`cid:` and an id",
    "Day": "`yyyy/MM/dd`",
    "DayOrNothing": "`yyyy/MM/dd`, or empty",
    "MomentOrNothing": "`yyyy/MM/dd HH:mm:ss` (+07:00), or empty",
    "Number": "whole number",
    "DocumentClass": "1 legal, 2 administrative",
    "Priority": "0 to 4",
    "Operation": "0 new, 1 recall, 2 update, 3 replace",
    "Steering": "0 to 3; a number or not there at all",
    "Flag": "0 or 1",
    "StatusCode": "01 to 06, 13, 15, 16",
    "xs:token": "text",
    "xs:unsignedShort": "0 to 65535",
    "xs:boolean": "true, false, 1, 0",
    "xs:base64Binary": "base64",
}


def sections() -> dict[str, str]:
    """Every made section by its name."""
    return {
        "order-b": _orders(Order.B),
        "order-a": _orders(Order.A),
        "fields": _Table().text(),
        "new": _xml(write_document(letter(), contents=[b"%PDF-1.7\n%%EOF\n"])),
        "recall": _xml(_cut(write_document(letter(business=RECALL)), "Bussiness")),
        "update": _xml(_cut(write_document(letter(business=UPDATE)), "Bussiness")),
        "replace": _xml(_cut(write_document(letter(business=REPLACE)), "Bussiness")),
        "new-business": _xml(_cut(write_document(letter(business=Business(reason="Văn bản mới"))), "Bussiness")),
        "status": _xml(write_status(report())),
        "signed-manifest": _xml(_cut(signed.PARTS, "edXMLManifest")),
        "signature": _xml(_signature()),
    }


def page(text: str) -> str:
    """The page's text with every made section as it must be."""
    made = sections()
    return MARKED.sub(lambda found: f"{found[1]}{made[found[2]]}\n{found[3]}", text)


def _orders(order: Order) -> str:
    document = letter(responses=(report().answers,), task_codes=("x",), application_type="x")
    header = etree.fromstring(write_document(document, order=order))[0][0][0]
    names = dict.fromkeys(local_name(child.tag) for child in header)
    return ", ".join(f"`{name}`" for name in names)


def _cut(data: bytes, name: str) -> bytes:
    """One prefixed element of a file."""
    end = f"</edXML:{name}>".encode()
    return data[data.index(f"<edXML:{name} ".encode()) : data.index(end) + len(end)]


def _signature() -> bytes:
    """The signature of profile P, its certificate and values cut short."""
    data = signed.PARTS
    start, end = data.index(b"<ds:Signature"), data.index(b"</ds:Signature>") + len(b"</ds:Signature>")
    text = data[start:end].replace(b"\n", b"").replace(b"><", b">\n<")
    return re.sub(rb">([A-Za-z0-9+/=]{16})[A-Za-z0-9+/=]{60,}<", r">\1…<".encode(), text)


def _xml(data: bytes) -> str:
    """Written XML in a block of its own, indented for reading."""
    return "\n".join(["```xml", *_indented(data.decode().strip().splitlines()), "```"])


def _indented(lines: list[str]) -> Iterator[str]:
    depth = 0
    for line in lines:
        if line.startswith("</"):
            depth -= 1
        yield " " * depth + line
        opened = line.startswith("<") and line[1] not in "/?" and not line.endswith("/>") and "</" not in line
        depth += opened


class _Table:
    """Every element of the schema with how often it stands there and what it holds, in the order of the file."""

    def __init__(self) -> None:
        self._tree = etree.fromstring((files("envelopes") / "schema" / "edxml.xsd").read_bytes())
        self._named = {one.get("name"): one for one in self._tree if one.tag in {_XS + "complexType", _XS + "group"}}
        self._shown: dict[str, str] = {}  # types whose inside stands in a row above, and where

    def text(self) -> str:
        head = ("| element | how often | holds |", "|---|---|---|")
        return "\n".join((*head, *self._rows(self._named_element("edXML"), 0)))

    def _named_element(self, name: str) -> etree._Element:
        (found,) = (one for one in self._tree if one.get("name") == name and one.tag == _XS + "element")
        return found

    def _rows(self, holder: etree._Element, depth: int) -> Iterator[str]:
        """The rows of what stands in a type, a group, a sequence or a choice."""
        for one in _shown_first(holder):
            if one.tag == _XS + "element":
                yield from self._row(one, depth)
            elif one.tag == _XS + "group":
                if one.get("ref") == "Status":
                    yield f"| {'· ' * depth}*or, in a status message, behind `From`:* | | |"
                yield from self._rows(self._named[one.get("ref")], depth)
            elif one.tag in {_XS + name for name in ("complexType", "sequence", "choice")}:
                yield from self._rows(one, depth)

    def _row(self, one: etree._Element, depth: int) -> Iterator[str]:
        name, kind = one.get("name") or str(one.get("ref")), one.get("type", "")
        least, most = one.get("minOccurs", "1"), one.get("maxOccurs", "1")
        often = least if least == most else f"{least} to {'any' if most == 'unbounded' else most}"
        inside, before = self._named.get(kind), self._shown.get(kind)
        above = "as above" if before == name else f"as `{before}`"
        holds = (
            above
            if before
            else "profile P or W; see below"
            if one.get("ref")
            else _words(kind, self._tree)
            if inside is None and kind
            else ""
        )
        yield f"| {'· ' * depth}`{name}` | {often} | {holds} |".replace("|  |", "| |")
        if inside is not None:
            self._shown[kind] = name
        if not before:
            yield from self._rows(one if inside is None else inside, depth + 1)


def _shown_first(holder: etree._Element) -> Iterator[etree._Element]:
    """The children of a choice between two orders: only the first, since the other holds the same."""
    children = list(holder)
    orders = holder.tag == _XS + "choice" and len({one.tag for one in children}) == 1
    return iter(children[:1] if orders else children)


def _words(kind: str, tree: etree._Element) -> str:
    """What a simple type allows, for people."""
    if kind in _PATTERNS:
        return _PATTERNS[kind]
    (found,) = (one for one in tree if one.get("name") == kind)
    most = next(one.get("value") for one in found.iter(f"{_XS}maxLength"))
    least = next((one.get("value") for one in found.iter(f"{_XS}minLength")), "0")
    return f"{least} to {most} characters"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
