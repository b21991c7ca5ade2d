"""Queries, cursors and pages: strict about what is asked, exact about where a page ends; shapes to the letter."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from envelopes.faults import Refused
from exchange.api import cursors, shapes
from exchange.api.query import MAX_LIMIT, Query
from tests.support.world import A, B

if TYPE_CHECKING:
    from tests.support.world import World

MOMENTS = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(3000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


async def ask(world: World, path: str, who: str = A) -> tuple[int, Any, Any]:
    headers = {"Authorization": f"Bearer {world.actors[who].credential}"}
    async with aiohttp.ClientSession() as session, session.get(world.url + path, headers=headers) as answer:
        return answer.status, answer.headers, await answer.json(content_type=None)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("page=2", "query.unknown"),
        ("Limit=2", "query.unknown"),
        ("limit=2&limit=3", "query.repeated"),
        ("limit=0", "query.invalid"),
        ("limit=501", "query.invalid"),
        ("limit=-1", "query.invalid"),
        ("limit=1.0", "query.invalid"),
        ("limit=", "query.invalid"),
        ("limit=%D9%A3", "query.invalid"),  # an Arabic digit
        ("wait=31", "query.invalid"),
        ("wait=-1", "query.invalid"),
        ("wait=nan", "query.invalid"),
        ("wait=1e9", "query.invalid"),
        ("kind=letter", "query.invalid"),
        ("agency=%D0%9D08.02", "query.invalid"),  # a Cyrillic letter
        ("agency=%00", "query.invalid"),
        ("cursor=", "cursor.invalid"),
        ("cursor=abc", "cursor.invalid"),
        ("cursor=5" + "0" * 46, "cursor.invalid"),
        ("cursor=0" + "0" * 46 + "%0A", "cursor.invalid"),
    ],
)
async def test_query_that_is_not_understood_is_refused(world: World, query: str, code: str) -> None:
    status, _, problem = await ask(world, f"/v1/inbox?{query}")
    assert status == 400
    assert problem["faults"][0]["code"] == code
    assert set(problem["faults"][0]["message"]) == {"vi", "en"}


@pytest.mark.parametrize("path", ["/v1/agencies/H08.02?x=1", "/v1/outbox?wait=1", "/healthz?x", "/v1/openapi.json?a=b"])
async def test_no_address_ignores_what_it_does_not_know(world: World, path: str) -> None:
    assert (await ask(world, path))[0] == 400


def test_every_unknown_parameter_is_named() -> None:
    with pytest.raises(Refused) as refused:
        Query(MultiDict([("a", "1"), ("b", "2"), ("limit", "1"), ("limit", "2")]), ("limit", "cursor"))
    assert [(fault.code, fault.path) for fault in refused.value.faults] == [
        ("query.unknown", "a"),
        ("query.unknown", "b"),
        ("query.repeated", "limit"),
    ]


async def test_empty_kind_and_agency_mean_all(world: World) -> None:
    assert (await ask(world, f"/v1/inbox?wait=0&limit={MAX_LIMIT}&kind=&agency="))[0] == 200


async def test_inbox_of_somebody_else_is_forbidden(world: World) -> None:
    status, _, problem = await ask(world, f"/v1/inbox?agency={B}")
    assert (status, problem["type"]) == (403, "about:blank#not-allowed")


@given(st.integers(0, 4), MOMENTS, st.uuids())
def test_inbox_cursor_is_its_place(urgency: int, at: datetime, delivery: UUID) -> None:
    cursor = cursors.inbox_cursor(urgency, at, delivery)
    assert cursors.inbox_place(cursor) == (urgency, at, delivery)


@given(st.from_regex(cursors.OUTBOX_CURSOR, fullmatch=True))
def test_every_text_of_the_documented_form_is_a_place(cursor: str) -> None:
    assert cursors.OUTBOX_CURSOR.pattern.endswith("$")
    at, envelope = cursors.outbox_place(cursor.rstrip("\n"))
    assert cursors.outbox_cursor(at, envelope) == cursor.rstrip("\n")


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        cursors.outbox_place(text)


async def test_pages_of_the_outbox_meet_exactly(world: World) -> None:
    async with world.client(A) as sender:
        sent = [(await sender.submit(world.envelope())).id for _ in range(5)]
    seen: list[str] = []
    path = "/v1/outbox?limit=2"
    for size in (2, 2, 1):
        _, headers, found = await ask(world, path)
        assert len(found["envelopes"]) == size
        seen += [one["id"] for one in found["envelopes"]]
        if size == 1:
            assert found["next"] is None
            assert "Link" not in headers
            break
        link = re.fullmatch(r'<(/v1/outbox\?[^>]+)>; rel="next"', headers["Link"])
        assert link
        assert found["next"] in link[1]
        assert "limit=2" in link[1]
        path = link[1]
    assert seen == sent[::-1]


async def test_last_full_page_promises_no_empty_one(world: World) -> None:
    async with world.client(A) as sender:
        for _ in range(2):
            await sender.submit(world.envelope())
    assert (await ask(world, "/v1/outbox?limit=2"))[2]["next"] is None


async def test_pages_of_the_inbox_keep_the_order_of_urgency(world: World) -> None:
    async with world.client(A) as sender:
        for urgency in (0, 4, 2, 0, 4):
            await sender.submit(world.envelope(replace(world.document(), urgency=urgency)))
    seen, cursor = [], ""
    while True:
        _, _, found = await ask(world, f"/v1/inbox?limit=2{cursor}", B)
        seen += [(one["urgency"], one["accepted_at"]) for one in found["deliveries"]]
        if found["next"] is None:
            break
        cursor = f"&cursor={found['next']}"
    assert [urgency for urgency, _ in seen] == [4, 4, 2, 0, 0]
    assert seen == sorted(seen, key=lambda one: (-one[0], one[1]))


async def test_directory_is_listed_by_code(world: World) -> None:
    _, _, first = await ask(world, "/v1/agencies?limit=3")
    _, _, second = await ask(world, f"/v1/agencies?limit=3&cursor={first['next']}")
    codes = [one["code"] for one in first["agencies"] + second["agencies"]]
    assert codes == ["H08.02", "H08.30", "H08.31", "H08.40"]
    assert second["next"] is None
    _, _, one = await ask(world, "/v1/agencies/H08.02")
    assert (one["code"], one["name"], one["level"], one["parent"], one["active"]) == (A, "Sở Nội vụ", None, None, True)


@pytest.mark.parametrize("code", ["H08.99", "h08.02", "H08.02%20", "x" * 36, "%00", "H08%2F02", "Н08.02"])
async def test_unknown_agency_is_not_there(world: World, code: str) -> None:
    assert (await ask(world, f"/v1/agencies/{code}"))[0] == 404


@pytest.mark.parametrize(
    "odd", ["1", "x", "0199b1f06d2c7a419c532f8e5a7d1b10", "%7B0199b1f0-6d2c-7a41-9c53-2f8e5a7d1b10%7D"]
)
async def test_id_that_is_none_is_not_there(world: World, odd: str) -> None:
    for path in (f"/v1/envelopes/{odd}", f"/v1/envelopes/{odd}/receipt", f"/v1/deliveries/{odd}/envelope"):
        assert (await ask(world, path))[0] == 404


def test_times_are_utc_with_milliseconds() -> None:
    at = datetime(2026, 11, 23, 9, 15, 0, 123999, tzinfo=UTC) - timedelta(hours=7)
    assert shapes.moment(at) == "2026-11-23T02:15:00.123Z"
