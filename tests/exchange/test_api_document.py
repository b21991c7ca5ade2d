"""The OpenAPI document agrees with the routes, with API.md's field names, and with what is really answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import jsonschema_rs
import pytest

from exchange.api.app import create_app
from exchange.api.document import document
from exchange.api.routes import ROUTES
from exchange.axis.app import OPERATIONS
from tests.support.world import A, B, C

if TYPE_CHECKING:
    from tests.support.world import World

FIELDS = {
    "Problem": "type title status detail request_id faults",
    "Fault": "code path class value message rule",
    "Submission": "id kind reference operation sender sha256 size accepted_at signature deliveries undeliverable "
    "warnings receipt",
    "Signature": "outcome profile certificate",
    "SentDelivery": "id recipient state",
    "FollowedDelivery": "id recipient state events",
    "Undeliverable": "recipient fault",
    "Event": "at event code by description",
    "Outbox": "envelopes next",
    "Inbox": "deliveries next",
    "Waiting": "id envelope kind operation reference sender recipient number notation subject issued_on urgency due_on "
    "state sha256 size accepted_at status attachments",
    "Delivery": "id envelope state events",
    "Attachment": "n name media_type size sha256",
    "Status": "code description reported_at delivery",
    "Confirmation": "sha256",
    "Confirmed": "id state confirmed_at",
    "Agencies": "agencies next",
}
"""The names API.md promises."""

MORE = {
    "Event": {"flagged"},
    "FollowedDelivery": {"late_to_receive_since", "overdue_since"},
    "Waiting": {"signature", "reason", "links", "late_to_receive_since", "overdue_since"},
    "Signature": {"signer", "claimed_at", "reason"},
    "Attachment": {"pdf_signatures", "removed"},
}
"""What we say beyond API.md's example lines: `flagged` stands in its details, and a recipient must know who signed and
what a recall recalls, a sender why its envelope is held, both since when something is late."""


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """The document as a client gets it."""
    found: dict[str, Any] = json.loads(json.dumps(document()))
    return found


def answers(described: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every answer of every operation, references followed."""
    found = []
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                name = answer.get("$ref", "").rpartition("/")[2]
                found.append((f"{method} {path} {status}", described["components"]["responses"].get(name, answer)))
    return found


def checker(described: dict[str, Any], schema: dict[str, Any]) -> Any:
    return jsonschema_rs.Draft202012Validator({**schema, "components": described["components"]}, validate_formats=True)


def test_every_route_is_documented_and_the_reverse(described: dict[str, Any]) -> None:
    listed = {(route.method.lower(), route.path) for route in ROUTES}
    listed |= {("head", path) for method, path in listed if method == "get"}
    assert {(method, path) for path, found in described["paths"].items() for method in found} == listed


async def test_router_answers_exactly_the_listed_routes(world: World) -> None:
    routes = {(route.method, route.path) for route in ROUTES}
    routes |= {("HEAD", path) for method, path in routes if method == "GET"}
    routes |= {("*", "/{base}" + one.name) for one in OPERATIONS}  # the other door has a protocol of its own
    router = create_app(world.exchange).router
    assert {(found.method, found.resource.canonical) for found in router.routes() if found.resource} == routes


def test_queries_are_documented_as_the_routes_know_them(described: dict[str, Any]) -> None:
    for route in ROUTES:
        operation = described["paths"][route.path][route.method.lower()]
        named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
        assert named == set(route.query), route.path
        assert ("security" in operation) == route.public, route.path


@pytest.mark.parametrize("name", FIELDS)
def test_shapes_have_the_promised_fields(described: dict[str, Any], name: str) -> None:
    properties = set(described["components"]["schemas"][name]["properties"])
    promised = set(FIELDS[name].split())
    assert promised <= properties
    if name != "Delivery":
        assert properties - promised == MORE.get(name, set())


