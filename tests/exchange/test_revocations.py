"""Revocation data fetched from a real web server: taken, refused, tried again; and what an envelope's verdict kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from cryptography import x509

from envelopes.faults import Refused
from exchange import authorities, fetching, revocations, sources
from exchange.fetching import FetchFailed, check_url, fetch
from exchange.waits import again_seconds, retry_seconds
from signing.authority import Authority
from signing.certificates import Good, Unknown, describe
from storage import revocation_sources, trust
from tests.signing import odd_certificates as odd
from tests.support.exchanges import do, exchange_of
from tests.support.revocation_data import DAY, Publisher, publishing, revocation_list

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from exchange.exchange import Exchange
    from storage.revocation_sources import SourceRow

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.make("Gốc phát hành")


@pytest.fixture
async def exchange(dsn: str, tmp_path: Path, root: Authority) -> AsyncIterator[Exchange]:
    """An exchange that trusts the root and has no list yet."""
    async with exchange_of(dsn, tmp_path) as made:
        await authorities.trust_root(made.database, root.root_pem)
        yield made


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    async with publishing() as made:
        yield made


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


async def source(exchange: Exchange) -> SourceRow:
    async with exchange.database.acquire() as conn:
        [found] = await revocation_sources.sources(conn)
    return found


async def lists(exchange: Exchange) -> tuple[bytes, ...]:
    async with exchange.database.acquire() as conn:
        return (await trust.trust_material(conn)).lists


async def version(exchange: Exchange) -> int:
    async with exchange.database.acquire() as conn:
        return (await trust.trust_material(conn)).version


def wait_of(one: SourceRow) -> float:
    assert one.tried_at is not None
    return (one.due_at - one.tried_at).total_seconds()


async def test_list_is_fetched_and_believed_in_every_process(
    exchange: Exchange, publisher: Publisher, root: Authority
) -> None:
    _, pem = root.issue("H08.02")
    before = await exchange.trust.current()
    assert isinstance(await asyncio.to_thread(before.judge, describe(pem).der, now()), Unknown)
    publisher.files["/root.crl"] = root.crl(2)
    await sources.add_source(exchange.database, f"{publisher.url}/root.crl")
    await do(exchange, revocations.CHORE)
    trusted = await exchange.trust.current()
    assert isinstance(await asyncio.to_thread(trusted.judge, describe(pem).der, now()), Good)
    found = await source(exchange)
    assert (found.issuer, found.failures, found.outcome) == ("CN=Gốc phát hành", 0, None)
    assert wait_of(found) == pytest.approx(3600, abs=2)
    [(method, _, headers)] = publisher.asked
    assert method == "GET"
    assert headers["Accept-Encoding"] == "identity"
    await do(exchange, revocations.CHORE)
    assert len(publisher.asked) == 1  # not due yet


async def test_list_in_pem_is_taken(exchange: Exchange, publisher: Publisher, root: Authority) -> None:
    parsed = x509.load_der_x509_crl(root.crl(2))
    publisher.files["/pem"] = parsed.public_bytes(odd.Encoding.PEM)
    await sources.add_source(exchange.database, f"{publisher.url}/pem")
    await do(exchange, revocations.CHORE)
    assert await lists(exchange) == (parsed.public_bytes(odd.Encoding.DER),)


async def test_list_that_ends_soon_is_fetched_again_at_half_of_what_is_left(
    exchange: Exchange, publisher: Publisher, root: Authority
) -> None:
    publisher.files["/c"] = revocation_list(root, begin=now() - HOUR, end=now() + timedelta(minutes=40))
    await sources.add_source(exchange.database, f"{publisher.url}/c")
    await do(exchange, revocations.CHORE)
    assert wait_of(await source(exchange)) == pytest.approx(20 * 60, abs=3)


async def test_older_list_never_displaces_the_one_in_force(
    exchange: Exchange, publisher: Publisher, root: Authority
) -> None:
    newer = revocation_list(root, begin=now() - HOUR, end=now() + DAY)
    older = revocation_list(root, begin=now() - 2 * HOUR, end=now() + DAY)
    publisher.files["/c"] = newer
    await sources.add_source(exchange.database, f"{publisher.url}/c")
    await do(exchange, revocations.CHORE)
    publisher.files["/c"] = older
    assert [one.failures for one in await revocations.fetch_all(exchange.database)] == [0]
    assert len(publisher.asked) == 2
    assert await lists(exchange) == (newer,)


async def test_same_list_again_makes_nobody_judge_anew(
    exchange: Exchange, publisher: Publisher, root: Authority
) -> None:
    publisher.files["/c"] = root.crl(2)
    await sources.add_source(exchange.database, f"{publisher.url}/c")
    await revocations.fetch_all(exchange.database)
    first = await version(exchange)
    await revocations.fetch_all(exchange.database)
    assert await version(exchange) == first


async def failing(exchange: Exchange, url: str) -> str:
    """How a fetch from this address failed; what is in force stays."""
    before = await lists(exchange)
    await sources.add_source(exchange.database, url)
    [found] = await revocations.fetch_all(exchange.database)
    assert (found.failures, found.fetched_at) == (1, None)
    assert 40 <= wait_of(found) <= 60
    assert await lists(exchange) == before
    assert found.outcome is not None
    return found.outcome


async def test_list_that_another_key_signed_is_refused(
    exchange: Exchange, publisher: Publisher, root: Authority
) -> None:
    await authorities.add_crl(exchange.database, root.crl(2))
    publisher.files["/c"] = Authority.make("Gốc phát hành").crl(2)
    assert "is not signed by the trusted authority" in await failing(exchange, f"{publisher.url}/c")


async def test_list_of_a_strange_authority_is_refused(exchange: Exchange, publisher: Publisher) -> None:
    publisher.files["/c"] = Authority.make("Gốc lạ").crl(2)
    assert "no authority of that name is trusted" in await failing(exchange, f"{publisher.url}/c")


async def test_list_that_begins_in_the_future_is_refused(
    exchange: Exchange, publisher: Publisher, root: Authority
) -> None:
    publisher.files["/c"] = revocation_list(root, begin=now() + HOUR, end=now() + DAY)
    assert "begins only at" in await failing(exchange, f"{publisher.url}/c")


async def test_delta_list_is_refused(exchange: Exchange, publisher: Publisher, root: Authority) -> None:
    delta = ((x509.DeltaCRLIndicator(1), True),)
    publisher.files["/c"] = revocation_list(root, begin=now() - HOUR, end=now() + DAY, extensions=delta)
    assert "delta" in await failing(exchange, f"{publisher.url}/c")


async def test_page_that_is_no_list_is_refused(exchange: Exchange, publisher: Publisher) -> None:
    publisher.files["/c"] = b"<html>login</html>"
    assert "cannot be read" in await failing(exchange, f"{publisher.url}/c")


async def test_redirect_is_not_followed(exchange: Exchange, publisher: Publisher, root: Authority) -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": f"{publisher.url}/real"})

    publisher.answers["/c"] = elsewhere
    publisher.files["/real"] = root.crl(2)
    assert await failing(exchange, f"{publisher.url}/c") == "HTTP 302"
    assert [path for _, path, _ in publisher.asked] == ["/c"]


async def test_server_that_is_away_is_tried_again(exchange: Exchange) -> None:
    assert "127.0.0.1" in await failing(exchange, "http://127.0.0.1:9/c")


async def test_list_that_is_stale_on_arrival_is_a_failure_and_kept(
    exchange: Exchange, publisher: Publisher, root: Authority
) -> None:
    stale = revocation_list(root, begin=now() - 2 * DAY, end=now() - HOUR)
    publisher.files["/c"] = stale
    await sources.add_source(exchange.database, f"{publisher.url}/c")
    [found] = await revocations.fetch_all(exchange.database)
    assert found.failures == 1
    assert found.outcome is not None
    assert "stale" in found.outcome
    assert await lists(exchange) == (stale,)


async def test_failures_wait_longer_and_one_success_forgets_them(
    exchange: Exchange, publisher: Publisher, root: Authority
) -> None:
    await sources.add_source(exchange.database, f"{publisher.url}/c")
    waits = []
    for _ in range(4):
        [found] = await revocations.fetch_all(exchange.database)
        waits.append(wait_of(found))
    assert waits == sorted(waits)
    assert waits[3] >= 8 * 60 * 0.8
    publisher.files["/c"] = root.crl(2)
    [found] = await revocations.fetch_all(exchange.database)
    assert (found.failures, found.outcome) == (0, None)


async def test_failing_source_is_told(exchange: Exchange, publisher: Publisher) -> None:
    from exchange.checks import check_all

    await sources.add_source(exchange.database, f"{publisher.url}/gone")
    for _ in range(3):
        await revocations.fetch_all(exchange.database)
    red = {one.name: one.detail for one in await check_all(exchange) if not one.ok}
    assert "HTTP 404" in red["revocation_sources"]
    assert "CN=Gốc phát hành" in red["revocation_lists"]


async def test_source_is_named_once_and_removed(exchange: Exchange, publisher: Publisher) -> None:
    url = f"{publisher.url}/c"
    await sources.add_source(exchange.database, url)
    await sources.add_source(exchange.database, url, every_seconds=600)
    assert (await source(exchange)).every_seconds == 600
    await sources.remove_source(exchange.database, url)
    assert await revocations.fetch_all(exchange.database) == []
    with pytest.raises(Refused, match=r"source\.unknown"):
        await sources.remove_source(exchange.database, url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "ca.example/x.crl", "ftp://ca.example/x", "file:///etc/passwd", "ldap://ca.example/x", "http://"),
        *("http:///x", "http://user:word@ca.example/x", "http://ca.example/\nx", "http://ca.example/x#y"),
        f"http://a/{'x' * 2000}",
    ],
)
async def test_address_that_is_no_web_address_is_refused(exchange: Exchange, url: str) -> None:
    with pytest.raises(Refused, match=r"source\.malformed"):
        await sources.add_source(exchange.database, url)


def test_named_address_is_kept_as_it_is() -> None:
    for url in ("http://crl.example/a.crl", "https://10.1.2.3:8443/crl?ca=1", "http://[::1]/a"):
        assert check_url(url) == url


# fetching


async def test_fetch_stops_at_the_limit(publisher: Publisher) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * 65536)

    publisher.answers["/endless"] = endless
    publisher.files["/exact"] = b"x" * 1000
    with pytest.raises(FetchFailed, match="longer than 100000 bytes"):
        await fetch(f"{publisher.url}/endless", limit=100_000)
    assert await fetch(f"{publisher.url}/exact", limit=1000) == b"x" * 1000
    with pytest.raises(FetchFailed, match="longer than 999 bytes"):
        await fetch(f"{publisher.url}/exact", limit=999)


async def test_fetch_gives_a_silent_server_up(publisher: Publisher) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"x")
        await publisher.closing.wait()
        return answer

    publisher.answers["/silent"] = silent
    with pytest.raises(FetchFailed, match=r"no answer within 0\.2 s"):
        await fetch(f"{publisher.url}/silent", seconds=0.2)
    assert fetching.FETCH_SECONDS == 10


async def test_fetch_asks_no_proxy_of_the_environment(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher.files["/c"] = b"direct"
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert await fetch(f"{publisher.url}/c") == b"direct"


async def test_fetch_does_not_unpack(publisher: Publisher) -> None:
    async def packed(_: web.Request) -> web.Response:
        return web.Response(body=b"\x1f\x8bpacked", headers={"Content-Encoding": "gzip"})

    publisher.answers["/c"] = packed
    assert await fetch(f"{publisher.url}/c") == b"\x1f\x8bpacked"


def test_waits() -> None:
    at = now()
    assert again_seconds(at, at + DAY, 3600) == 3600
    assert again_seconds(at, at + HOUR, 3600) == 1800
    assert again_seconds(at, at + timedelta(seconds=20), 3600) == 60
    assert again_seconds(at, at - DAY, 3600) == 60
    assert again_seconds(at, None, 3600) == 900
    assert 48 <= retry_seconds(1) <= 60
    assert 96 <= retry_seconds(2) <= 120
    assert retry_seconds(500) <= 3600
