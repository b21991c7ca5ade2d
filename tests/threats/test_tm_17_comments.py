"""TM-17: a comment or an instruction in a value splits it for some readers; it is refused wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from lxml import etree
from signxml.verifier import SignatureConfiguration, XMLVerifier

from envelopes.faults import Refused
from envelopes.limits import NS
from envelopes.model import Document
from signing import gate
from tests.signing.forging import with_ids
from tests.signing.people import NOW, World, skeleton
from tests.threats.forms import FORMS, LETTER, signed_letter
from tests.threats.own_signatures import BY_PARTS, sign_by_hand
from tests.threats.taking import code_of, take

NOTES = {"comment": "<!-- -->", "instruction": "<?x y?>"}
CODES = {"comment": "envelope.comment", "instruction": "envelope.instruction"}
_TEXT = re.compile(r">([^<]+)<")


def touched(file: bytes, note: str) -> Iterator[tuple[bytes, bool]]:
    """The file with the note in the middle of each text, white space included; and whether that is base64 content."""
    text = file.decode()
    for found in _TEXT.finditer(text, text.index("<edXML")):
        place = (found.start(1) + found.end(1)) // 2
        ampersand = text.rfind("&", found.start(1), place)
        if ampersand >= 0 and ";" not in text[ampersand:place]:
            place = ampersand
        inside = text.rfind("<", 0, place)
        yield (
            (text[:place] + NOTES[note] + text[place:]).encode(),
            "ContentTransferEncoded" in text[inside:place] and (text[inside + 1] != "/"),
        )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("note", NOTES)
def test_note_in_any_text_is_refused(world: World, form: str, note: str) -> None:
    files = list(touched(signed_letter(form), note))
    assert len(files) > 80
    for file, is_content in files:
        assert code_of(world, file) == ("attachment.garbled" if is_content else CODES[note])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("note", NOTES)
def test_gate_refuses_notes_by_itself(form: str, note: str) -> None:
    """Without the splitter before it, which refuses them as well."""
    for file, _ in touched(skeleton(signed_letter(form)), note):
        with pytest.raises(Refused) as refused:
            gate.inspect(file)
        assert refused.value.faults[0].code == CODES[note]


@pytest.mark.parametrize("note", NOTES)
def test_note_that_was_signed_is_refused_as_well(world: World, note: str) -> None:
    for letter, is_content in touched(with_ids(LETTER), note):
        file = sign_by_hand(letter, world.a, BY_PARTS)
        assert code_of(world, file) == ("attachment.garbled" if is_content else CODES[note])


@pytest.mark.parametrize("note", NOTES)
def test_note_outside_the_root_is_refused(world: World, note: str) -> None:
    file = signed_letter("P")
    outside = NOTES[note].encode()
    for changed in (file.replace(b"?>", b"?>" + outside, 1), file + outside):
        assert code_of(world, changed) == CODES[note]


def test_the_attack_is_real(world: World) -> None:
    """The signature holds, and a reader of `.text` sees the sender the attacker wants."""
    header = with_ids(LETTER).replace(b"<edXML:OrganId>H08.02<", b"<edXML:OrganId>H08.02.evil<", 1)
    file = sign_by_hand(header, world.a).replace(b"H08.02.evil", b"H08.02<!---->.evil", 1)
    expected = SignatureConfiguration(expect_references=3, verification_time=NOW)
    XMLVerifier().verify(file, x509_cert=world.a.signer.certificate, expect_config=expected, id_attribute="Id")
    assert etree.fromstring(file).findtext(f".//{{{NS}}}From/{{{NS}}}OrganId") == "H08.02"
    assert code_of(world, file) == "envelope.comment"


@pytest.mark.parametrize("form", FORMS)
def test_character_data_is_read_as_it_was_signed(world: World, form: str) -> None:
    """CDATA is only another spelling of the same text, for the signature and for the reader alike."""
    file = signed_letter(form).replace(b"<edXML:OrganId>H08.30<", b"<edXML:OrganId>H0<![CDATA[8.3]]>0<", 1)
    taken = take(world, file)
    assert isinstance(taken.message, Document)
    assert [one.code for one in taken.message.recipients] == ["H08.30"]
    assert taken.verified.identity == take(world, signed_letter(form)).verified.identity
