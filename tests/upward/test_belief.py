"""What a parent brings is believed only as far as the sender's certificate, the parent's seal, or a promise goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from exchange.client_errors import ApiRefused
from exchange.directory import rotate
from storage import credentials, directory
from tests.support.exchanges import execute
from tests.upward.conftest import A, B, C, D, E, certify, connect

if TYPE_CHECKING:
    from pathlib import Path

    from tests.upward.conftest import Pair


async def bring(pair: Pair, sender: str, path: Path) -> None:
    """An agency of the parent sends a file there, and the lower exchange looks."""
    async with pair.upper.client(sender) as client:
        await client.submit(path)
    await pair.down()


async def brought(pair: Pair) -> list[tuple[str, str]]:
    """State and failure's first code of every message that came down."""
    rows = await pair.lower.rows("SELECT state, failure FROM downward ORDER BY seen_at")
    return [(row["state"], (row["failure"] or "").partition("]")[0].strip("[")) for row in rows]


async def test_without_certificate_and_promise_it_is_refused_and_the_parent_told(strangers: Pair) -> None:
    await connect(strangers, vouches=False)
    await bring(strangers, C, strangers.envelope(strangers.document(C, B)))
    assert await strangers.lower.inbox(B) == []
    assert await brought(strangers) == [("refused", "signature.certificate_unregistered")]
    told = "SELECT event FROM events WHERE event LIKE 'transport%'"
    assert await strangers.upper.rows(told) == [{"event": "transport_fail"}]
    await strangers.down()  # tried again, told once
    assert len(await strangers.upper.rows(told)) == 1
    await certify(strangers.lower, strangers.keys, (C,))
    await strangers.down()
    [arrived] = await strangers.lower.inbox(B)
    assert arrived.signature is not None
    assert arrived.signature.outcome == "verified"
    assert await brought(strangers) == [("taken", "")]
    assert await strangers.upper.rows("SELECT 1 FROM deliveries WHERE recipient = $1 AND confirmed_at IS NULL", B) == []


async def test_a_promise_does_not_cover_what_a_known_certificate_denies(strangers: Pair) -> None:
    """The parent takes what D's key signed for C, by a delegation we know nothing of; here C has its certificate."""
    await connect(strangers, vouches=True)
    await certify(strangers.lower, strangers.keys, (C,))
    document = strangers.document(C, B)
    strangers.keys[C] = strangers.keys[D]
    async with strangers.upper.exchange.database.transaction() as conn:
        await conn.execute(
            """INSERT INTO delegations (agency, delegate, valid_from, approved_at)
               VALUES ($1, $2, now() - interval '1 day', now())""",
            C,
            D,
        )
    await bring(strangers, C, strangers.envelope(document))
    assert await brought(strangers) == [("refused", "signature.invalid")]
    assert await strangers.lower.inbox(B) == []


async def test_a_promise_does_not_cover_a_certificate_that_was_revoked_here(strangers: Pair) -> None:
    await connect(strangers, vouches=True)
    await certify(strangers.lower, strangers.keys, (C,))
    await execute(
        strangers.lower.exchange,
        "UPDATE certificates SET revoked_at = now(), invalid_from = now() WHERE agency = $1",
        C,
    )
    await bring(strangers, C, strangers.envelope(strangers.document(C, B)))
    assert await brought(strangers) == [("refused", "signature.certificate_unregistered")]


@pytest.mark.parametrize("vouches", [True, False])
async def test_unsigned_files_come_only_on_a_promise(strangers: Pair, vouches: bool) -> None:
    await connect(strangers, vouches=vouches)
    async with strangers.upper.exchange.database.transaction() as conn:
        await conn.execute("UPDATE systems SET allow_unsigned = true")
    await bring(strangers, C, strangers.envelope(strangers.document(C, B), signed=False))
    expected = ("taken", "") if vouches else ("refused", "signature.missing")
    assert await brought(strangers) == [expected]
    arrived = await strangers.lower.inbox(B)
    assert [one.signature and one.signature.outcome for one in arrived] == (["absent"] if vouches else [])


async def test_a_stripped_signature_gains_nothing_where_a_certificate_is_known(strangers: Pair) -> None:
    await connect(strangers, vouches=True)
    await certify(strangers.lower, strangers.keys, (C,))
    await execute(strangers.upper.exchange, "UPDATE systems SET allow_unsigned = true")
    await bring(strangers, C, strangers.envelope(strangers.document(C, B), signed=False))
    assert await brought(strangers) == [("refused", "signature.missing")]


