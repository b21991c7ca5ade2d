"""What an attachment is, by its bytes: honest files never draw a word, misnamed and damaged ones always do."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envelopes.contents import look_at
from envelopes.damage import LEAST, replacements
from envelopes.kinds import EXPECTED, WORDS, Kind, actual_media_type, kind_of
from envelopes.leniency import Notes
from envelopes.media import MEDIA_TYPES
from envelopes.model import AttachmentHead
from tests.envelopes.files import (
    COMPOUND,
    HONEST,
    JPEG,
    LETTER,
    NOISE,
    archive,
    as_java_leaves_it,
    office,
    open_document,
    pdf,
    plain_pdf,
    png,
    taken_for_text,
)

EVERY = [(extension, data) for extension, files in HONEST.items() for data in files]
BINARY = [(extension, data) for extension, data in EVERY if extension not in {"txt", "csv", "xml", "rtf"}]
LOST = "\ufffd".encode()


def looked_at(data: bytes, name: str, stated: str = "", *, opened: bytes | None = None, lenient: bool = True) -> Notes:
    notes = Notes(lenient=lenient)
    head = AttachmentHead(n=1, content_id="a1", name=name, content_type=stated)
    look_at(notes, head, io.BytesIO(data), None if opened is None else io.BytesIO(opened))
    return notes


def codes(notes: Notes) -> tuple[list[str], list[str]]:
    return [fault.code for fault in notes.faults], [fault.code for fault in notes.warnings]


def damage(data: bytes) -> int:
    return replacements(io.BytesIO(data))


def test_every_type_of_file_that_has_a_media_type_has_its_marks() -> None:
    assert EXPECTED.keys() == MEDIA_TYPES.keys() == HONEST.keys()
    assert WORDS.keys() == set(Kind)


@pytest.mark.parametrize(("extension", "data"), EVERY)
def test_honest_file_draws_no_word_even_from_the_strict(extension: str, data: bytes) -> None:
    for stated in ("", MEDIA_TYPES[extension], f"application/{extension}", "application/octet-stream", "unknown"):
        assert codes(looked_at(data, f"Văn bản.{extension.upper()}", stated, lenient=False)) == ([], [])
    assert actual_media_type(kind_of(io.BytesIO(data)), f"a.{extension}") == MEDIA_TYPES[extension]


WRONG = [
    ("125.pdf", JPEG, "ảnh JPEG", "image/jpeg"),
    ("125.pdf", b"", "tệp rỗng", "application/octet-stream"),
    ("125.pdf", b"<html>404 Not Found</html>", "văn bản thuần", "text/plain"),
    ("125.pdf", archive(("x.pdf", pdf()), method=zipfile.ZIP_STORED), "tệp nén zip", "application/zip"),
    ("125.pdf", b"MZ\x90\x00" + NOISE, "chương trình máy tính", "application/octet-stream"),
    ("125.pdf", b"\x7fELF" + NOISE, "chương trình máy tính", "application/octet-stream"),
    ("1896_QD-TTg.doc", archive(("a.edxml", b"<x/>")), "tệp nén zip", "application/zip"),
    ("a.doc", office("word"), "tệp Word (docx)", MEDIA_TYPES["docx"]),
    ("a.docx", office("xl"), "tệp Excel (xlsx)", MEDIA_TYPES["xlsx"]),
    ("a.docx", archive(("word/a.xml", b"x")), "tệp nén zip", "application/zip"),
    ("a.xlsx", office("ppt"), "tệp PowerPoint (pptx)", MEDIA_TYPES["pptx"]),
    ("a.xls", b"<table><tr><td>1</td></tr></table>", "văn bản thuần", "text/plain"),
    ("a.odt", open_document("spreadsheet"), "bảng tính OpenDocument (ods)", MEDIA_TYPES["ods"]),
    ("a.zip", pdf(), "tệp PDF", "application/pdf"),
    ("a.txt", pdf(), "tệp PDF", "application/pdf"),
    ("a.txt", b"abc\x00def", "dữ liệu không nhận ra loại", "application/octet-stream"),
    ("a.png", JPEG, "ảnh JPEG", "image/jpeg"),
    ("a.rar", archive(), "tệp nén zip", "application/zip"),
]


@pytest.mark.parametrize(("name", "data", "words", "media_type"), WRONG)
def test_misnamed_file_is_warned_of_or_refused_and_told_as_what_it_is(
    name: str, data: bytes, words: str, media_type: str
) -> None:
    lenient, strict = looked_at(data, name), looked_at(data, name, lenient=False)
    assert codes(lenient) == ([], ["attachment.mistyped"])
    assert lenient.warnings == strict.faults
    assert codes(strict) == (["attachment.mistyped"], [])
    [fault] = strict.faults
    assert words in fault.vi
    assert fault.path == "AttachmentEncoded/Attachment[1]/AttachmentName"
    assert actual_media_type(kind_of(io.BytesIO(data)), name) == media_type


@pytest.mark.parametrize("name", ["khóa.p7s", "noi-dung", "page.html", "a.exe", ".pdf"])
def test_nothing_is_expected_under_other_names(name: str) -> None:
    for data in (b"", LETTER, NOISE, pdf(), b"MZ\x90\x00" + NOISE):
        assert codes(looked_at(data, name, lenient=False)) == ([], [])


@pytest.mark.parametrize(
    ("data", "name", "stated", "opened", "told"),
    [
        (pdf(), "a.pdf", "application/zip", None, True),
        (pdf(), "a.pdf", "image/png", None, True),
        (JPEG, "a.bin", "application/pdf; name=a.bin", None, True),
        (archive(("x.pdf", pdf())), "a.pdf", "application/pdf", pdf(), False),
        (archive(("x.pdf", pdf())), "a.pdf", "application/zip", pdf(), False),
        (archive(("x.pdf", pdf())), "a.pdf", "image/png", pdf(), True),
        (office("word"), "a.docx", "application/zip", None, False),
        (archive(), "a.zip", "application/x-zip-compressed", None, False),
        (pdf(), "a.pdf", "Application/PDF; charset=binary", None, False),
        (pdf(), "a.pdf", "văn bản", None, False),
    ],
)
def test_content_type_may_be_that_of_the_zip_or_of_the_file_inside(
    data: bytes, name: str, stated: str, opened: bytes | None, told: bool
) -> None:
    expected = ["attachment.type_differs"] if told else []
    assert codes(looked_at(data, name, stated, opened=opened)) == ([], expected)
    assert codes(looked_at(data, name, stated, opened=opened, lenient=False)) == (expected, [])


@pytest.mark.parametrize("spoil", [taken_for_text, as_java_leaves_it])
@pytest.mark.parametrize(("extension", "data"), BINARY)
def test_binary_file_taken_for_text_is_refused_by_all(extension: str, data: bytes, spoil: object) -> None:
    assert callable(spoil)
    damaged = spoil(data)
    if damaged.count(LOST) < LEAST:  # next to nothing in it was beyond ASCII
        assert codes(looked_at(damaged, f"a.{extension}")) == ([], [])
        return
    for lenient in (True, False):
        notes = looked_at(damaged, f"a.{extension}", lenient=lenient)
        assert codes(notes) == (["attachment.damaged"], [])
        assert str(damaged.count(LOST)) in notes.faults[0].vi
        assert notes.faults[0].path == "AttachmentEncoded/Attachment[1]/ContentTransferEncoded"
    assert codes(looked_at(archive(("x", damaged)), f"a.{extension}", opened=damaged))[0] == ["attachment.damaged"]


@given(st.binary(min_size=300, max_size=2000))
def test_any_bytes_in_a_pdf_are_missed_once_they_are_replaced(content: bytes) -> None:
    whole = pdf(content)
    assert damage(whole) == 0
    damaged = taken_for_text(whole)
    if damaged.count(LOST) >= 100:
        assert damage(damaged) == damaged.count(LOST)


@given(st.lists(st.sampled_from([*"aăâđêôơư ế\x00\x01\n", "\ufffd" * 9]), max_size=300).map("".join))
def test_honest_pdf_or_zip_is_never_damaged_whatever_text_it_holds(text: str) -> None:
    data = text.encode()
    assert damage(plain_pdf(data)) == 0
    assert damage(archive(("a.txt", data), method=zipfile.ZIP_STORED)) == 0


def test_text_full_of_replaced_letters_is_a_text() -> None:
    """It was damaged before it became this file, and its sender sees it so."""
    text = LOST * 500
    for name in ("a.txt", "a.csv", "a.xml", "a.unknown"):
        assert codes(looked_at(text, name, lenient=False)) == ([], [])
    assert codes(looked_at(b"<table>" + text, "a.xls")) == ([], ["attachment.mistyped"])


def test_replacements_across_the_steps_of_reading_are_counted() -> None:
    for shift in range(3):
        data = b"\x00" + b"x" * shift + LOST * 400_000
        assert damage(data) == 400_000
        assert damage(data[:-1]) == 0, "cut in the middle of a letter, it is no UTF-8"


def test_sound_file_is_told_from_its_first_bytes_and_a_large_one_in_flat_memory() -> None:
    class Counted(io.BytesIO):
        read_bytes = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            self.read_bytes += len(data)
            return data

    sound = Counted(png() + bytes(50_000_000))
    assert replacements(sound) == 0
    assert sound.read_bytes < 1_000_000
    ascii_only = io.BytesIO(b"%PDF-1.4\n" + b"x" * 100_000_000)
    tracemalloc.start()
    started = time.process_time()
    assert replacements(ascii_only) == 0
    seconds, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 2
    assert peak < 8 * 2**20


def test_kind_needs_only_the_ends_of_a_large_file() -> None:
    big = archive(("a.txt", LETTER), *((f"f{n}", NOISE) for n in range(2000)), ("b.txt", LETTER))
    assert kind_of(io.BytesIO(big)) is Kind.ZIP
    document = archive(("[Content_Types].xml", b"<T/>"), *((f"m{n}", b"") for n in range(3000)), ("word/d.xml", b"x"))
    assert kind_of(io.BytesIO(document)) is Kind.DOCX
    assert kind_of(io.BytesIO(COMPOUND)) is Kind.COMPOUND
