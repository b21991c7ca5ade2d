"""The wrapping variants of SECURITY 6 and more, made from the bytes of a genuinely signed file.

Each attack keeps a signature that verifies (where the shape allows it) and offers the victim other content. Bytes are
put together, not trees: moving nodes would rename prefixes and break the digests that the attack lives on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from envelopes.limits import DS, NS
from tests.signing.letters import Attachment
from tests.threats.forms import ANNEX, MAIN

Changes = tuple[tuple[str, str], ...]
"""Old and new text; the first occurrence of each is the one that matters."""


def _exchanged(old: Attachment, payload: bytes) -> Changes:
    """Another content, and the manifest says so."""
    new = Attachment(content_id=old.content_id, name=old.name, payload=payload)
    return ((old.entry(), new.entry()), (old.element(content=True), new.element(content=True)))


LIES: Mapping[str, Changes] = {
    "sender": (("<edXML:OrganId>H08.02<", "<edXML:OrganId>H08.31<"),),
    "sender's name": (("Sở Nội vụ", "UBND tỉnh"),),
    "recipient": (("<edXML:OrganId>H08.30<", "<edXML:OrganId>H08.31<"),),
    "reference": (("2026/11/20,125/SNV-VP", "2026/11/20,666/SNV-VP"),),
    "number": (("CodeNumber>125<", "CodeNumber>666<"),),
    "notation": (("SNV-VP</edXML:CodeNotation", "UBND</edXML:CodeNotation"),),
    "subject": (("báo cáo", "hủy bỏ"),),
    "operation": (("DocType>0<", "DocType>1<"),),
    "reason": (("Văn bản điện tử mới", "Thu hồi văn bản"),),
    "name of an attachment": (("Name>125.signed.pdf", "Name>125.forged.pdf"),) * 2,
    "first attachment": _exchanged(MAIN, b"%PDF-1.7 forged"),
    "second attachment": _exchanged(ANNEX, b"%PDF-1.7 forged too"),
}
"""What the attacker wants the victim to read: one lie for every element that matters."""

_SIGNATURE = re.compile(rb"<ds:Signature .*</ds:Signature>", re.DOTALL)
_END = b"</edXML:edXMLHeader>"
_PART = r"<edXML:(MessageHeader|Bussiness|edXMLManifest)\b"


@dataclass(frozen=True, slots=True)
class Attack:
    """One hostile file; `number` is that of SECURITY 6, the additional ones go on from there."""

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

    def part(self, name: str, *, forged: bool = False) -> bytes:
        """One covered part, as signed or as forged."""
        found = re.search(rf"<edXML:{name}.*?</edXML:{name}>".encode(), self.forged if forged else self.signed, re.S)
        assert found is not None
        return found[0]


def material_of(file: bytes, changes: Changes) -> Material:
    """What attacks on this file are made from, if they are to tell this lie."""
    signed = file[file.index(b"<edXML") :]
    found = _SIGNATURE.search(signed)
    assert found is not None
    original = signed.replace(found[0], b"")
    forged = re.sub(rb' Id="\w+"', b"", original)
    for old, new in changes:
        assert old.encode() in forged
        forged = forged.replace(old.encode(), new.encode(), 1)
    return Material(signed, original, found[0], forged)


def wrapped(file: bytes, changes: Changes) -> Iterator[Attack]:
    """Every variant of the generator for one genuinely signed file and one lie."""
    material = material_of(file, changes)
    for number, shape in SHAPES.items():
        yield Attack(number, shape(material))


def _wrapper(*inside: bytes) -> bytes:
    return b'<edXML xmlns="%s">' % NS.encode() + b"".join(inside) + b"</edXML>"


def _object(inside: bytes) -> bytes:
    return b"<ds:Object>" + inside + b"</ds:Object>"


def _with_identifiers(forged: bytes, attribute: str) -> bytes:
    return re.sub(_PART.encode(), rf'<edXML:\1 {attribute}="\1"'.encode(), forged)


def _in_trace(m: Material, forged: bytes) -> bytes:
    """The forged file with the original hidden in a trace, which nothing covers."""
    return forged.replace(b"</edXML:TraceHeader>", m.original + b"</edXML:TraceHeader>").replace(
        _END, m.signature + _END, 1
    )


def _identified_by(attribute: str) -> Callable[[Material], bytes]:
    """The forged parts carry the signed names in an attribute that some verifier takes for an id."""
    return lambda m: _in_trace(m, _with_identifiers(m.forged, attribute))


def _swapped(m: Material) -> bytes:
    """The signed file, its header's content moved aside and another header put where the victim looks first."""
    return m.signed.replace(b"<edXML:edXMLHeader>", b"<edXML:edXMLHeader>" + m.part("MessageHeader", forged=True))


def _inside_itself(name: str) -> Callable[[Material], bytes]:
    """The signed part moved into the forged one, in which unknown elements are passed over."""

    def shape(m: Material) -> bytes:
        end = f"</edXML:{name}>".encode()
        forged = m.part(name, forged=True).replace(end, b"<Extra>" + m.part(name) + b"</Extra>" + end)
        return m.signed.replace(m.part(name), forged)

    return shape


