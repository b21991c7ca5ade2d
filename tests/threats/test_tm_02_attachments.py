"""TM-02: attachments are covered one by one, and no spelling of a content id makes one stand for another."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.signing.forging import with_ids
from tests.signing.letters import Attachment, document
from tests.signing.people import World
from tests.threats.attachment_tricks import HARMLESS, TRICKS
from tests.threats.forms import ANNEX, FORMS, LETTER, MAIN, signed_letter
from tests.threats.own_signatures import BY_PARTS, WHOLE, sign_by_hand
from tests.threats.taking import code_of, take

BOTH = {"first": MAIN, "second": ANNEX}

WHY: Mapping[str, str] = {
    "altered": "attachment.resized",
    "emptied": "attachment.resized",
    "swapped": "attachment.resized",
    "ids swapped": "signature.attachment_renamed",
    "dropped": "attachment.missing",
    "one more": "attachment.unlisted",
    "twice": "attachment.repeated",
    "twice, forged first": "attachment.repeated",
    "twice, bare id": "attachment.repeated",
    "twice, cid twice": "attachment.repeated",
    "twice, upper case": "attachment.unlisted",
    "twice, in percent": "attachment.unlisted",
    "renamed": "signature.attachment_renamed",
    "other type of file": "signature.attachment_renamed",
    "described": "signature.attachment_renamed",
    "typed": "signature.uncovered",
    "id in upper case": "attachment.missing",
    "scheme in upper case": "attachment.missing",
    "id in percent": "attachment.missing",
    "id with a space inside": "attachment.missing",
    "id in brackets": "attachment.missing",
    "id in full width": "attachment.missing",
    "id with a zero-width space": "attachment.missing",
    "id in Cyrillic": "attachment.missing",
    "no id": "field.missing",
    "two ids": "element.repeated",
    "hidden in another": "attachment.contentless",
    "second content": "attachment.content_repeated",
    "content elsewhere": "element.unknown",
    "content in another namespace": "attachment.contentless",
}
"""Why each trick is refused by parts, done after signing or before."""

STRUCTURE = {"element.repeated", "element.unknown", "attachment.contentless", "attachment.content_repeated"}
"""Told before any signature is looked at, whatever its form."""


def whole_reason(why: str) -> str:
    """Under the whole file's signature: a wrong shape is still told first, everything else has changed the file."""
    return why if why in STRUCTURE else "signature.altered"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("which", BOTH)
def test_attachment_touched_after_signing_is_refused(world: World, form: str, trick: str, which: str) -> None:
    why = WHY[trick] if form.startswith("P") else whole_reason(WHY[trick])
    assert code_of(world, TRICKS[trick](signed_letter(form), BOTH[which])) == why


@pytest.mark.parametrize("trick", [name for name in TRICKS if name not in {"described", "typed"}])
@pytest.mark.parametrize("which", BOTH)
def test_attachment_that_was_signed_contradicting_its_manifest_is_refused(world: World, trick: str, which: str) -> None:
    """A genuine signature over a letter that says two things; nobody has to guess which one was meant."""
    touched = TRICKS[trick](LETTER, BOTH[which])
    assert code_of(world, sign_by_hand(with_ids(touched), world.a, BY_PARTS)) == WHY[trick]
    whole = WHY[trick].replace("signature.attachment_renamed", "attachment.misnamed")
    assert code_of(world, sign_by_hand(touched, world.a, WHOLE)) == whole


def test_every_trick_has_its_reason() -> None:
    assert WHY.keys() == TRICKS.keys()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("trick", HARMLESS)
def test_other_spelling_of_the_same_attachments_is_the_same_letter(world: World, form: str, trick: str) -> None:
    genuine = take(world, signed_letter(form))
    file = HARMLESS[trick](signed_letter(form), MAIN)
    if form.startswith("W"):
        assert code_of(world, file) == "signature.altered"
    else:
        taken = take(world, file)
        assert taken.verified.identity == genuine.verified.identity
        assert sorted(taken.contents) == sorted(genuine.contents)


@pytest.mark.parametrize("form", FORMS)
def test_content_of_the_same_size_is_told_by_its_digest(world: World, form: str) -> None:
    letter = document(attachments=(Attachment(payload=b"%PDF one"),), content=True)
    other = document(attachments=(Attachment(payload=b"%PDF two"),), content=True)
    start, end = (other.index(mark) for mark in (b"Encoded xmlns", b"</edXML:ContentTransfer"))
    text = other[start:end]
    signed = FORMS[form](world.a, letter)
    genuine = signed[signed.index(b"Encoded xmlns") : signed.index(b"</edXML:ContentTransfer")]
    code = "attachment.altered" if form.startswith("P") else "signature.altered"
    assert code_of(world, signed.replace(genuine, text)) == code
