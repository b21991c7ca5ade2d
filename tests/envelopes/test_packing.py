"""One file in a zip under the right names is unwrapped; everything else stays what it is, and no zip floods us."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envelopes.faults import Refused
from envelopes.media import extension, media_type
from envelopes.packing import CENTRAL, END, FREE_BYTES, MAX_RATIO, unwrap
from tests.envelopes.messages import refusal

STEM = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
ENTRY = f"{STEM}.pdf"
NAME = "125.signed.pdf"
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 20
LIMIT = 64 * 1024 * 1024


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.comment = comment
        for name, data in entries:
            archive.writestr(name, data)
    return made.getvalue()


def streamed(name: str, data: bytes) -> bytes:
    """As a program writes it that cannot go back: sizes in a descriptor behind the data."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    made = Pipe()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as inside:
        inside.write(data)
    return made.getvalue()


WRAPPED = zipped((ENTRY, PDF))


def opened(data: bytes, name: str = NAME, *, limit: int = LIMIT) -> bytes | None:
    inside = unwrap(io.BytesIO(data), name, limit=limit)
    return None if inside is None else b"".join(inside)


def directory(data: bytes) -> int:
    """Where the central directory begins."""
    return int(END.unpack(data[-END.size :])[6])


def patched(data: bytes, place: int, form: str, value: int) -> bytes:
    return data[:place] + struct.pack(form, value) + data[place + struct.calcsize(form) :]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
@pytest.mark.parametrize("content", [PDF, b"", b"x"])
def test_wrapped_file_is_unwrapped(method: int, content: bytes) -> None:
    assert opened(zipped((ENTRY, content), method=method)) == content


def test_streamed_zip_is_unwrapped() -> None:
    data = streamed(ENTRY, PDF)
    assert struct.unpack_from("<H", data, 6)[0] & 0x8
    assert opened(data) == PDF


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (f"{STEM.upper()}.pdf", NAME),
        (f"{STEM}.PDF", NAME),
        (ENTRY, "125.PDF"),
        (ENTRY, "Quyết định số 125.pdf"),
    ],
)
def test_letter_case_does_not_matter(entry: str, name: str) -> None:
    assert opened(zipped((entry, PDF)), name) == PDF


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (ENTRY, "125.docx"),
        (ENTRY, "125"),
        (ENTRY, ".pdf"),
        (ENTRY, "125.zip"),
        (STEM, "125"),
        ("125.pdf", NAME),
        (f"{STEM.replace('-', '')}.pdf", NAME),
        (f"{{{STEM}}}.pdf", NAME),
        (f"urn:uuid:{STEM}.pdf", NAME),
        (f"{STEM}.1.pdf", NAME),
        (f"văn bản/{ENTRY}", NAME),
        (f"../{ENTRY}", NAME),
        (f"{STEM}.đpf", "125.đpf"),
    ],
)
def test_other_names_are_kept(entry: str, name: str) -> None:
    assert opened(zipped((entry, PDF)), name) is None


@pytest.mark.parametrize("name", ["125.docx", "125.xlsx", NAME, "125.zip"])
def test_office_files_and_real_archives_are_kept(name: str) -> None:
    office = zipped(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w/>"), ("xl/workbook.xml", b"<x/>"))
    assert opened(office, name) is None
    assert opened(zipped(("[Content_Types].xml", b"<Types/>")), name) is None


def test_two_entries_are_kept() -> None:
    assert opened(zipped((ENTRY, PDF), (f"{STEM[:-1]}2.pdf", PDF))) is None


def test_second_entry_that_the_directory_hides_is_noticed() -> None:
    two = zipped((ENTRY, PDF), (f"{STEM[:-1]}2.pdf", PDF))
    at = directory(two)
    first = CENTRAL.size + len(ENTRY)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, first, at, 0)
    hidden = two[: at + first] + end
    with zipfile.ZipFile(io.BytesIO(hidden)) as archive:
        assert archive.namelist() == [ENTRY]
    assert opened(hidden) is None


def test_only_the_outer_zip_is_unwrapped() -> None:
    inner = zipped((f"{STEM}.zip", zipped((ENTRY, PDF))))
    assert opened(zipped((f"{STEM}.zip", inner)), "a.zip") == inner


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", PDF, b"PK\x03\x04" + b"\0" * 200, WRAPPED[:30], b"\0" * 98])
def test_what_is_no_zip_is_kept(data: bytes) -> None:
    assert opened(data) is None


@pytest.mark.parametrize("data", [b"junk" + WRAPPED, WRAPPED + b"\0", zipped((ENTRY, PDF), comment=b"x")])
def test_anything_around_the_zip_keeps_it(data: bytes) -> None:
    assert opened(data) is None


def test_truncated_zip_is_kept() -> None:
    assert [size for size in range(len(WRAPPED)) if opened(WRAPPED[:size]) is not None] == []


def test_damaged_data_are_kept() -> None:
    for data in (WRAPPED, zipped((ENTRY, PDF), method=zipfile.ZIP_STORED)):
        start = 30 + len(ENTRY)
        for place in range(start, directory(data), 7):
            assert opened(data[:place] + bytes((data[place] ^ 0xFF,)) + data[place + 1 :]) in (None, PDF)
        assert opened(data[: start + 9] + b"\xff" + data[start + 10 :]) is None


@pytest.mark.parametrize("offset", [16, 20, 24], ids=["checksum", "packed size", "size"])
@pytest.mark.parametrize("change", [1, 1000, -1])
def test_directory_that_lies_is_not_believed(offset: int, change: int) -> None:
    place = directory(WRAPPED) + offset
    value = struct.unpack_from("<L", WRAPPED, place)[0]
    assert opened(patched(WRAPPED, place, "<L", (value + change) % 2**32)) is None


