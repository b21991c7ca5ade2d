"""Making an edXML file with attachments of any size in flat memory: the head first, then base64 in a stream."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from envelopes.layout import Layout, TextWriter
from envelopes.media import media_type
from envelopes.model import AttachmentHead, ManifestEntry
from envelopes.writing import write_skeleton
from exchange.client_disk import aside

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from envelopes.model import Document
    from signing.sign import Signer

CHUNK = 256 * 1024
"""Bytes read, encoded and written at once."""


class FileChanged(OSError):  # noqa: N818 - says what happened
    """A file was written to while it was read; nothing was made of it."""

    def __init__(self, path: Path) -> None:
        super().__init__(None, "changed while it was read", str(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attached:
    path: Path
    sha256: str
    size: int


def write_envelope(
    document: Document,
    attachments: Sequence[Path],
    path: Path,
    *,
    signer: Signer | None = None,
    xades: bool = False,
) -> None:
    """Write `document` with the files in `attachments` to `path`, signed (profile P) if a signer is given.

    `xades`: signed as XAdES-B.

    Manifest and attachment heads are made from the files, which are read twice: once for their digests, which the
    manifest states, and once for their content. `path` holds the whole file, flushed to disk, or what it held before.
    Raises `OSError`, `Refused` (the exchange would refuse it), ValueError (edXML cannot hold it, a token fails).
    """
    files = [_measured(file) for file in attachments]
    skeleton = write_skeleton(_with_attachments(document, files))
    data = skeleton.data if signer is None else signer.sign_parts(skeleton.data, xades=xades)
    grown = len(data) - len(skeleton.data)  # all of it before the attachments: the header grew
    with aside(path) as out:
        done = 0
        for place, attached in zip(skeleton.cuts, files, strict=True):
            out.write(data[done : place + grown])
            _write_text(out, attached)
            done = place + grown
        out.write(data[done:])


def _measured(path: Path) -> _Attached:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return _Attached(path=path, sha256=digest.hexdigest(), size=file.tell())


def _with_attachments(document: Document, files: Sequence[_Attached]) -> Document:
    return replace(
        document,
        manifest=tuple(
            ManifestEntry(
                content_id=f"a{n}",
                name=file.path.name,
                content_type=media_type(file.path.name),
                sha256=file.sha256,
                size=file.size,
            )
            for n, file in enumerate(files, 1)
        ),
        attachments=tuple(
            AttachmentHead(n=n, content_id=f"a{n}", name=file.path.name, content_type=media_type(file.path.name))
            for n, file in enumerate(files, 1)
        ),
    )


def _write_text(out: BinaryIO, attached: _Attached) -> None:
    writer, digest = TextWriter(Layout()), hashlib.sha256()
    with attached.path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            out.write(writer.feed(chunk))
    out.write(writer.close())
    if digest.hexdigest() != attached.sha256:
        raise FileChanged(attached.path)
