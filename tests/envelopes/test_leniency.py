"""The table of leniency is whole, says why, is what people read, and is what happens: every rule, both ways."""

from __future__ import annotations

import importlib
import io
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import envelopes
from envelopes.contents import look_at
from envelopes.examining import Examiner
from envelopes.faults import Refused, Rule
from envelopes.leniency import TREATMENTS, Notes, Treatment, as_markdown
from envelopes.limits import MAX_FAULTS
from envelopes.model import Document
from envelopes.packing import unwrap
from envelopes.part_rules import DECORATION
from envelopes.reading_rules import DATE_ODD, FIELD_MISSING
from tests.envelopes.messages import TODAY
from tests.envelopes.sloppy import SLOPPY, SOUND, STATUS
from tests.envelopes.splits import Kept

if TYPE_CHECKING:
    from envelopes.examining import Examined

PAGE = Path(__file__).parents[2] / "docs" / "leniency.md"

SECOND_LINE = {"envelope.entity": "envelope.not_xml"}
"""Rules that stand behind another: what breaks them is told as the first."""


def judged(data: bytes, *, lenient: bool) -> Notes:
    """Everything that is wrong with a file under one policy, signatures apart."""
    kept = Kept()
    examiner = Examiner(kept, today=TODAY, lenient=lenient)
    examiner.feed(data)
    examined = examiner.close()
    notes = Notes(lenient=lenient)
    notes.faults += examined.faults
    notes.warnings += examined.warnings
    if examined.parts is not None and examined.parts.signature is not None:
        notes.note(DECORATION, "edXMLHeader/Signature")
    _look_into(examined, kept, notes)
    return notes


def _look_into(examined: Examined, kept: Kept, notes: Notes) -> None:
    if examined.split is None or not isinstance(examined.message, Document):
        return
    for head, content in zip(examined.message.attachments, examined.split.contents, strict=True):
        transferred = io.BytesIO(kept.payload_of(content))
        try:
            inside = unwrap(transferred, head.name, limit=10**9)
        except Refused as refused:
            notes.take(*refused.faults)
            continue
        look_at(notes, head, transferred, io.BytesIO(b"".join(inside)) if inside is not None else None)


def codes(notes: Notes) -> tuple[set[str], set[str]]:
    return {fault.code for fault in notes.faults}, {fault.code for fault in notes.warnings}


def declared() -> set[str]:
    """The codes of every rule that this folder declares."""
    modules = (importlib.import_module(f"envelopes.{one.name}") for one in pkgutil.iter_modules(envelopes.__path__))
    return {rule.code for module in modules for rule in vars(module).values() if isinstance(rule, Rule)}


def test_table_knows_every_rule_and_nothing_else() -> None:
    assert declared() == TREATMENTS.keys()


def test_every_leniency_has_its_reason_and_strict_is_never_the_softer() -> None:
    order = [Treatment.IGNORE, Treatment.WARN, Treatment.REFUSE]
    for code, row in TREATMENTS.items():
        assert bool(row.why) is (row.lenient is not Treatment.REFUSE), code
        assert order.index(row.strict) >= order.index(row.lenient), code


def test_each_rule_has_a_file_that_breaks_it() -> None:
    assert SLOPPY.keys() == TREATMENTS.keys()


@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
@pytest.mark.parametrize("code", SLOPPY)
def test_rule_is_taken_as_the_table_says(code: str, *, lenient: bool) -> None:
    row = TREATMENTS[code]
    faults, warnings = codes(judged(SLOPPY[code](), lenient=lenient))
    treatment = row.lenient if lenient else row.strict
    told = SECOND_LINE.get(code, code)
    assert (told in faults) is (treatment is Treatment.REFUSE)
    assert (told in warnings) is (treatment is Treatment.WARN)


@pytest.mark.parametrize("code", [code for code, row in TREATMENTS.items() if row.lenient is not Treatment.REFUSE])
def test_what_is_tolerated_is_all_that_is_wrong_with_its_file(code: str) -> None:
    lenient, strict = (codes(judged(SLOPPY[code](), lenient=lenient)) for lenient in (True, False))
    assert lenient[0] == set()
    assert strict[0] | strict[1] == {code}


@pytest.mark.parametrize("data", [SOUND, STATUS], ids=["document", "status"])
@pytest.mark.parametrize("lenient", [False, True])
def test_what_we_write_breaks_no_rule(data: bytes, *, lenient: bool) -> None:
    assert codes(judged(data, lenient=lenient)) == (set(), set())


def test_faults_beyond_the_limit_are_not_kept_and_unknown_rules_refuse() -> None:
    notes = Notes(lenient=True)
    for _ in range(MAX_FAULTS + 5):
        notes.note(FIELD_MISSING, "x", name="Subject")
        notes.note(DATE_ODD, "x", name="DueDate")
    assert (len(notes.faults), len(notes.warnings)) == (MAX_FAULTS, MAX_FAULTS)
    other = Notes(lenient=True)
    other.note(Rule("door.shut", FIELD_MISSING.cls, "Đóng.", "Shut."), "x")
    with pytest.raises(Refused, match=r"^door\.shut x$"):
        other.refuse()
    Notes(lenient=False).refuse()


def test_page_shows_the_table_as_it_is() -> None:
    assert as_markdown() in PAGE.read_text(encoding="utf-8")