@pytest.mark.parametrize("offset", [6, 8, 14, 18, 22, 26, 28, 30])
def test_local_header_that_disagrees_is_not_believed(offset: int) -> None:
    value = struct.unpack_from("<H", WRAPPED, offset)[0]
    assert opened(patched(WRAPPED, offset, "<H", value ^ 0x10)) is None


def test_size_that_hides_the_end_of_the_data_is_not_believed() -> None:
    at = directory(WRAPPED)
    data = patched(WRAPPED, at + 24, "<L", 100)
    data = patched(data, at + 16, "<L", zlib.crc32(PDF[:100]))
    data = patched(data, 22, "<L", 100)
    data = patched(data, 14, "<L", zlib.crc32(PDF[:100]))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read(ENTRY) == PDF[:100]  # others are taken in
    assert opened(data) is None


def test_entry_that_reaches_into_the_directory_is_kept() -> None:
    stored = zipped((ENTRY, PDF), method=zipfile.ZIP_STORED)
    at = directory(stored)
    for place in (18, 22, at + 20, at + 24):
        stored = patched(stored, place, "<L", len(PDF) + 20)
    assert opened(stored) is None


def test_zip64_directory_is_kept() -> None:
    at = directory(WRAPPED)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(WRAPPED) - at - END.size, at)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(WRAPPED) - END.size, 1)
    assert opened(WRAPPED[: -END.size] + record + locator + WRAPPED[-END.size :]) is None


def test_zip64_sizes_of_a_small_file_are_understood() -> None:
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(ENTRY, "w", force_zip64=True) as inside,
    ):
        inside.write(PDF)
    assert opened(made.getvalue()) == PDF


def test_other_compression_is_kept() -> None:
    assert opened(zipped((ENTRY, PDF), method=zipfile.ZIP_LZMA)) is None


def test_encrypted_zip_is_refused_with_what_to_do() -> None:
    data = patched(patched(WRAPPED, 6, "<H", 1), directory(WRAPPED) + 8, "<H", 1)
    (fault,) = refusal(lambda: opened(data))
    assert fault.code == "attachment.encrypted"
    assert NAME in fault.vi
    assert "không đặt mật khẩu" in fault.vi
    assert "without a password" in fault.en


def test_encrypted_zip_of_other_names_is_kept() -> None:
    data = zipped(("a.pdf", PDF))
    assert opened(patched(patched(data, 6, "<H", 1), directory(data) + 8, "<H", 1)) is None


def test_bomb_is_refused_before_it_fills_memory_or_time() -> None:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = bytes(1_000_000)
    crc, parts = 0, []
    for _ in range(600):
        crc = zlib.crc32(block, crc)
        parts.append(squeezer.compress(block))
    packed = b"".join([*parts, squeezer.flush()])
    head = (0, 8, 0, 0, crc, len(packed), 600_000_000)
    local = struct.pack("<4sH", b"PK\x03\x04", 20) + struct.pack("<4H3L", *head) + struct.pack("<2H", len(ENTRY), 0)
    before = local + ENTRY.encode() + packed
    central = struct.pack("<4s2H4H3L", b"PK\x01\x02", 20, 20, *head)
    central += struct.pack("<5H2L", len(ENTRY), 0, 0, 0, 0, 0, 0) + ENTRY.encode()
    data = before + central + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(before), 0)
    assert 500_000 < len(data) < 650_000
    source = io.BytesIO(data)
    tracemalloc.start()
    started = time.process_time()
    (fault,) = refusal(lambda: list(unwrap(source, NAME, limit=10**9) or ()))
    seconds, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fault.code == "attachment.bomb"
    assert seconds < 1
    assert peak < 64 * 1024 * 1024


def test_limit_is_exact() -> None:
    assert opened(WRAPPED, limit=len(PDF)) == PDF
    (fault,) = refusal(lambda: opened(WRAPPED, limit=len(PDF) - 1))
    assert fault.code == "attachment.bomb"
    assert str(len(PDF) - 1) in fault.en


def test_ratio_counts_only_for_what_is_large() -> None:
    assert opened(zipped((ENTRY, bytes(FREE_BYTES)))) == bytes(FREE_BYTES)
    (fault,) = refusal(lambda: opened(zipped((ENTRY, bytes(FREE_BYTES + 1)))))
    assert fault.code == "attachment.bomb"
    assert f"{MAX_RATIO} times" in fault.en


@given(st.data())
def test_no_mutation_of_a_zip_does_harm(data: st.DataObject) -> None:
    changed = bytearray(WRAPPED)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(changed) - 1) | st.integers(directory(WRAPPED), len(changed) - 1))
        changed[place] = data.draw(st.integers(0, 255))
    try:
        assert opened(bytes(changed)) in (None, PDF)
    except Refused as refused:
        assert {fault.code for fault in refused.faults} <= {"attachment.encrypted", "attachment.bomb"}


@pytest.mark.parametrize(
    ("name", "found", "kind"),
    [
        ("125.signed.pdf", "pdf", "application/pdf"),
        ("125.PDF", "pdf", "application/pdf"),
        ("Tờ trình.docx", "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("125", "", "application/octet-stream"),
        (".pdf", "", "application/octet-stream"),
        ("125.", "", "application/octet-stream"),
        ("125.exe", "exe", "application/octet-stream"),
        ("page.html", "html", "application/octet-stream"),
        ("seal.svg", "svg", "application/octet-stream"),
    ],
)
def test_media_type_is_that_of_the_name(name: str, found: str, kind: str) -> None:
    assert extension(name) == found
    assert media_type(name) == kind