def test_document_is_sound(described: dict[str, Any]) -> None:
    text = json.dumps(described)
    for section in ("schemas", "headers", "responses"):
        for name in described["components"][section]:
            if section != "responses" or "Head" not in name:
                assert f'"#/components/{section}/{name}"' in text, f"{section}/{name} is used nowhere"
    for schema in described["components"]["schemas"].values():
        checker(described, schema)
    names = [one["operationId"] for path in described["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))


def test_every_answer_has_an_example_of_its_shape(described: dict[str, Any]) -> None:
    for place, answer in answers(described):
        for media_type, content in answer.get("content", {}).items():
            if "$ref" in content["schema"]:
                assert "example" in content, f"{place} {media_type}"
                checker(described, content["schema"]).validate(content["example"])


def test_every_answer_says_its_request_id(described: dict[str, Any]) -> None:
    for place, answer in answers(described):
        assert "X-Request-Id" in answer["headers"], place


def test_private_operations_document_how_they_fail(described: dict[str, Any]) -> None:
    for route in ROUTES:
        statuses = set(described["paths"][route.path][route.method.lower()]["responses"])
        assert {"400", "500"} <= statuses
        assert route.public or {"401", "429", "503"} <= statuses
        assert ("{" not in route.path) or "404" in statuses
        assert (route.method != "POST") or {"408", "413", "415", "422"} <= statuses


async def get(world: World, path: str, who: str) -> Any:
    headers = {"Authorization": f"Bearer {world.actors[who].credential}"}
    async with aiohttp.ClientSession() as session, session.get(world.url + path, headers=headers) as answer:
        return await answer.json(content_type=None)


async def test_what_is_answered_has_the_documented_shape(world: World, described: dict[str, Any]) -> None:
    def check(name: str, value: Any) -> None:
        checker(described, {"$ref": f"#/components/schemas/{name}"}).validate(value)

    path = world.envelope(world.document(A, B, C, "H08.99"), world.attachment())
    async with world.client(A) as sender, world.client(B) as recipient:
        taken = await sender.submit(path)
        [waiting] = (await recipient.inbox()).deliveries
        await recipient.confirm(waiting.id, waiting.sha256)
        await recipient.report(waiting, "06", signer=world.actors[B].signer)  # out of order: flagged
    check("Envelope", await get(world, f"/v1/envelopes/{taken.id}", A))
    check("Outbox", await get(world, "/v1/outbox", A))
    check("Outbox", await get(world, "/v1/outbox", B))
    statuses = await get(world, "/v1/inbox?kind=status", A)
    assert [one["status"]["code"] for one in statuses["deliveries"]] == ["01", "06"]
    assert all(one["attachments"] == [] for one in statuses["deliveries"])
    assert all(one["status"]["delivery"] == waiting.id for one in statuses["deliveries"])
    check("Inbox", statuses)
    check("Inbox", await get(world, "/v1/inbox", C))
    check("Delivery", await get(world, f"/v1/deliveries/{waiting.id}", B))
    check("Agencies", await get(world, "/v1/agencies", A))
    check("Problem", await get(world, "/v1/inbox?x=1", A))
    check("Ready", await get(world, "/readyz", A))
    check("Alive", await get(world, "/healthz", A))


async def test_submission_answers_the_documented_shape_and_place(world: World, described: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {world.actors[A].credential}", "Content-Type": "application/xml"}
    data = world.envelope(world.document(A, B, "H08.99"), world.attachment()).read_bytes()
    found = []
    for expected in (201, 200):
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{world.url}/v1/envelopes", data=data, headers=headers) as answer,
        ):
            found.append(await answer.json())
            assert answer.status == expected
            assert answer.headers["Location"] == f"/v1/envelopes/{found[-1]['id']}"
    assert found[0] == found[1]
    checker(described, {"$ref": "#/components/schemas/Submission"}).validate(found[0])
    assert found[0]["undeliverable"][0]["fault"]["code"] == "recipient.unknown"


async def test_served_document_is_the_document(world: World, described: dict[str, Any]) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{world.url}/v1/openapi.json") as answer:
        assert answer.content_type == "application/json"
        assert await answer.json() == described
