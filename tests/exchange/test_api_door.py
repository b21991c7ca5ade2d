"""The door: credentials, each system's share, request ids, and one answer for each way to fail."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import structlog
from aiohttp import web

from envelopes.faults import Refused
from exchange.api import errors
from exchange.api.app import create_app
from exchange.api.door import Shares
from exchange.api.errors import TooMany
from exchange.api.routes import ROUTES
from exchange.api.runner import ApiRunner
from exchange.errors import Busy, NotAllowed, NotThere, Unauthenticated
from exchange.rules import BODY_TOO_SLOW, CONFIRMATION_MISMATCH, RECIPIENT_UNKNOWN, REFERENCE_CONFLICT
from storage.objects import ObjectMissing, ObjectsAway
from storage.outages import CommitUnknown, DatabaseAway
from tests.support.raw import head, line
from tests.support.world import A, B, world_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.world import World

PRIVATE = [route for route in ROUTES if not route.public]


def filled(path: str) -> str:
    """The path with ids that nothing has."""
    place = "0199b1f0-6d2c-7a41-9c53-2f8e5a7d1b10"
    return path.replace("{id}", place).replace("{n}", "1").replace("{code}", "H08.02").replace("{name}", "so")


async def ask(world: World, path: str, credential: str, method: str = "GET", **headers: str) -> tuple[int, Any, Any]:
    given = {"Authorization": credential} if credential else {}
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method, world.url + path, headers=given | {name.replace("_", "-"): value for name, value in headers.items()}
        ) as answer,
    ):
        return answer.status, answer.headers, await answer.json(content_type=None)


@pytest.mark.parametrize("route", PRIVATE, ids=lambda route: f"{route.method} {route.path}")
async def test_every_private_route_wants_a_credential(world: World, route: Any) -> None:
    for credential in ("", "Bearer", "Bearer x", "Basic abc", "Bearer c0123456789abcdef." + "0" * 64):
        status, headers, problem = await ask(world, filled(route.path), credential, route.method)
        assert status == 401
        assert headers["WWW-Authenticate"].startswith("Bearer")
        assert problem["type"] == "about:blank#unauthenticated"


async def test_right_id_with_another_secret_stays_outside(world: World) -> None:
    own = world.actors[A].credential
    for wrong in (own[:-1] + ("0" if own[-1] != "0" else "1"), own.upper(), own + "0", own.partition(".")[0]):
        assert (await ask(world, "/v1/inbox", f"Bearer {wrong}"))[0] == 401
    assert (await ask(world, "/v1/inbox", f"bearer {own}"))[0] == 200


async def test_revoked_credential_is_refused_within_a_second(world: World) -> None:
    own = world.actors[A].credential
    assert (await ask(world, "/v1/inbox", f"Bearer {own}"))[0] == 200
    async with world.exchange.database.transaction() as conn:
        await conn.execute("UPDATE credentials SET revoked_at = clock_timestamp() WHERE id = $1", own.partition(".")[0])
    async with asyncio.timeout(1.0):
        while (await ask(world, "/v1/inbox", f"Bearer {own}"))[0] != 401:
            pass


async def test_odd_characters_in_a_credential_are_only_wrong(world: World) -> None:
    for odd in ("a b.c", "%00.x", "'; DROP TABLE agencies;--.x", "x" * 5000 + ".y", "é.x"):
        assert (await ask(world, "/v1/inbox", f"Bearer {odd}"))[0] == 401


async def test_two_credentials_in_one_request_are_none(world: World) -> None:
    async with line(world.url) as wire:
        own = world.actors[A].credential
        wire.send(head("GET", "/v1/inbox", own, authorization=f"Bearer {own}"))
        assert (await wire.answer()).status in {400, 401}


def test_share_is_a_rate_with_a_burst_of_one_second() -> None:
    now = [0.0]
    shares = Shares(rate=3, connections=100, clock=lambda: now[0])

    def take() -> None:
        with shares.taken("a"):
            pass

    for _ in range(3):
        take()
    with pytest.raises(TooMany):
        take()
    with shares.taken("b"):  # another system's share is its own
        pass
    now[0] += 0.34
    take()
    with pytest.raises(TooMany):
        take()
    now[0] += 1000
    for _ in range(3):
        take()
    with pytest.raises(TooMany):
        take()


def test_share_counts_requests_under_way_and_gives_them_back() -> None:
    shares = Shares(rate=100, connections=2)
    with shares.taken("a"), shares.taken("a"), pytest.raises(TooMany), shares.taken("a"):
        pass
    with pytest.raises(RuntimeError), shares.taken("a"):
        raise RuntimeError
    with shares.taken("a"), shares.taken("a"):
        pass


async def test_busy_system_is_told_to_wait_and_others_are_not(dsn: str, tmp_path: Path) -> None:
    async with world_of(dsn, tmp_path, connections_per_system=2) as world:
        mine, other = (f"Bearer {world.actors[code].credential}" for code in (A, B))
        sleepers = [asyncio.create_task(ask(world, "/v1/inbox?wait=30", mine)) for _ in range(2)]
        async with asyncio.timeout(5):
            while len(world.exchange.bell) < 2:
                await asyncio.sleep(0.01)
        status, headers, problem = await ask(world, "/v1/inbox", mine)
        assert (status, problem["type"]) == (429, "about:blank#too-many")
        assert int(headers["Retry-After"]) >= 1
        assert (await ask(world, "/v1/inbox", other))[0] == 200
        for sleeper in sleepers:
            sleeper.cancel()
        await asyncio.gather(*sleepers, return_exceptions=True)
        async with asyncio.timeout(5):  # who hung up no longer counts
            while (await ask(world, "/v1/inbox", mine))[0] != 200:
                await asyncio.sleep(0.01)


async def test_sane_request_id_is_taken_over_and_any_other_replaced(world: World) -> None:
    for given in ("abc-123.DEF_45", "0199b1f0-6d2c-7a41-9c53-2f8e5a7d1b10"):
        _, headers, problem = await ask(world, "/v1/nowhere", "", X_Request_Id=given)
        assert headers["X-Request-Id"] == problem["request_id"] == given
    for odd in ("short", "x" * 65, "with space", "línea", "a=b;c=d;e=f"):
        _, headers, problem = await ask(world, "/v1/nowhere", "", X_Request_Id=odd)
        assert re.fullmatch(r"[0-9a-f-]{36}", headers["X-Request-Id"])
        assert headers["X-Request-Id"] == problem["request_id"]


async def test_unknown_address_and_method_are_problems_too(world: World) -> None:
    status, headers, problem = await ask(world, "/nowhere", "")
    assert (status, problem["status"], headers["Content-Type"]) == (404, 404, "application/problem+json")
    status, headers, _ = await ask(world, "/v1/inbox", "", "DELETE")
    assert status == 405
    assert set(headers["Allow"].split(",")) == {"GET", "HEAD"}


async def test_answers_name_no_software_version_and_are_not_kept(world: World) -> None:
    for path in ("/healthz", "/v1/inbox", "/nowhere"):
        _, headers, _ = await ask(world, path, "")
        assert headers["Server"] == "lienthong"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"


KNOWN = [
    (Refused(RECIPIENT_UNKNOWN.at(code="x")), 422, "refused"),
    (Refused(REFERENCE_CONFLICT.at(reference="r", accepted="a", first="1", second="2")), 409, "conflict"),
    (Refused(CONFIRMATION_MISMATCH.at(given="1", expected="2")), 409, "conflict"),
    (Refused(BODY_TOO_SLOW.at(seconds=1, received=1, rate=1)), 408, "too-slow"),
    (Unauthenticated(), 401, "unauthenticated"),
    (NotAllowed(), 403, "not-allowed"),
    (NotThere(), 404, "not-there"),
    (TooMany("rate", seconds=0.1), 429, "too-many"),
    (Busy("full", seconds=30), 503, "away"),
    (DatabaseAway("gone"), 503, "away"),
    (ObjectsAway("gone"), 503, "away"),
    (ObjectMissing("gone"), 503, "away"),
    (TimeoutError(), 503, "away"),
    (CommitUnknown("?"), 503, "unknown"),
    (web.HTTPMethodNotAllowed("PUT", ["GET"]), 405, "method-not-allowed"),
    (web.HTTPNotFound(), 404, "not-there"),
    (RuntimeError("secret detail"), 500, "failed"),
    (KeyError("secret detail"), 500, "failed"),
]


@pytest.mark.parametrize(("error", "status", "kind"), KNOWN, ids=lambda given: type(given).__name__)
def test_each_way_to_fail_has_one_answer(error: Exception, status: int, kind: str) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = errors.answer(error, "request-1")
    assert answer.status == status
    assert answer.content_type == "application/problem+json"
    assert isinstance(answer.body, bytes)
    text = answer.body.decode()
    assert f'"about:blank#{kind}"' in text
    assert '"request_id":"request-1"' in text
    assert "secret detail" not in text
    assert ("Retry-After" in answer.headers) == (status in {429, 503})
    assert any(line["event"] == "request.failed" for line in lines) == (status == 500)


def test_waiting_is_whole_seconds_and_never_none() -> None:
    answers = [errors.answer(Busy("full", seconds=seconds), "r") for seconds in (0, 0.2, 1.2, 30)]
    assert [answer.headers["Retry-After"] for answer in answers] == ["1", "1", "2", "30"]


def test_every_text_is_in_two_languages() -> None:
    for words in (*errors.WORDS.values(), errors.UNKNOWN):
        assert words.vi
        assert words.en
        assert not words.vi.isascii()
        assert words.en.isascii()


async def test_pages_below_answer_their_own_errors(world: World) -> None:
    async def leave(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/desk/sign-in")

    app, pages = create_app(world.exchange), web.Application()
    pages.router.add_get("/", leave)
    app.add_subapp("/desk", pages)
    runner = ApiRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with line(f"http://127.0.0.1:{runner.addresses[0][1]}") as wire:
            wire.send(head("GET", "/desk/"))
            answer = await wire.answer()
            assert (answer.status, answer.headers["location"]) == (302, "/desk/sign-in")
            assert answer.headers["server"] == "lienthong"
            wire.send(head("GET", "/desk/nowhere"))
            assert "json" not in (await wire.answer()).headers["content-type"]
    finally:
        await runner.cleanup()
