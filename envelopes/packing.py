"""The one-entry zip in which older clients send a file, and the file inside (edXML section 9, rule 2).

Only `<uuid>.<ext>` alone in a zip, under an attachment name of the same extension, is unwrapped: Word and Excel files
and real archives are zips too, and stay what they are.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from envelopes.faults import FaultClass, Rule
from envelopes.media import extension

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"PK\x03\x04"

STEP_BYTES = 256 * 1024
"""Inflated at a time."""

MAX_RATIO = 100
"""Inflated to compressed size; real documents stay far below it (TM-31)."""

FREE_BYTES = 1024 * 1024
"""Inflated bytes up to which the ratio says nothing: an empty form can shrink to nearly nothing."""

END = struct.Struct("<4s4H2LH")
"""End of central directory: signature, two disks, entries here and in all, directory's size and place, comment."""

END_MAGIC = b"PK\x05\x06"

ENCRYPTED, DEFLATED, STORED = 0x1, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED

BOMB = Rule(
    "attachment.bomb",
    FaultClass.TOO_LONG,
    "Tệp nén «{name}» bung ra quá lớn (hơn {limit} byte hoặc hơn {ratio} lần). Hãy gửi tệp gốc, không nén.",
    "The zipped file «{name}» unpacks to too much (over {limit} bytes, or over {ratio} times its size). "
    "Send the file itself, not zipped.",
    "SECURITY TM-31",
)
LOCKED = Rule(
    "attachment.encrypted",
    FaultClass.BAD_VALUE,
    "Tệp nén «{name}» có mật khẩu nên không mở được. Hãy gửi tệp không đặt mật khẩu.",
    "The zipped file «{name}» is encrypted and cannot be opened. Send it without a password.",
    "SECURITY TM-31",
)


def unwrap(source: BinaryIO, name: str, *, limit: int) -> Iterator[bytes] | None:
    """The file inside, a piece at a time; None when `source` (attachment `name`) is not such a wrapping.

    Going through the pieces raises `Refused` when there is more than `limit` bytes, or suspiciously much, in it.
    """
    entry = _only_entry(source)
    if entry is None or not _is_wrapping(entry, name):
        return None
    if entry.flag_bits & ENCRYPTED:
        LOCKED.refuse(value=name, name=name)
    if entry.compress_type not in {DEFLATED, STORED} or not _is_whole(source, name, limit):
        return None
    return _inflated(source, name, limit)


def _only_entry(source: BinaryIO) -> zipfile.ZipInfo | None:
    source.seek(0)
    if source.read(len(MAGIC)) != MAGIC or not _claims_one_entry(source):
        return None
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return None
    entry = entries[0] if len(entries) == 1 else None
    return entry if entry is not None and entry.header_offset == 0 else None


def _claims_one_entry(source: BinaryIO) -> bool:
    """Looked at first, because a directory of a million entries would be read into memory whole."""
    size = source.seek(0, os.SEEK_END)
    if size < END.size:
        return False
    source.seek(size - END.size)  # ours carry no comment
    magic, disk, first_disk, here, entries, *_ = END.unpack(source.read(END.size))
    return bool(magic == END_MAGIC and disk == first_disk == 0 and here == entries == 1)


def _is_wrapping(entry: zipfile.ZipInfo, name: str) -> bool:
    """The entry is called `<uuid>.<ext>` with the extension of the attachment's name."""
    stem, _, _ = entry.filename.rpartition(".")
    try:
        is_uuid = str(UUID(stem)) == stem.lower()
    except ValueError:
        return False
    return is_uuid and extension(entry.filename) == extension(name)


def _is_whole(source: BinaryIO, name: str, limit: int) -> bool:
    """False when the zip is damaged: then it is passed on as it came. Raises `Refused` for a bomb."""
    try:
        for _ in _inflated(source, name, limit):
            pass
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError):
        return False
    return True


def _inflated(source: BinaryIO, name: str, limit: int) -> Iterator[bytes]:
    allowed = min(limit, max(FREE_BYTES, MAX_RATIO * source.seek(0, os.SEEK_END)))  # not the sizes it declares
    with zipfile.ZipFile(source) as archive:
        size = 0
        with archive.open(archive.infolist()[0]) as inside:
            while data := inside.read(STEP_BYTES):
                size += len(data)
                if size > allowed:
                    BOMB.refuse(value=name, name=name, limit=limit, ratio=MAX_RATIO)
                yield data
