"""TM-43: an agency's webhook leads the exchange to addresses that only the exchange can reach. Nothing is connected to
but what an administrator allowed, whatever the address is dressed up as and wherever its name leads meanwhile."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from envelopes.faults import Refused
from exchange import push, webhooks
from exchange.chores import Turn
from exchange.endpoint import Target, line_to
from exchange.webhooks import Wanted
from storage import chores
from storage import webhooks as rows
from tests.support.exchanges import execute
from tests.support.peer import listening_peer
from tests.support.world import A, B

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.world import World

ALLOWED = ip_network("10.20.0.0/16")

FORMS = (
    "http://127.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://localhost:PORT/",
    "http://[::1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://169.254.169.254/latest/",
    "http://①②⑦.0.0.1:PORT/",
    "file:///etc/passwd",
    "gopher://x/",
    "http://user@127.0.0.1:PORT/",
    "http://10.20.0.1@127.0.0.1:PORT/",
)
"""Forms of addresses that lead, or seem to lead, elsewhere than the allowed network (SECURITY section 5.5)."""


@dataclass(slots=True, kw_only=True)
class Forbidden:
    """A listener that must not be called, on both loopbacks."""

    port: int
    listeners: list[socket.socket]

    def calls(self) -> int:
        """How often it was called."""
        number = 0
        for listener in self.listeners:
            while True:
                try:
                    listener.accept()[0].close()
                except BlockingIOError:
                    break
                number += 1
        return number


@contextmanager
def listening() -> Iterator[Forbidden]:
    with socket.socket() as four, socket.socket(socket.AF_INET6) as six:
        four.bind(("127.0.0.1", 0))
        port = four.getsockname()[1]
        six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        six.bind(("::1", port))
        for one in (four, six):
            one.listen()
            one.setblocking(False)
        yield Forbidden(port=port, listeners=[four, six])


@pytest.fixture
def forbidden() -> Iterator[Forbidden]:
    with listening() as made:
        yield made
        assert made.calls() == 0


@dataclass(slots=True, kw_only=True)
class Liar(AbstractResolver):
    """Answers with the next address each time it is asked; the last one for ever."""

    answers: list[str]
    asked: int = field(default=0)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
        ]

    async def close(self) -> None:
        """Nothing is held."""


def target(url: str, port: int) -> Target:
    """The worst that can stand in the table: any port of interest is allowed, only the network is not."""
    return Target(url=url, networks=(ALLOWED,), ports=(port, 80, 443, 9))


@pytest.mark.parametrize("form", FORMS)
async def test_tm_43_form_of_address_connects_to_nothing(forbidden: Forbidden, form: str) -> None:
    async with line_to(target(form.replace("PORT", str(forbidden.port)), forbidden.port)) as line:
        reply = await line.post(b"{}", {})
    assert reply.status is None
    assert line.gatekeeper.let_through == []


@pytest.mark.parametrize("form", FORMS)
async def test_tm_43_form_of_address_is_refused_or_called_nowhere(
    exchange: World, forbidden: Forbidden, form: str
) -> None:
    """Through the whole of it: set up by an administrator who looks at nothing, then told of a document."""
    url = form.replace("PORT", str(forbidden.port))
    given = Wanted(system=f"system.{B}", url=url, networks=(str(ALLOWED),), ports=(forbidden.port, 80), allow_http=True)
    try:
        await webhooks.add_webhook(exchange.exchange.database, given)
    except Refused as refused:
        assert refused.faults[0].code.startswith("webhook.")
        await _written(exchange, url, forbidden.port)
    await _send(exchange)
    await _tell(exchange)
    [one] = await webhooks.list_webhooks(exchange.exchange.database)
    assert (one.row.failures, one.row.answered_at) == (1, None)


async def test_tm_43_allowed_network_may_be_tried(forbidden: Forbidden) -> None:
    """The guard is no wall before everything: the same form inside the network is let through."""
    async with line_to(target("http://10.20.0.1:9/", forbidden.port), seconds=0.5) as line:
        await line.post(b"{}", {})
    assert (line.gatekeeper.let_through, line.gatekeeper.turned_away) == (["10.20.0.1 9"], [])


async def test_tm_43_port_that_is_not_named_is_not_called(forbidden: Forbidden) -> None:
    named = Target(url=f"http://127.0.0.1:{forbidden.port}/", networks=(ip_network("127.0.0.0/8"),), ports=(443,))
    async with line_to(named) as line:
        assert (await line.post(b"{}", {})).status is None
    assert line.gatekeeper.turned_away == [f"127.0.0.1 {forbidden.port}"]


@pytest.mark.parametrize("turned", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "0.0.0.0"])
async def test_tm_43_name_that_leads_elsewhere_the_next_time(forbidden: Forbidden, turned: str) -> None:
    """DNS rebinding: the address that is judged is the one that is connected to, in every post."""
    liar = Liar(answers=["10.20.0.1", turned])
    url = f"http://rebinding.example:{forbidden.port}/"
    async with line_to(target(url, forbidden.port), resolver=liar, seconds=0.5) as line:
        await line.post(b"{}", {})
        assert line.gatekeeper.let_through == [f"10.20.0.1 {forbidden.port}"]
        reply = await line.post(b"{}", {})
    assert liar.asked == 2
    assert "outside the networks" in reply.failure
    assert len(line.gatekeeper.let_through) == 1


async def test_tm_43_name_is_rebound_between_two_tries_of_a_notice(exchange: World, forbidden: Forbidden) -> None:
    async with listening_peer() as peer:
        peer.script(web.Response(status=503))
        port = int(peer.url.rsplit(":", 1)[1])
        await webhooks.add_webhook(
            exchange.exchange.database,
            Wanted(
                system=f"system.{B}",
                url=f"http://rebinding.example:{port}/",
                networks=("127.0.0.0/30",),
                allow_http=True,
            ),
        )
        await _send(exchange)
        await _tell(exchange, Liar(answers=["127.0.0.1"]))
        assert len(peer.seen) == 1
        await execute(exchange.exchange, "UPDATE notices SET due_at = clock_timestamp()")
        await _tell(exchange, Liar(answers=["127.0.0.9"]))
        assert len(peer.seen) == 1


async def test_tm_43_redirect_leads_nowhere(forbidden: Forbidden) -> None:
    async with listening_peer() as peer:
        peer.script(web.Response(status=308, headers={"Location": f"http://localhost:{forbidden.port}/"}))
        port = int(peer.url.rsplit(":", 1)[1])
        to = Target(url=peer.url, networks=(ip_network("127.0.0.0/8"),), ports=(port, forbidden.port))
        async with line_to(to) as line:
            assert (await line.post(b"{}", {})).status == 308
        assert len(line.gatekeeper.let_through) == 1


async def test_tm_43_proxy_of_the_environment_is_not_asked(
    forbidden: Forbidden, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{forbidden.port}/")
    async with listening_peer() as peer:
        peer.script(web.Response())
        port = int(peer.url.rsplit(":", 1)[1])
        async with line_to(Target(url=peer.url, networks=(ip_network("127.0.0.0/8"),), ports=(port,))) as line:
            assert (await line.post(b"{}", {})).status == 200


async def test_tm_43_endless_answer_is_left(forbidden: Forbidden) -> None:
    written = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while written < 64 * 2**20:
                await response.write(b"x" * 65_536)
                written += 65_536
        except ConnectionError:
            pass
        return response

    async with listening_peer() as peer:
        peer.script(endless)
        port = int(peer.url.rsplit(":", 1)[1])
        async with line_to(Target(url=peer.url, networks=(ip_network("127.0.0.0/8"),), ports=(port,))) as line:
            assert (await line.post(b"{}", {})).status == 200
    assert written < 16 * 2**20


async def test_tm_43_silent_address_is_left_in_time(forbidden: Forbidden) -> None:
    """Somebody who takes the connection and never answers."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        to = Target(url=f"http://127.0.0.1:{port}/", networks=(ip_network("127.0.0.0/8"),), ports=(port,))
        async with line_to(to, seconds=0.2) as line:
            reply = await line.post(b"{}", {})
    assert "no answer within 0.2 s" in reply.failure


async def _written(world: World, url: str, port: int) -> None:
    """The address in the table all the same, as somebody with the database might put it there."""
    async with world.exchange.database.transaction() as conn:
        row = await rows.add_webhook(
            conn,
            system=f"system.{B}",
            url=url,
            events=webhooks.EVENTS,
            networks=(ALLOWED,),
            ports=(port, 80),
            authority=None,
            by=None,
            approved=True,
        )
        await rows.add_secret(conn, row.id, "whsec_c2VjcmV0", overlap_seconds=0)


async def _send(world: World) -> None:
    async with world.client(A) as client:
        await client.submit(world.envelope(world.document(A, B)))


async def _tell(world: World, resolver: Any = None) -> None:
    """The chore, with names looked up by `resolver`."""
    async with world.exchange.database.transaction() as conn:
        claim = await chores.claim(conn, push.CHORE.name, worker="test", lease_seconds=60, early=True)
    assert claim.token is not None
    async for _ in push.push(
        world.exchange, Turn(name=push.CHORE.name, token=claim.token), resolver=resolver, seconds=2
    ):
        pass
    async with world.exchange.database.transaction() as conn:
        await chores.finish(conn, push.CHORE.name, claim.token, outcome="done", again_seconds=0)
