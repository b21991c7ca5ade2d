"""The wrapping variants of SECURITY 6, made from the bytes of a genuinely signed file.

Each attack keeps a signature that verifies (where the shape allows it) and offers the victim other content. Bytes are
put together, not trees: moving nodes would rename prefixes and break the digests that the attack lives on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from envelopes.limits import NS

EVIL: dict[str, tuple[bytes, bytes]] = {
    "recipient": (b"<edXML:OrganId>H08.30<", b"<edXML:OrganId>H08.31<"),
    "sender": ("Sở Nội vụ".encode(), "UBND tỉnh".encode()),
    "reference": (b"2026/11/20,125/SNV-VP", b"2026/11/20,666/SNV-VP"),
    "subject": ("báo cáo".encode(), "hủy bỏ".encode()),
    "operation": (b"DocType>0<", b"DocType>1<"),
    "attachment": (b"125.signed.pdf", b"125.forged.pdf"),
}
"""What the attacker wants the victim to read: one change for every element that matters."""

_SIGNATURE = re.compile(rb"<ds:Signature .*</ds:Signature>", re.DOTALL)
_END = b"</edXML:edXMLHeader>"


@dataclass(frozen=True, slots=True)
class Attack:
    """One hostile file."""

    number: int
    file: bytes


@dataclass(frozen=True, slots=True)
class Material:
    """The genuine file's pieces, and the forged file without a signature and without Ids."""

    signed: bytes
    original: bytes
    signature: bytes
    forged: bytes

    def forged_with(self, inside: bytes) -> bytes:
        """The forged file with `inside` at the end of its header."""
        return self.forged.replace(_END, inside + _END)

    def signature_with(self, inside: bytes) -> bytes:
        """The genuine signature with `inside` as its last child."""
        return self.signature.replace(b"</ds:Signature>", inside + b"</ds:Signature>")


def wrapped(file: bytes, change: tuple[bytes, bytes]) -> Iterator[Attack]:
    """Every variant of the generator for one genuinely signed file and one change."""
    signed = file[file.index(b"<edXML") :]
    found = _SIGNATURE.search(signed)
    assert found is not None
    original = signed.replace(found[0], b"")
    assert change[0] in original
    forged = re.sub(rb' Id="\w+"', b"", original).replace(*change)
    material = Material(signed, original, found[0], forged)
    for number, shape in _SHAPES.items():
        yield Attack(number, shape(material))


def _wrapper(*inside: bytes) -> bytes:
    return b'<edXML xmlns="%s">' % NS.encode() + b"".join(inside) + b"</edXML>"


def _object(inside: bytes) -> bytes:
    return b"<ds:Object>" + inside + b"</ds:Object>"


def _with_identifiers(forged: bytes, attribute: bytes) -> bytes:
    return re.sub(rb"<edXML:(MessageHeader|Bussiness|edXMLManifest)\b", rb'<edXML:\1 %s="\1"' % attribute, forged)


def _in_trace(m: Material, forged: bytes) -> bytes:
    """The forged file with the original hidden in a trace, which nothing covers."""
    return forged.replace(b"</edXML:TraceHeader>", m.original + b"</edXML:TraceHeader>").replace(
        _END, m.signature + _END, 1
    )


def _swapped(m: Material) -> bytes:
    """The signed file, its header's content moved aside and another header put where the victim looks first."""
    header = re.search(rb"<edXML:MessageHeader.*?</edXML:MessageHeader>", m.forged, re.DOTALL)
    assert header is not None
    return m.signed.replace(b"<edXML:edXMLHeader>", b"<edXML:edXMLHeader>" + header[0])


_SHAPES: dict[int, Callable[[Material], bytes]] = {
    1: lambda m: m.forged_with(m.signature_with(m.original)),
    2: lambda m: m.forged_with(m.original + m.signature),
    3: lambda m: _wrapper(m.forged, m.signed),
    4: lambda m: m.forged_with(m.signed),
    5: lambda m: _wrapper(m.forged_with(m.signature), m.original),
    6: lambda m: _wrapper(m.forged_with(m.signature_with(m.original))),
    7: lambda m: _wrapper(b"<Extensions>" + m.forged + b"</Extensions>", m.signed),
    8: lambda m: m.forged_with(m.signature_with(_object(m.original))),
    9: _swapped,
    10: lambda m: m.signature_with(_object(m.forged) + _object(m.original)),
    11: lambda m: _in_trace(m, _with_identifiers(m.forged, b"ID")),
    12: lambda m: _in_trace(m, _with_identifiers(m.forged, b"Id")),
    13: lambda m: m.signed.replace(m.signature, m.signature + m.signature),
    14: lambda m: m.signed.replace(m.signature, m.signature_with(_object(m.forged))),
}