def _named_twice(attribute: str) -> Callable[[Material], bytes]:
    """As above, and the forged header carries the signed name too, in an attribute that may be taken for an id."""

    def shape(m: Material) -> bytes:
        name = "MessageHeader"
        return _inside_itself(name)(m).replace(
            b"<edXML:MessageHeader", f'<edXML:{name} {attribute}="{name}"'.encode(), 1
        )

    return shape


def _second_statement(*, first: bool) -> Callable[[Material], bytes]:
    """Two SignedInfo: one is verified, the other one's digests are believed (the class of CVE-2025-29775)."""

    def shape(m: Material) -> bytes:
        found = re.search(rb"<ds:SignedInfo>.*?</ds:SignedInfo>", m.signature, re.DOTALL)
        assert found is not None
        forged = re.sub(rb"(<ds:DigestValue>)[^<]{4}", rb"\1AAAA", found[0])
        both = forged + found[0] if first else found[0] + forged
        return m.forged_with(m.signature.replace(found[0], both))

    return shape


def _digest_in_comment(m: Material) -> bytes:
    """Two digests, one in a comment: which of them is read depends on the reader (CVE-2025-29774)."""
    split = re.sub(rb"<ds:DigestValue>([^<]+)<", rb"<ds:DigestValue><!--AAAA-->\1<", m.signature)
    return _with_identifiers(m.forged, "Id").replace(_END, split + _END)


def _declared_identifiers(m: Material) -> bytes:
    """A DTD makes `name` an attribute of type ID, so that the forged parts are found by it."""
    names = ("MessageHeader", "Bussiness", "edXMLManifest")
    declared = "".join(f"<!ATTLIST edXML:{name} name ID #IMPLIED>" for name in names)
    return f"<!DOCTYPE edXML [{declared}]>".encode() + _in_trace(m, _with_identifiers(m.forged, "name"))


def _rebound(m: Material) -> bytes:
    """The covered bytes stay, their prefix means another namespace; parts in the right one stand beside them."""
    header = m.part("MessageHeader", forged=True).replace(b"edXML:", b"")
    return m.signed.replace(b'xmlns:edXML="' + NS.encode(), b'xmlns:edXML="urn:evil', 1).replace(
        b"<edXML:edXMLHeader>", b"<edXML:edXMLHeader>" + header, 1
    )


def _under_another_prefix(m: Material) -> bytes:
    """The forged header under the default namespace, before the signed one under its prefix."""
    header = m.part("MessageHeader", forged=True).replace(b"edXML:", b"")
    return m.signed.replace(b"<edXML:edXMLHeader>", b"<edXML:edXMLHeader>" + header, 1)


def _second_attachments(m: Material) -> bytes:
    """The forged attachments before the genuine ones."""
    start, end = m.forged.index(b"<AttachmentEncoded>"), m.forged.index(b"</AttachmentEncoded>") + 20
    return m.signed.replace(b"<AttachmentEncoded>", m.forged[start:end] + b"<AttachmentEncoded>", 1)


def _signature_in_part(m: Material) -> bytes:
    """The signature inside the part it signs, where an enveloped transform takes it out again."""
    end = b"</edXML:MessageHeader>"
    return m.forged.replace(end, m.original + m.signature + end, 1)


def _unsigned_signature_first(m: Material) -> bytes:
    """A signature element without content where the genuine one is looked for, the genuine one behind it."""
    return m.forged_with(f'<ds:Signature xmlns:ds="{DS}"/>'.encode() + m.original + m.signature)


SHAPES: Mapping[int, Callable[[Material], bytes]] = {
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
    11: _identified_by("ID"),
    12: _identified_by("Id"),
    13: lambda m: m.signed.replace(m.signature, m.signature + m.signature),
    14: lambda m: m.signed.replace(m.signature, m.signature_with(_object(m.forged))),
    15: _second_statement(first=False),
    16: _second_statement(first=True),
    17: _digest_in_comment,
    18: _declared_identifiers,
    19: _rebound,
    20: _identified_by("xml:id"),
    21: _identified_by("id"),
    22: lambda m: _identified_by("w:Id")(m).replace(b"<edXML ", b'<edXML xmlns:w="urn:w" ', 1),
    23: _inside_itself("MessageHeader"),
    24: _inside_itself("Bussiness"),
    25: _inside_itself("edXMLManifest"),
    26: _second_attachments,
    27: _under_another_prefix,
    28: _signature_in_part,
    29: _unsigned_signature_first,
    30: _named_twice("ID"),
    31: _named_twice("Id"),
    32: _named_twice("id"),
    33: _named_twice("xml:id"),
    34: _named_twice("xmlns:w='urn:w' w:Id"),
    35: lambda m: _with_identifiers(m.forged_with(m.signature), "Id"),
}
"""1 to 14 are SECURITY 6; 35 is the plain lie: the genuine signature over other content."""