async def test_nothing_taken_on_a_promise_is_called_signed_anywhere(strangers: Pair) -> None:
    await connect(strangers, vouches=True)
    await bring(strangers, C, strangers.envelope(strangers.document(C, B)))
    [row] = await strangers.lower.rows("SELECT outcome, certificate, profile, weak, warnings, receipt FROM envelopes")
    assert (row["outcome"], row["certificate"], row["profile"], row["weak"]) == ("absent", None, None, False)
    assert json.loads(row["warnings"])[0]["code"] == "signature.unproven"
    assert b"absent" in row["receipt"]


@pytest.mark.parametrize(("vouches", "seal"), [(False, True), (True, False), (False, False)])
async def test_the_parents_own_01_counts_by_its_seal_or_its_promise(
    strangers: Pair, tmp_path: Path, vouches: bool, seal: bool
) -> None:
    await connect(strangers, vouches=vouches, seal=seal)
    await certify(strangers.lower, strangers.keys, (C,))
    async with strangers.lower.client(A) as client:
        sent = await client.submit(strangers.envelope(strangers.document(A, C)))
    await strangers.up()
    [arrived] = await strangers.upper.inbox(C)
    async with strangers.upper.client(C) as client:
        fetched = await client.fetch_envelope(arrived.id, tmp_path / "got.edxml")
        await client.confirm(arrived.id, fetched.sha256)
    await strangers.down()
    believed = vouches or seal
    assert await strangers.lower.states(A, sent.id) == {C: "collected" if believed else "waiting"}
    rows = await strangers.lower.rows("SELECT warnings, outcome FROM envelopes WHERE kind = 'status'")
    code = "signature.by_parent" if seal else "signature.unproven"
    told = [(row["outcome"], json.loads(row["warnings"])[0]["code"]) for row in rows]
    assert told == ([("absent", code)] if believed else [])


async def test_a_pinned_seal_stands_for_no_agencys_signature(strangers: Pair) -> None:
    """C's own 03, which nobody here can check, is not let in because the parent's seal is known."""
    await connect(strangers, vouches=False, seal=True)
    async with strangers.lower.client(A) as client:
        document = strangers.document(A, C)
        sent = await client.submit(strangers.envelope(document))
    await strangers.up()
    [arrived] = await strangers.upper.inbox(C)
    async with strangers.upper.client(C) as client:
        await client.report(arrived, "03", signer=strangers.keys[C].signer)
    await strangers.down()
    assert await brought(strangers) == [("refused", "signature.certificate_unregistered")]
    assert await strangers.lower.states(A, sent.id) == {C: "waiting"}


async def test_a_parent_speaks_for_its_own_agencies_alone(pair: Pair) -> None:
    """E is ours; the parent has let it in there, and brings what E never sent through us."""
    async with pair.upper.exchange.database.transaction() as conn:
        await directory.add_agency(conn, code=E, name="Xã Ê", level=None, parent=None)
        await directory.add_system(conn, system="system.e", agencies=[E], allow_unsigned=True, axis_secret="s")
    pair.upper.credentials[E] = await credential(pair, "system.e")
    await certify(pair.upper, pair.keys, (E,))
    await bring(pair, E, pair.envelope(pair.document(E, B)))
    assert await pair.lower.inbox(B) == []
    assert await brought(pair) == [("refused", "parent.sender_here")]


async def test_a_sender_nobody_has_heard_of_is_refused_until_the_list_is_read_again(pair: Pair) -> None:
    new = "G01.77"
    async with pair.upper.exchange.database.transaction() as conn:
        await directory.add_agency(conn, code=new, name="Bộ Mới", level=None, parent=None)
        await directory.add_system(conn, system="system.new", agencies=[new], allow_unsigned=True, axis_secret="s")
    pair.upper.credentials[new] = await credential(pair, "system.new")
    pair.keys[new] = pair.keys[D]
    await bring(pair, new, pair.envelope(pair.document(new, B), signed=False))
    assert await brought(pair) == [("refused", "parent.sender_unknown")]
    await connect(pair, vouches=True)
    await pair.down()
    assert await brought(pair) == [("taken", "")]


async def test_nobody_enters_as_the_parent(pair: Pair) -> None:
    async with pair.lower.exchange.database.acquire() as conn:
        assert await credentials.axis_system(conn, "parent.nation") is None
        assert "parent.nation" not in [one.id for one in await directory.systems(conn)]


async def test_our_own_systems_cannot_send_for_agencies_beyond(pair: Pair) -> None:
    forged = pair.document(C, B)
    async with pair.lower.client(A) as client:
        with pytest.raises(ApiRefused) as refused:
            await client.submit(pair.envelope(forged))
    assert [fault.code for fault in refused.value.faults] == ["sender.foreign"]


async def credential(pair: Pair, system: str) -> str:
    return (await rotate(pair.upper.exchange.database, system)).credential
