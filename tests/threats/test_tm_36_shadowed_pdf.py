"""TM-36: a signed PDF that was altered by an incremental update, or prepared for it, is never called valid.

The forgeries follow the published classes: shadow attacks (hide, replace, hide-and-replace), incremental saving,
signature wrapping, universal forgery. They are made here, from files signed with the tests' own certificates.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.sign.fields import MDPPerm

from envelopes.pdf_outcomes import Changes, PdfOutcome, PdfState, Verdict
from signing.authority import Authority
from signing.pdf import check_pdf
from tests.support.pdfs import (
    ORGANIZATION,
    PERSON,
    anchors,
    file_of,
    names,
    pen,
    plain,
    signed,
    stream,
    updated,
    with_field,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

AUTHORITY = Authority.make("PDF root")
WRITER, SEAL = pen(AUTHORITY, PERSON), pen(AUTHORITY, ORGANIZATION)
TRUST = anchors(AUTHORITY)


def drawn(text: bytes, entries: bytes = b"") -> bytes:
    """The body of a stream object that draws `text`."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(text), entries, text)


TEXT_FIELD = (
    b"<< /FT /Tx /T (Amount) /V (100) /Type /Annot /Subtype /Widget /Rect [72 600 272 620] /P 3 0 R "
    b"/AP << /N 7 0 R >> >>",
    drawn(b"0 0 Td (100) Tj 1 0 0 rg", b"/Type /XObject /Subtype /Form /BBox [0 0 200 20]"),
)
FORM = (
    plain(objects=TEXT_FIELD)
    .replace(b"/Type /Catalog", b"/Type /Catalog /AcroForm << /Fields [6 0 R] >>")
    .replace(b"/Type /Page /Parent", b"/Type /Page /Annots [6 0 R] /Parent")
)
SHADOW = drawn(b"BT /F1 24 Tf 72 700 Td (BO NHIEM) Tj ET")
"""Hidden in the file before it is signed: an object nothing refers to."""


def rebuilt(content: bytes) -> bytes:
    """The file with its cross-reference table written anew, after objects were edited."""
    bodies = re.findall(rb"\d+ 0 obj\n(.*?)\nendobj", content, re.DOTALL)
    return file_of(bodies)


def judged(content: bytes) -> PdfOutcome:
    return check_pdf(io.BytesIO(content), TRUST)


PLAIN = signed(plain(), WRITER)
WITH_FORM = signed(rebuilt(FORM), WRITER)
WITH_SHADOW = signed(plain(objects=(SHADOW,)), WRITER)


