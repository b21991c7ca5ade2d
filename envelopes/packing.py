"""The one-entry zip in which older clients send a file, and the file inside (edXML section 9, rule 2).

Only `<uuid>.<ext>` alone in a zip, under an attachment name of the same extension, is unwrapped: Word and Excel files
and real archives are zips too, and stay what they are. So does a zip that programs could read in two ways: one with a
second entry hidden between the first and the directory, sizes that differ from what is there, a comment, ZIP64.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from uuid import UUID

from envelopes.faults import FaultClass, Rule
from envelopes.media import extension

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP_BYTES = 256 * 1024
"""Inflated at a time."""

MAX_RATIO = 100
"""Inflated to compressed size; real documents stay far below it (TM-31)."""

FREE_BYTES = 1024 * 1024
"""Inflated bytes up to which the ratio says nothing: an empty form can shrink to nearly nothing."""

MAX_DIRECTORY_BYTES = 64 * 1024
"""One entry's directory; it is read into memory."""

# The records of a zip (PKWARE APPNOTE 4.3.7, 4.3.12 and 4.3.16), each without its names and extra fields.

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")

STORED, DEFLATED = 0, 8
ENCRYPTED, SIZES_BEHIND = 0x1, 0x8
"""Flags: a password is needed; sizes and checksum stand behind the data, in a descriptor."""

DESCRIPTOR_SIZES = frozenset({12, 16, 20, 24})
"""With or without its mark, with short or long sizes (APPNOTE 4.3.9)."""

ELSEWHERE = 0xFFFFFFFF
"""Says that a size is in an extra field."""

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


class _Damaged(Exception):  # noqa: N818 - never leaves this module
    """The data are not what the directory says."""


class _Local(NamedTuple):
    magic: bytes
    version: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int
    name_length: int
    extra_length: int


class _Central(NamedTuple):
    magic: bytes
    made_by: int
    version: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int
    name_length: int
    extra_length: int
    comment_length: int
    disk: int
    internal: int
    external: int
    place: int


class _End(NamedTuple):
    magic: bytes
    disk: int
    first_disk: int
    here: int
    entries: int
    size: int
    place: int
    comment_length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """The only file of a zip: its data are the `packed` bytes from `start`."""

    name: str
    flags: int
    method: int
    start: int
    packed: int
    size: int
    crc: int


def unwrap(source: BinaryIO, name: str, *, limit: int) -> Iterator[bytes] | None:
    """The file inside, a piece at a time; None when `source` (attachment `name`) is not such a wrapping.

    Raises `Refused` when it is one, but encrypted, or with more than `limit` bytes, or suspiciously much, in it.
    """
    entry = _only_entry(source)
    if entry is None or not _is_wrapping(entry.name, name):
        return None
    if entry.flags & ENCRYPTED:
        LOCKED.refuse(value=name, name=name)
    if entry.method not in {DEFLATED, STORED} or not _is_whole(source, entry, name, limit):
        return None
    return _checked(source, entry, name, limit)


def _only_entry(source: BinaryIO) -> _Entry | None:
    """What directory and local header say in agreement; None when they say anything unusual."""
    size = source.seek(0, os.SEEK_END)
    if size < LOCAL.size + CENTRAL.size + END.size:
        return None
    end = _End(*END.unpack(_read(source, size - END.size, END.size)))
    if end[:5] != (b"PK\x05\x06", 0, 0, 1, 1) or not CENTRAL.size <= end.size <= MAX_DIRECTORY_BYTES:
        return None
    if end.place + end.size + END.size != size:
        return None
    directory = _read(source, end.place, end.size)
    central = _Central(*CENTRAL.unpack_from(directory))
    lengths = central.name_length + central.extra_length + central.comment_length
    if central.magic != b"PK\x01\x02" or central.place != 0 or CENTRAL.size + lengths != end.size:
        return None
    return _entry(source, central, directory[CENTRAL.size :][: central.name_length], end.place)


def _entry(source: BinaryIO, central: _Central, name: bytes, data_end: int) -> _Entry | None:
    local = _Local(*LOCAL.unpack(_read(source, 0, LOCAL.size)))
    start = LOCAL.size + local.name_length + local.extra_length
    gap = data_end - start - central.packed
    has_descriptor = bool(central.flags & SIZES_BEHIND)
    if local.magic != b"PK\x03\x04" or _read(source, LOCAL.size, local.name_length) != name or not name.isascii():
        return None
    if (local.flags, local.method) != (central.flags, central.method):
        return None
    if not has_descriptor and not _agree(local, central):
        return None
    if gap not in (DESCRIPTOR_SIZES if has_descriptor else {0}):
        return None
    return _Entry(
        name=name.decode("ascii"),
        flags=central.flags,
        method=central.method,
        start=start,
        packed=central.packed,
        size=central.size,
        crc=central.crc,
    )


def _agree(local: _Local, central: _Central) -> bool:
    sizes = zip((local.packed, local.size), (central.packed, central.size), strict=True)
    return local.crc == central.crc and all(one in {other, ELSEWHERE} for one, other in sizes)


def _read(source: BinaryIO, place: int, size: int) -> bytes:
    source.seek(place)
    return source.read(size)


def _is_wrapping(inside: str, name: str) -> bool:
    """The entry is called `<uuid>.<ext>` with the extension of the attachment's name."""
    stem, _, _ = inside.rpartition(".")
    try:
        is_uuid = str(UUID(stem)) == stem.lower()
    except ValueError:
        return False
    return is_uuid and extension(inside) == extension(name)


def _is_whole(source: BinaryIO, entry: _Entry, name: str, limit: int) -> bool:
    """False when the zip is damaged: then it is passed on as it came. Raises `Refused` for a bomb."""
    try:
        for _ in _checked(source, entry, name, limit):
            pass
    except (_Damaged, zlib.error):
        return False
    return True


def _checked(source: BinaryIO, entry: _Entry, name: str, limit: int) -> Iterator[bytes]:
    """The inflated data, compared with what the directory says of them once they end."""
    allowed = min(limit, max(FREE_BYTES, MAX_RATIO * entry.packed))  # not the size it declares
    size = crc = 0
    for data in _stored(source, entry) if entry.method == STORED else _inflated(source, entry):
        size += len(data)
        if size > allowed:
            BOMB.refuse(value=name, name=name, limit=limit, ratio=MAX_RATIO)
        crc = zlib.crc32(data, crc)
        yield data
    if (size, crc) != (entry.size, entry.crc):
        raise _Damaged


def _stored(source: BinaryIO, entry: _Entry) -> Iterator[bytes]:
    source.seek(entry.start)
    left = entry.packed
    while left and (data := source.read(min(left, STEP_BYTES))):
        left -= len(data)
        yield data


def _inflated(source: BinaryIO, entry: _Entry) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for packed in _stored(source, entry):
        if inflater.eof:
            raise _Damaged  # something hides behind the data
        while data := inflater.decompress(packed, STEP_BYTES):
            yield data
            packed = inflater.unconsumed_tail
    if not inflater.eof or inflater.unused_data:
        raise _Damaged
