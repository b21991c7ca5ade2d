"""TM-24: what is forwarded is what was signed: hops are spliced into the bytes, and others can verify it afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.judges import Exhibit, ask_java, ask_xmlsec, needs_java, needs_xmlsec
from tests.support.world import A, B
from tests.threats.forms import FORMS, shared_world, signed_letter
from tests.threats.taking import code_of, take
from tests.threats.through_service import agency_of, system_of, yesterdays_letter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.support.world import World as Exchange

    Judge = Callable[[Sequence[Exhibit], Path], dict[str, bool]]

JUDGES = [
    pytest.param(ask_xmlsec, marks=needs_xmlsec, id="xmlsec1"),
    pytest.param(ask_java, marks=needs_java, id="JDK"),
]
BUSINESS = b"<edXML:Bussiness"
HOP = b"""<edXML:TraceHeader>
     <edXML:OrganId>00.53.W00</edXML:OrganId><edXML:Timestamp>2026/11/24 10:00:00</edXML:Timestamp>
    </edXML:TraceHeader>
    """


def hopped(file: bytes, hops: int = 1) -> bytes:
    """The file after so many exchanges put their mark into its bytes."""
    return file.replace(BUSINESS, HOP * hops + BUSINESS, 1)


@pytest.mark.parametrize("judge", JUDGES)
def test_every_part_verifies_after_a_hop_and_no_altered_one_does(judge: Judge, tmp_path: Path) -> None:
    certificate = shared_world().a.certificate_pem
    expected, exhibits = {}, []
    for form in FORMS:
        for name, file, valid in (
            ("as signed", signed_letter(form), True),
            ("one hop", hopped(signed_letter(form)), form.startswith("P")),
            ("three hops", hopped(signed_letter(form), 3), form.startswith("P")),
            ("altered", signed_letter(form).replace(b"H08.30", b"H08.31"), False),
            ("a hop and altered", hopped(signed_letter(form)).replace(b"DocType>0<", b"DocType>1<"), False),
        ):
            exhibits.append(Exhibit(name=f"{form}, {name}", file=file, certificate=certificate))
            expected[exhibits[-1].name] = valid
    assert judge(exhibits, tmp_path) == expected
    for exhibit in exhibits:
        assert (code_of(shared_world(), exhibit.file) == "accepted") == expected[exhibit.name], exhibit.name


@pytest.mark.parametrize("form", [form for form in FORMS if form.startswith("P")])
def test_hop_is_shown_and_is_no_part_of_what_was_signed(form: str) -> None:
    plain, further = (take(shared_world(), file) for file in (signed_letter(form), hopped(signed_letter(form))))
    assert further.verified.identity == plain.verified.identity
    assert len(further.verified.parts.traces) == len(plain.verified.parts.traces) + 1


@pytest.mark.parametrize("judge", JUDGES)
async def test_what_the_recipient_fetches_is_byte_for_byte_what_was_signed(
    exchange: Exchange, judge: Judge, tmp_path: Path
) -> None:
    """Also profile W, which survives no hop and is therefore handed on untouched."""
    sent, exhibits = [], []
    async with system_of(exchange, A) as sender, system_of(exchange, B) as recipient:
        for n, (form, sign) in enumerate(FORMS.items()):
            letter = yesterdays_letter().replace(b",125/SNV-VP", b",%d/SNV-VP" % (300 + n))
            file = sign(agency_of(exchange, A), letter)
            sent.append(hopped(file) if form.startswith("P") else file)
            assert (await sender.submit(sent[-1])).status == 201, form
        waiting = (await recipient.inbox()).json["deliveries"]
        fetched = [(await recipient.file(one["id"])).body for one in waiting]
    assert fetched == sent
    for form, file in zip(FORMS, fetched, strict=True):
        exhibits.append(Exhibit(name=form, file=file, certificate=exchange.actors[A].certificate_pem))
    assert judge(exhibits, tmp_path) == dict.fromkeys(FORMS, True)