def page(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    found = writer.root["/Pages"]["/Kids"][0]
    writer.update_container(found)
    return found


def replace_contents(writer: IncrementalPdfFileWriter) -> None:
    page(writer)[pdf_name("/Contents")] = writer.add_object(stream(b"BT /F1 24 Tf 72 700 Td (BO NHIEM) Tj ET"))


def show_shadow(writer: IncrementalPdfFileWriter) -> None:
    page(writer)[pdf_name("/Contents")] = generic.IndirectObject(6, 0, writer)


def override_contents(writer: IncrementalPdfFileWriter) -> None:
    writer.objects[(0, 4)] = stream(b"BT /F1 24 Tf 72 700 Td (BO NHIEM) Tj ET")


def override_font(writer: IncrementalPdfFileWriter) -> None:
    writer.objects[(0, 5)] = names(Type=pdf_name("/Font"), Subtype=pdf_name("/Type1"), BaseFont=pdf_name("/Symbol"))


def swap_catalog(writer: IncrementalPdfFileWriter) -> None:
    shown = writer.add_object(stream(b"BT /F1 24 Tf 72 700 Td (BO NHIEM) Tj ET"))
    other = generic.DictionaryObject(writer.root["/Pages"]["/Kids"][0])
    other[pdf_name("/Contents")] = shown
    kids = generic.ArrayObject([writer.add_object(other)])
    pages = names(Type=pdf_name("/Pages"), Kids=kids, Count=generic.NumberObject(1))
    writer.root[pdf_name("/Pages")] = writer.add_object(pages)
    writer.update_root()


def cover_with_note(writer: IncrementalPdfFileWriter) -> None:
    box = generic.ArrayObject([generic.NumberObject(n) for n in (60, 690, 400, 730)])
    note = names(
        Type=pdf_name("/Annot"),
        Subtype=pdf_name("/FreeText"),
        Rect=box,
        Contents=generic.TextStringObject("BO NHIEM"),
    )
    found = page(writer)
    noted = generic.ArrayObject([*found.get("/Annots", []), writer.add_object(note)])
    found[pdf_name("/Annots")] = noted


def repaint_field(writer: IncrementalPdfFileWriter) -> None:
    """The field's value stays, what is drawn for it becomes something that is no field's appearance any more."""
    writer.objects[(0, 7)] = stream(b"0 0 Td (900) Tj")
    replace_contents(writer)


def add_script(writer: IncrementalPdfFileWriter) -> None:
    action = names(S=pdf_name("/JavaScript"), JS=generic.TextStringObject("app.alert(1)"))
    writer.root[pdf_name("/OpenAction")] = writer.add_object(action)
    writer.update_root()


def appended(content: bytes) -> bytes:
    """Incremental saving without a table: objects behind the end, for readers that repair files."""
    return content + b"4 0 obj\n<< /Length 5 >>\nstream\n(bad)\nendstream\nendobj\n"


def appended_with_trailer(content: bytes) -> bytes:
    start = content.rindex(b"startxref")
    return appended(content) + b"trailer\n<< /Root 1 0 R >>\n" + content[start:]


def with_range(content: bytes, ranged: bytes) -> bytes:
    """The signature's range overwritten, as long as it was."""
    found = re.search(rb"/ByteRange \[[^\]]*\]\s*", content)
    assert found is not None
    return content[: found.start()] + (b"/ByteRange " + ranged).ljust(len(found.group())) + content[found.end() :]


def with_contents(content: bytes, write: Callable[[bytes], bytes]) -> bytes:
    """The signature value overwritten, as long as it was."""
    found = re.search(rb"/Contents <([0-9a-fA-F]{2000,})>", content)
    assert found is not None
    return content[: found.start(1)] + write(found.group(1)) + content[found.end(1) :]


def smuggled(hexadecimal: bytes) -> bytes:
    """The signature ends earlier; where its padding stood, which no digest covers, stands something else."""
    used = hexadecimal.rstrip(b"0")
    room = len(hexadecimal) - len(used) - 4
    return used + b"00>" + b"/X (BO NHIEM)".ljust(room) + b"<"


def wrapped(content: bytes) -> bytes:
    """Signature wrapping: the signed rest is moved behind, and the range points at it there."""
    found = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\s*\]", content)
    assert found is not None
    _, first, second, rest = map(int, found.groups())
    evil = content[second : second + rest].replace(b"%%EOF", b"%%EO ")
    moved = content[:second] + evil + content[second : second + rest]
    return with_range(moved, b"[0 %d %d %d]" % (first, second + rest, rest))


