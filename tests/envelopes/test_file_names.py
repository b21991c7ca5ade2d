"""Names of files: safe wherever they are handed out, saved or shown, and every Vietnamese letter kept."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envelopes.file_names import MOST_BYTES, MOST_LETTERS, safe_file_name

VIETNAMESE = (
    "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
    "AÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬBCDĐEÈÉẺẼẸÊỀẾỂỄỆGHIÌÍỈĨỊKLMNOÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢPQRSTUÙÚỦŨỤƯỪỨỬỮỰVXYỲÝỶỸỴ"
)
FORMS = st.sampled_from(("NFC", "NFD", "NFKC", "NFKD"))
vietnamese_words = st.text(VIETNAMESE + "0123456789", min_size=1, max_size=7)
vietnamese_names = st.builds(
    lambda words, suffix: " ".join(words) + suffix,
    st.lists(vietnamese_words, min_size=1, max_size=8),
    st.sampled_from((".pdf", ".signed.pdf", ".docx", ".PDF", "")),
).filter(lambda name: safe_file_name(name)[0] != "_")  # "con", "aux" and the like have a test of their own
any_text = st.text(st.characters(exclude_categories=()), max_size=400)


@given(vietnamese_names, FORMS)
def test_vietnamese_names_keep_every_letter_however_they_are_composed(name: str, form: str) -> None:
    assert safe_file_name(unicodedata.normalize(form, name)) == name  # type: ignore[arg-type]


@given(any_text)
def test_any_text_becomes_one_visible_name_in_one_folder(name: str) -> None:
    safe = safe_file_name(name)
    assert safe
    assert safe == safe.strip(". ")
    assert not set(safe) & set('<>:"/\\|?*')
    assert {unicodedata.category(letter) for letter in safe}.isdisjoint({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
    assert len(safe) <= MOST_LETTERS + 1
    assert len(safe.encode()) <= MOST_BYTES + 1
    assert unicodedata.is_normalized("NFC", safe)


@given(any_text)
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    assert safe_file_name(safe_file_name(name)) == safe_file_name(name)


@given(st.text(VIETNAMESE + " ._-", min_size=1, max_size=500), st.sampled_from((".pdf", ".signed.pdf", ".xlsx")))
def test_a_long_name_keeps_its_suffix_and_its_beginning(stem: str, suffix: str) -> None:
    safe = safe_file_name("Số " + stem + suffix)
    assert safe.endswith("." + suffix.rpartition(".")[2])
    assert safe.startswith("Số")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Công văn 125.signed.pdf", "Công văn 125.signed.pdf"),
        ("125/SNV-VP.pdf", "125_SNV-VP.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\Windows\\a.exe", "C__Windows_a.exe"),
        ("Công văn\u202efdp.exe", "Công văn_fdp.exe"),
        ("Công văn\u200b\u2066.pdf", "Công văn__.pdf"),
        ("Công văn.pdf" + " " * 90 + ".exe", "Công văn.pdf .exe"),
        ("a\u00a0b\u3000c.pdf", "a b c.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "a_b__Set-Cookie_ x.pdf"),
        ("a\x1b[2Jb.pdf", "a_[2Jb.pdf"),
        ("a.pdf:Zone.Identifier", "a.pdf_Zone.Identifier"),
        ("\ud800\ue000.pdf", "__.pdf"),
        (".bashrc", "bashrc"),
        ("a.pdf. .", "a.pdf"),
        ("", "attachment"),
        ("...", "attachment"),
        (" \u3000", "attachment"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("ế" * 300 + ".pdf", "ế" * 78 + ".pdf"),
        ("x" * 300, "x" * 200),
        ("x." + "ế" * 300, "x." + "ế" * 79),
    ],
)
def test_hostile_names_become_only_names(name: str, safe: str) -> None:
    assert safe_file_name(name) == safe


@pytest.mark.parametrize("device", ["con", "PRN", "aux", "nul", "COM1", "lpt9", "com¹", "CONIN$"])
@pytest.mark.parametrize("rest", ["", ".pdf", " .pdf", ".tar.gz", ". .", "/"])
def test_no_name_is_a_device_of_windows(device: str, rest: str) -> None:
    assert safe_file_name(device + rest).startswith("_" if rest != "/" else device)


@pytest.mark.parametrize("name", ["contract.pdf", "com.pdf", "Công.pdf", "nul-1.pdf", "auxiliary", "com10.txt"])
def test_names_that_only_begin_like_a_device_are_kept(name: str) -> None:
    assert safe_file_name(name) == name


def test_a_device_is_not_uncovered_by_shortening() -> None:
    assert safe_file_name("con" + " " * 300 + "x") == "con x"
    assert safe_file_name("con." + "x" * 300).startswith("_con.")
