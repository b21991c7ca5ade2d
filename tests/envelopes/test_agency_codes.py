"""Codes of agencies: every form in circulation is known by its shape, and no look-alike passes for another (TM-53)."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envelopes.agency_codes import FORMS, difference, flaw_of, form_of, likeness, shown
from envelopes.limits import AGENCY_CODE
from envelopes.writing import write_document, write_status
from tests.envelopes.messages import faults_of, letter, read_file, report, swap


@pytest.mark.parametrize(("code", "key"), [(code, form.key) for form in FORMS for code in form.examples])
def test_example_of_each_form_is_of_that_form(code: str, key: str) -> None:
    form = form_of(code)
    assert form is not None
    assert form.key == key
    assert form.vi
    assert form.en
    assert form.source


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("H08", "new"),
        ("H37.DN.002", "new"),
        ("h08.02", "free"),
        ("002.00.20.H13", "old"),
        ("000.00.00.W00", "axis"),
        ("H08..02", "free"),
        ("H" * 35, "free"),
    ],
)
def test_form_is_told_by_the_whole_code(code: str, key: str) -> None:
    form = form_of(code)
    assert form is not None
    assert form.key == key


@pytest.mark.parametrize("code", ["", "H" * 36, "H08 02", "H08/02", "\u041d08", "H08\n", "\ufeffH08"])
def test_what_is_no_code_has_no_form_and_a_flaw(code: str) -> None:
    assert form_of(code) is None
    assert flaw_of(code) is not None


@given(st.text(max_size=40) | st.from_regex(r"[0-9A-Za-z._-]{1,40}", fullmatch=True))
def test_a_code_has_a_form_or_a_flaw_and_never_both(code: str) -> None:
    assert (form_of(code) is None) == (flaw_of(code) is not None) == (AGENCY_CODE.fullmatch(code) is None)


OLD = "000.00.01.H29"
"""The code that SECURITY's table misspells."""

SPELLINGS = {
    "Cyrillic": ("000.00.01.\u041d29", "U+041D"),
    "Greek": ("000.00.01.\u039729", "U+0397"),
    "full width": ("000.00.01.H\uff12\uff19", "U+FF12"),
    "no-break space": ("000.00.01.H29\u00a0", "U+00A0"),
    "zero width space": ("000.00.01.H\u200b29", "U+200B"),
    "combining mark": ("000.00.01.H\u030129", "U+0301"),
    "right to left": ("\u202e000.00.01.H29", "U+202E"),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_spelling_of_a_known_code_is_refused_with_the_character_that_makes_it_so(name: str) -> None:
    spelling, point = SPELLINGS[name]
    file = swap(write_document(letter()), "H08.30", spelling)
    (fault,) = faults_of(file)
    assert (fault.code, fault.path) == ("agency.malformed", "edXMLHeader/MessageHeader/To[1]/OrganId")
    assert point in fault.vi
    assert point in fault.en
    assert likeness(spelling) == likeness(OLD) or name == "combining mark"


@pytest.mark.parametrize("name", SPELLINGS)
def test_spelling_is_told_wherever_something_rests_on_it(name: str) -> None:
    spelling, point = SPELLINGS[name]
    for file in (
        swap(write_document(letter()), "H08.02", spelling),
        swap(write_status(report()), "H08.30", spelling),
        swap(write_status(report()), "H08.02", spelling),
    ):
        (fault,) = faults_of(file)
        assert (fault.code, point in fault.en) == ("agency.malformed", True)


def test_nothing_is_folded_on_the_way_to_the_model() -> None:
    file = swap(write_document(letter()), "H08.30", "h08.30")
    message = read_file(file).message
    assert [one.code for one in letter().recipients] != [one.code for one in message.recipients]  # type: ignore[union-attr]


def test_invisible_characters_are_told_by_number_and_name_only() -> None:
    assert shown("\u202e") == "U+202E RIGHT-TO-LEFT OVERRIDE"
    assert shown("\u041d") == "«\u041d» (U+041D CYRILLIC CAPITAL LETTER EN)"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("H08.02", "h08.02"),
        ("H08.02", "HO8.O2"),
        ("H37.SI.001", "H37.Sl.00I"),
        ("Sở Nội vụ", "Sở  Nội\u00a0vụ"),
        ("Sở Nội vụ", unicodedata.normalize("NFD", "SỞ NỘI VỤ")),
        ("Ủy ban nhân dân", "Ủy b\u0430n nhân dân"),
        ("Đồng Tháp", "\u00d0ồng Tháp"),
        ("Sở Y tế", "Sở\u200b Y tế"),
        ("Sở Y tế", "Sở \u03a5 tế"),
    ],
)
def test_look_alikes_are_alike(one: str, other: str) -> None:
    assert one != other
    assert likeness(one) == likeness(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("H08.02", "H08.03"), ("Sở Ngoại vụ", "Sở Nội vụ"), ("Tân Lập", "Tân Lấp"), ("Hòa Bình", "Hoa Bình")],
)
def test_marks_and_digits_tell_apart(one: str, other: str) -> None:
    assert likeness(one) != likeness(other)


@given(st.text(max_size=30))
def test_likeness_is_settled(text: str) -> None:
    assert likeness(likeness(text)) == likeness(text)


@pytest.mark.parametrize(("code", "said"), [("h08.02", "U+0068"), ("H08.O2", "U+004F"), ("H08", "3")])
def test_difference_names_the_first_character_that_differs(code: str, said: str) -> None:
    for text in difference(code, "H08.02"):
        assert said in text


def test_forms_are_written_without_folding_and_match_only_what_may_be_a_code() -> None:
    for form in FORMS:
        assert not re.search(r"\\d|\\w|\(\?i\)", form.pattern)
        assert all(AGENCY_CODE.fullmatch(code) for code in form.examples)
