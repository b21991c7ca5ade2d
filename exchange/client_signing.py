"""Signing an edXML file that some other program wrote, of any size: profile P, spliced into its bytes.

The attachments' text is copied as it stands; only the head changes. Where the manifest does not state digest and size
of an attachment yet, both are added from the content, because that is what the signature then covers.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO
from xml.parsers import expat

from envelopes.dom import parse
from envelopes.faults import FaultClass, Rule
from envelopes.limits import LT, NS
from envelopes.parts import find_parts
from envelopes.reading_manifest import bare_content_id
from envelopes.rebuilding import pieces
from envelopes.splitting import Splitter
from exchange.client_disk import aside
from exchange.client_files import CHUNK, FileChanged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from hashlib import _Hash

    from lxml import etree

    from envelopes.layout import Layout
    from envelopes.splitting import Content, Split
    from signing.sign import Signer

ENTRY_UNMATCHED = Rule(
    "attachment.missing",
    FaultClass.BAD_VALUE,
    "Danh mục tệp đính kèm nêu {content_id} nhưng tệp không có đúng một tệp đính kèm mang mã đó. "
    "Hãy xuất lại tệp từ phần mềm quản lý văn bản.",
    "The manifest names {content_id}, but there is not exactly one attachment of that id. "
    "Export the file again from the document system.",
    "edXML 1.3",
)

_CONTENT_ID = f"{{{NS}}}ContentId"
_REFERENCE = f"{{{NS}}}Reference"
_MANIFEST_PATH = tuple(f"{NS} {name}" for name in ("edXML", "edXMLEnvelope", "edXMLBody", "edXMLManifest"))


def sign_file(source: Path, target: Path, signer: Signer, *, xades: bool = False) -> None:
    """Write the file in `source`, signed, to `target`, which may be the same path; `xades`: as XAdES-B.

    Raises `OSError`, `Refused` (it is no edXML file, is signed already, or names attachments that it does not hold),
    `KeyUnusable` (the token that holds the key fails).
    """
    with source.open("rb") as file:
        split = _split(file)
        skeleton = signer.sign_parts(_stated(split), xades=xades)
        with aside(target) as out:
            _write(out, file, skeleton, split, source)


@asynccontextmanager
async def signed_copy(source: object, signer: Signer, *, xades: bool) -> AsyncIterator[Path]:
    """A signed copy of a file (a path, or its bytes) in a temporary folder, gone afterwards. Raises as `sign_file`."""
    with TemporaryDirectory(prefix="lienthong-") as name:
        plain, signed = Path(name) / "plain.edxml", Path(name) / "signed.edxml"
        if isinstance(source, bytes):
            await asyncio.to_thread(plain.write_bytes, source)
        elif isinstance(source, str | Path):
            plain = Path(source)
        else:
            raise ValueError("a stream cannot be signed: give the file, or its bytes")
        await asyncio.to_thread(sign_file, plain, signed, signer, xades=xades)
        yield signed


class _Nowhere:
    """A sink for attachments of which only digest and size of the payload are wanted; their text is copied anyway."""

    def payload(self, n: int, data: bytes) -> None:
        """Drop it."""

    def irregular(self, n: int, layout: Layout, text_size: int) -> _Hash:
        """Drop it; the text's digest, which this begins wrongly, is not looked at."""
        return hashlib.sha256()

    def text(self, n: int, data: bytes) -> None:
        """Drop it."""


def _split(file: BinaryIO) -> Split:
    splitter = Splitter(_Nowhere())
    while chunk := file.read(CHUNK):
        splitter.feed(chunk)
    return splitter.close()


def _stated(split: Split) -> bytes:
    """The skeleton with digest and size on every line of its manifest."""
    parts = find_parts(parse(split.skeleton))
    if parts.manifest is None:
        return split.skeleton
    contents: dict[str, list[Content]] = {}
    for content, attached in zip(split.contents, parts.attachments, strict=True):
        contents.setdefault(_content_id(attached), []).append(content)
    lines = parts.manifest.findall(_REFERENCE)
    prefix, declared = _prefix([parts.manifest, *lines])
    stated = [_attributes(n, line, contents, prefix) for n, line in enumerate(lines, 1)]
    declaration = b"" if declared else f' xmlns:{prefix}="{LT}"'.encode()
    return _spliced(split.skeleton, [declaration, *stated]) if any(stated) else split.skeleton


def _prefix(elements: list[etree._Element]) -> tuple[str, bool]:
    """A prefix for our attributes that means nothing else on any of the elements, and whether it is declared."""
    for prefix, namespace in elements[0].nsmap.items():
        if prefix and namespace == LT and all(one.nsmap.get(prefix) == LT for one in elements):
            return prefix, True
    taken = {prefix for one in elements for prefix in one.nsmap}
    return next(name for name in ("lt", *(f"lt{n}" for n in range(len(taken) + 1))) if name not in taken), False


def _attributes(n: int, line: etree._Element, contents: dict[str, list[Content]], prefix: str) -> bytes:
    """The attributes that a line of the manifest lacks. What it states already is the gate's to judge."""
    if line.get(f"{{{LT}}}sha256") is not None or line.get(f"{{{LT}}}size") is not None:
        return b""
    found = contents.get(_content_id(line), [])
    if len(found) != 1:
        path = f"edXMLBody/edXMLManifest/Reference[{n}]"
        ENTRY_UNMATCHED.refuse(path, _content_id(line), content_id=_content_id(line))
    return f' {prefix}:sha256="{found[0].sha256.hex()}" {prefix}:size="{found[0].size}"'.encode()


def _content_id(element: etree._Element) -> str:
    return bare_content_id((element.findtext(_CONTENT_ID) or "").strip())


def _spliced(skeleton: bytes, attributes: list[bytes]) -> bytes:
    """Each text put in behind a tag's name: the manifest's, then those of its lines."""
    made, done = [], 0
    for end, text in zip(_name_ends(skeleton), attributes, strict=True):
        made += [skeleton[done:end], text]
        done = end
    return b"".join([*made, skeleton[done:]])


def _name_ends(skeleton: bytes) -> list[int]:
    """The byte behind the name of the manifest's tag and of each of its lines' tags."""
    parser = expat.ParserCreate("utf-8", " ")
    path: list[str] = []
    found: list[int] = []

    def start(name: str, _: object) -> None:
        path.append(name)
        if tuple(path) in (_MANIFEST_PATH, (*_MANIFEST_PATH, f"{NS} Reference")):
            at = parser.CurrentByteIndex
            while skeleton[at : at + 1] not in b" \t\r\n/>":
                at += 1
            found.append(at)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    parser.Parse(skeleton, True)
    return found


def _write(out: BinaryIO, file: BinaryIO, skeleton: bytes, split: Split, source: Path) -> None:
    """The signed head, and between its pieces each attachment's text from where it stands in `file`."""
    starts, before = {}, 0
    for content in split.contents:
        starts[content.n] = content.cut + before
        before += content.text_size
    sizes = {content.n: content.text_size for content in split.contents}
    for piece in pieces(skeleton, _places(skeleton)):
        if isinstance(piece, bytes):
            out.write(piece)
        else:
            file.seek(starts[piece.n])
            _copy(file, out, sizes[piece.n], source)


def _places(skeleton: bytes) -> Sequence[Content]:
    splitter = Splitter(_Nowhere())
    splitter.feed(skeleton)
    return splitter.close().contents


def _copy(file: BinaryIO, out: BinaryIO, left: int, source: Path) -> None:
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            raise FileChanged(source)
        left -= len(chunk)
        out.write(chunk)
