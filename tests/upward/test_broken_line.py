"""An envelope that the line cannot carry: it waits, or is refused, by itself, and the others go up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from exchange.upward import up
from tests.support.exchanges import execute
from tests.support.peer import Peer, listening_peer
from tests.upward.conftest import C
from tests.upward.test_troubles import answer, hangs_up, send, send_from_b, waiting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.upward.conftest import Pair


@pytest.fixture
async def peer(pair: Pair) -> AsyncIterator[Peer]:
    """A scripted server in the parent's place."""
    async with listening_peer() as listening:
        await execute(pair.lower.exchange, "UPDATE parents SET url = $1", listening.url)
        yield listening


@pytest.mark.parametrize("trouble", [hangs_up, web.Response(status=502, text="<html>")])
async def test_an_envelope_the_line_cannot_carry_waits_longer_each_time_and_blocks_no_other(
    pair: Pair, peer: Peer, trouble: Any
) -> None:
    await send(pair, C)
    waits = []
    for n in range(up.MOST_ATTEMPTS + 2):
        if n < 2:
            await send_from_b(pair)
        peer.script(
            *([trouble, answer(DocId="1")] if n == 0 else [answer(DocId="2"), trouble] if n == 1 else [trouble])
        )
        await pair.up()
        [row] = await pair.lower.rows(
            "SELECT due_at - clock_timestamp() AS wait FROM upward WHERE state = 'waiting'"  # and B's went up
        )
        waits.append(row["wait"])
    assert waits[0] < waits[1] < waits[2] < waits[3]
    assert ("waiting", up.MOST_COUNTED) in await waiting(pair)


async def test_a_file_too_large_for_what_stands_before_the_parent_is_refused(pair: Pair, peer: Peer) -> None:
    await send(pair, C)
    await send_from_b(pair)
    peer.script(web.Response(status=413, text="<html>413", content_type="text/html"), answer(DocId="1"))
    await pair.up()
    assert await waiting(pair) == [("refused", 0), ("sent", 0)]