FORGED: dict[str, tuple[bytes, str]] = {
    "replace: other contents": (updated(PLAIN, replace_contents), "pdf.changed"),
    "replace: contents object overridden": (updated(PLAIN, override_contents), "pdf.changed"),
    "replace: font with other letters": (updated(PLAIN, override_font), "pdf.changed"),
    "hide and replace: shadow object shown": (updated(WITH_SHADOW, show_shadow), "pdf.changed"),
    "hide and replace: catalog with other pages": (updated(PLAIN, swap_catalog), "pdf.changed"),
    "hide: note over the text": (updated(PLAIN, cover_with_note), "pdf.changed"),
    "form: field repainted with the page": (updated(WITH_FORM, repaint_field), "pdf.changed"),
    "script at opening": (updated(PLAIN, add_script), "pdf.changed"),
    "incremental saving: objects behind the end": (appended(PLAIN), "pdf.changed"),
    "incremental saving: with a trailer": (appended_with_trailer(PLAIN), "pdf.changed"),
    "wrapping: signed rest moved": (wrapped(PLAIN), "pdf.coverage"),
    "range: three numbers": (with_range(PLAIN, b"[0 10 20]"), "pdf.malformed"),
    "range: nothing": (with_range(PLAIN, b"[]"), "pdf.malformed"),
    "range: one block only": (with_range(PLAIN, b"[0 100 100 0]"), "pdf.altered"),
    "range: null": (with_range(PLAIN, b"null"), "pdf.malformed"),
    "universal: no signature value": (with_contents(PLAIN, lambda had: b"00" * (len(had) // 2)), "pdf.malformed"),
    "universal: padding used": (with_contents(PLAIN, smuggled), "pdf.malformed"),
    "bytes: another text under the signature": (PLAIN.replace(b"QUYET DINH 125", b"QUYET DINH 126"), "pdf.altered"),
}


@pytest.mark.parametrize("name", FORGED)
def test_tm_36_altered_file_is_never_valid_and_says_why(name: str) -> None:
    content, code = FORGED[name]
    outcome = judged(content)
    assert outcome.state is PdfState.CHECKED
    [one] = outcome.signatures
    assert one.verdict in (Verdict.CHANGED, Verdict.INVALID)
    assert code in [reason.code for reason in one.reasons]


@pytest.mark.parametrize("content", [PLAIN, WITH_FORM, WITH_SHADOW], ids=["plain", "form", "shadow"])
def test_tm_36_file_as_it_was_signed_is_valid(content: bytes) -> None:
    [one] = judged(content).signatures
    assert (one.verdict, one.changes) == (Verdict.VALID, Changes.NONE)


def test_tm_36_second_signature_leaves_the_first_valid() -> None:
    first, second = judged(signed(PLAIN, SEAL, field="Signature2")).signatures
    assert (first.verdict, first.changes) == (Verdict.VALID, Changes.PERMITTED)
    assert (second.verdict, second.changes) == (Verdict.VALID, Changes.NONE)


def test_tm_36_change_between_two_signatures_spoils_the_first_alone() -> None:
    first, second = judged(signed(updated(PLAIN, replace_contents), SEAL, field="Signature2")).signatures
    assert (first.verdict, second.verdict) == (Verdict.CHANGED, Verdict.VALID)


def test_tm_36_filled_field_is_a_permitted_change() -> None:
    def fill(writer: IncrementalPdfFileWriter) -> None:
        field = writer.root["/AcroForm"]["/Fields"][0]
        field[pdf_name("/V")] = generic.TextStringObject("200")
        writer.update_container(field)

    [one] = judged(updated(WITH_FORM, fill)).signatures
    assert (one.verdict, one.changes) == (Verdict.VALID, Changes.PERMITTED)


def test_tm_36_certified_file_takes_no_further_signature() -> None:
    """Its author said that nothing may follow."""
    content = signed(with_field(plain(), "Signature2"), WRITER, certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    [alone] = judged(content).signatures
    assert alone.verdict is Verdict.VALID
    first = judged(updated(content, replace_contents)).signatures[0]
    assert first.verdict is Verdict.CHANGED


def test_tm_36_copied_signature_with_a_stranger_s_key_is_not_believed() -> None:
    """Anybody can sign anything: what counts is where the certificate leads."""
    stranger = pen(Authority.make("PDF root"), PERSON)  # of the same name as the trusted one
    [one] = judged(signed(plain(), stranger)).signatures
    assert (one.intact, one.verdict) == (True, Verdict.UNPROVEN)
    assert "certificate.untrusted" in [reason.code for reason in one.reasons]
