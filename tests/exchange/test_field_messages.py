"""What the field's programs send is taken as it is: the real example messages, and ways of writing met elsewhere.

The examples lie beside the repository where they may be read (`shared/samples`); without them those tests are skipped.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exchange.client import ApiRefused, Client
from exchange.client_files import write_envelope
from exchange.credentials import new_credential
from storage import credentials, directory
from tests.support.field import CONTENT, DECORATION, ORDER_A, Manner, message
from tests.support.world import B, D, letter, replaced

if TYPE_CHECKING:
    from exchange.client_types import Delivery, SentDelivery, Submission
    from tests.support.world import World

SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "edxml"
real = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real example messages do not lie beside this clone")

OFFICE, NGHE_AN, CAO_BANG, HAI_PHONG = "000.00.00.G22", "000.00.00.H41", "000.00.00.H14", "000.00.00.G17"
PORTAL, DISTRICT = "000.00.00.A80", "28.22.H17"
EVERYBODY = (OFFICE, NGHE_AN, CAO_BANG, HAI_PHONG, PORTAL, DISTRICT)
REFERENCE = "000.00.00.G22,2015/09/30,7816/VPCP-TTĐT"
DOCUMENTS = {
    "edoc_new": ("new", PORTAL, [DISTRICT]),
    "edoc_update": ("update", OFFICE, [NGHE_AN, CAO_BANG, HAI_PHONG]),
    "edoc_revocation": ("recall", OFFICE, [NGHE_AN, CAO_BANG, HAI_PHONG]),
    "edoc_replacement": ("replace", OFFICE, [NGHE_AN, CAO_BANG, HAI_PHONG]),
}
STATUSES = {
    "01": "inbox",
    "02": "rejection",
    "03": "acceptance",
    "04": "assignment",
    "05": "processing",
    "06": "finish",
    "13": "cancellation",
    "15": "change-acceptance",
    "16": "change-rejection",
}


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.edxml").read_bytes()


def status(code: str) -> bytes:
    return sample(f"status_{STATUSES[code]}_{code}")


async def joined(world: World, *codes: str) -> dict[str, Client]:
    """The agencies the examples name, each with an old system that does not sign."""
    found = {}
    async with world.exchange.database.transaction() as conn:
        for code in codes:
            await directory.add_agency(conn, code=code, name=code, level=None, parent=None)
            system = f"old.{code}"
            await directory.add_system(conn, system=system, agencies=[code], allow_unsigned=True, axis_secret="unused")
            text, credential, digest = new_credential()
            await credentials.add_credential(
                conn, credential=credential, system=system, secret_sha256=digest, valid_days=None
            )
            found[code] = Client(world.url, text)
    return found


async def submitted(client: Client, data: bytes) -> Submission:
    async with client as sender:
        return await sender.submit(data)


async def waiting(client: Client) -> list[Delivery]:
    async with client as recipient:
        return list((await recipient.inbox()).deliveries)


async def fetched(world: World, client: Client, delivery: str) -> tuple[bytes, bytes, bytes]:
    """The file, its attachment as a person opens it, and the octets as transferred."""
    paths = [world.folder / f"{delivery}-{name}" for name in ("file", "opened", "transferred")]
    async with client as recipient:
        await recipient.fetch_envelope(delivery, paths[0])
        await recipient.fetch_attachment(delivery, 1, paths[1])
        await recipient.fetch_attachment(delivery, 1, paths[2], transferred=True)
    return paths[0].read_bytes(), paths[1].read_bytes(), paths[2].read_bytes()


@real
@pytest.mark.parametrize("name", DOCUMENTS)
async def test_real_document_reaches_its_recipients_byte_for_byte(world: World, name: str) -> None:
    operation, sender, recipients = DOCUMENTS[name]
    clients = await joined(world, *EVERYBODY)
    taken = await submitted(clients[sender], sample(name))
    assert (taken.created, taken.kind, taken.operation, taken.reference) == (True, "document", operation, REFERENCE)
    assert (taken.signature.outcome, taken.signature.profile) == ("absent", None)
    assert "signature.decoration" in [warning.code for warning in taken.warnings]
    assert {one.recipient for one in taken.deliveries} == set(recipients)
    assert taken.undeliverable == ()
    for recipient in recipients:
        [one] = await waiting(clients[recipient])
        assert (one.sender, one.sha256) == (sender, hashlib.sha256(sample(name)).hexdigest())
        assert one.signature is not None
        assert one.signature.outcome == "absent"
        file, opened, transferred = await fetched(world, clients[recipient], one.id)
        assert file == sample(name)
        # one entry, but an .edxml under a name that ends in .doc: not the library's packing, so it stays what it is
        assert one.attachments[0].name == "1896_QD-TTg_m_294779.doc"
        assert opened == transferred
        with zipfile.ZipFile(io.BytesIO(opened)) as archive:
            assert archive.testzip() is None
            assert [Path(entry).suffix for entry in archive.namelist()] == [".edxml"]


@real
async def test_real_operations_under_one_reference_do_not_conflict(world: World) -> None:
    clients = await joined(world, *EVERYBODY)
    ids = {(await submitted(clients[OFFICE], sample(name))).id for name in ("edoc_update", "edoc_replacement")}
    sent = await waiting(clients[NGHE_AN])
    assert [one.operation for one in sent] == ["update", "replace"]
    for one in sent:
        await fetched(world, clients[NGHE_AN], one.id)
    ids.add((await submitted(clients[OFFICE], sample("edoc_revocation"))).id)
    assert len(ids) == 3
    found = await waiting(clients[NGHE_AN])
    assert [(one.operation, one.state) for one in found] == [
        ("update", "recall_asked"),
        ("replace", "recall_asked"),
        ("recall", "waiting"),
    ]
    assert await waiting(clients[CAO_BANG]) == []  # nobody there had fetched anything
    again = await submitted(clients[OFFICE], sample("edoc_update"))
    assert (again.created, again.id in ids) == (False, True)


@real
async def test_real_file_with_stray_bytes_is_told_how_many(world: World) -> None:
    clients = await joined(world, *EVERYBODY)
    with pytest.raises(ApiRefused) as refused:
        await submitted(clients[PORTAL], sample("edoc_new_leading_junk"))
    [fault] = refused.value.faults
    assert fault.code == "envelope.junk_before"
    assert fault.vi.startswith("Có 4 byte thừa đứng trước phần khai báo XML")
    assert fault.en.startswith("There are 4 stray bytes before the XML")
    assert await waiting(clients[DISTRICT]) == []


async def seven_eight_one_six(world: World, office: Client) -> str:
    """The document that all nine real statuses answer, of our own making; its envelope."""
    document = replaced(
        letter(OFFICE, (NGHE_AN, CAO_BANG), "7816"),
        reference=REFERENCE,
        notation="VPCP-TTĐT",
        issued_on=date(2015, 9, 30),
    )
    path = world.folder / "7816.edxml"
    write_envelope(document, [world.attachment()], path)
    return (await submitted(office, path.read_bytes())).id


async def at_nghe_an(office: Client, envelope: str) -> SentDelivery:
    async with office as sender:
        seen = await sender.envelope(envelope)
    here, elsewhere = sorted(seen.deliveries, key=lambda one: one.recipient != NGHE_AN)
    assert (elsewhere.recipient, elsewhere.state, len(elsewhere.events)) == (CAO_BANG, "waiting", 1)
    return here


@real
@pytest.mark.parametrize(
    ("codes", "state", "flagged"),
    [
        (["01", "03", "04", "05", "13", "16", "06"], "completed", []),
        (["01", "02"], "refused", []),
        (["01", "03", "13", "15"], "recalled", []),
        (["06", "04", "05", "16", "15", "01", "03", "02"], "accepted", ["06", "04", "05", "16", "15", "02"]),
    ],
)
async def test_real_statuses_reach_the_other_side(
    world: World, codes: list[str], state: str, flagged: list[str]
) -> None:
    clients = await joined(world, OFFICE, NGHE_AN, CAO_BANG)
    envelope = await seven_eight_one_six(world, clients[OFFICE])
    [document] = await waiting(clients[NGHE_AN])
    for code in codes:
        taken = await submitted(clients[OFFICE if code == "13" else NGHE_AN], status(code))
        assert (taken.created, taken.kind, taken.signature.outcome) == (True, "status", "absent")
        assert ("status.out_of_order" in [one.code for one in taken.warnings]) is (code in flagged)

    here = await at_nghe_an(clients[OFFICE], envelope)
    assert here.state == state
    assert [event.code for event in here.events[1:]] == codes
    assert [event.code for event in here.events if event.flagged] == flagged

    back = [one for one in await waiting(clients[OFFICE]) if one.status]
    assert [(one.sender, one.status.code) for one in back if one.status] == [
        (NGHE_AN, code) for code in codes if code != "13"
    ]
    asked = [one for one in await waiting(clients[NGHE_AN]) if one.status]
    assert [(one.sender, one.status.code) for one in asked if one.status] == [(OFFICE, "13")] * codes.count("13")
    assert {one.status.delivery for one in (*back, *asked) if one.status} == {document.id}
    assert [one.kind for one in await waiting(clients[CAO_BANG])] == ["document"]


@real
def test_the_real_statuses_are_all_nine() -> None:
    assert sorted(path.name for path in SAMPLES.glob("status_*")) == sorted(
        f"status_{word}_{code}.edxml" for code, word in STATUSES.items()
    )


MANNERS: dict[str, tuple[Manner, list[str]]] = {
    "as the standard says": (Manner(), []),
    "another prefix": (Manner(prefix="ns2"), []),
    "no prefix": (Manner(prefix=""), []),
    "order A": (Manner(order=ORDER_A), []),
    "cid: in the manifest only": (Manner(carried=""), []),
    "cid: in the attachment only": (Manner(listed=""), []),
    "cid: doubled by a relay": (Manner(carried="cid:cid:"), []),
    "a zip that says it is a PDF": (Manner(zipped=True), []),
    "a zip that says so": (Manner(zipped=True, content_type="application/zip"), []),
    "a PDF that says it is a zip": (Manner(content_type="application/zip"), ["attachment.type_differs"]),
    "lines of 76 with CRLF": (Manner(columns=76, line_end="\r\n"), []),
    "lines of 64": (Manner(columns=64), []),
    "a decorative signature": (Manner(signature=DECORATION), ["signature.decoration"]),
    "an empty digital signature": (Manner(signature="<P:DigitalSignature/>"), []),
    "an empty ResponseFor": (Manner(answers="<P:ResponseFor/>"), []),
    "a trace of nobody": (Manner(trace="null"), ["agency.odd"]),
    "a trace without agency": (Manner(trace=""), []),
    "the type's ordinal as its class": (Manner(document_type="18"), ["code.odd"]),
    "optional fields left out": (Manner(left_out=("content", "due", "places", "steering")), []),
    "no urgency": (Manner(left_out=("other",)), ["field.absent"]),
    "everything at once": (
        Manner(
            prefix="ns1",
            order=ORDER_A,
            carried="",
            zipped=True,
            columns=76,
            line_end="\r\n",
            signature=DECORATION,
            answers="<P:ResponseFor/>",
            trace="null",
            left_out=("due", "places"),
            document_type="18",
        ),
        ["signature.decoration", "code.odd", "agency.odd"],
    ),
}


async def test_what_programs_write_is_taken_and_given_back_as_it_came(world: World) -> None:
    async with world.client(D) as sender:
        sent = {}
        for number, (name, (manner, warnings)) in enumerate(MANNERS.items(), 1):
            data = message(manner, sender=D, recipient=B, number=str(number))
            taken = await sender.submit(data)
            assert (taken.created, taken.signature.outcome) == (True, "absent"), name
            assert [warning.code for warning in taken.warnings] == [*warnings, "document.sent_late"], name
            assert taken.deliveries[0].recipient == B
            sent[taken.id] = (name, manner, data)
    arrived = await waiting(world.client(B))
    assert len(arrived) == len(MANNERS)
    for one in arrived:
        name, manner, data = sent[one.envelope]
        assert [(file.name, file.media_type) for file in one.attachments] == [("125.signed.pdf", "application/pdf")]
        file, opened, transferred = await fetched(world, world.client(B), one.id)
        assert file == data, name
        assert opened == CONTENT, name
        assert transferred == manner.payload, name
