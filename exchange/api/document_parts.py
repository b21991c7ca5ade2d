"""Parameters, headers and answers that the operations of the OpenAPI document are put together from."""

from __future__ import annotations

from typing import Any

from exchange.api.cursors import AGENCY_CURSOR, INBOX_CURSOR, OUTBOX_CURSOR
from exchange.api.document_examples import EXAMPLES, problem_example
from exchange.api.document_schemas import AGENCY_PATTERN, Schema, ref, text
from exchange.api.errors import PROBLEM
from exchange.api.query import DEFAULT_LIMIT, MAX_LIMIT, MAX_WAIT_SECONDS
from exchange.api.words import WORDS

JSON = "application/json"
XML = "application/xml"

_INTEGER: Schema = {"type": "integer"}


def _query(name: str, description: str, schema: Schema, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


def _path(name: str, description: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def _cursor(pattern: str) -> dict[str, Any]:
    return _query("cursor", "`next` of the page before; opaque.", text(pattern=pattern))


def _condition(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": description, "schema": text()}


ID = _path("id", "Identifier the exchange gave out.", text(format="uuid"))
N = _path("n", "The attachment's number, from 1.", {**_INTEGER, "minimum": 1, "maximum": 999_999_999})
CODE = _path("code", "Agency code.", text(pattern=AGENCY_PATTERN))
GROUP = _path("name", "Name of the group.", text(pattern=r"^[0-9A-Za-z._-]{1,64}$"))
LIMIT = _query(
    "limit", "Items of the page.", {**_INTEGER, "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
)
WAIT = _query(
    "wait",
    "Seconds to sleep at most while there is nothing.",
    {"type": "number", "minimum": 0, "maximum": MAX_WAIT_SECONDS, "default": 0},
)
KIND = _query("kind", "Only this kind; left out or empty: both.", text(enum=["document", "status", ""]))
FOR_AGENCY = _query(
    "agency",
    "Only deliveries to this agency, one of the system's own; left out or empty: all of them.",
    text(pattern="^[0-9A-Za-z._-]{0,35}$"),
)
FORM = _query(
    "form",
    "`opened` (default): as a person opens it; `transferred`: the octets as sent.",
    text(enum=["opened", "transferred", ""]),
)
INBOX_PLACE = _cursor(INBOX_CURSOR.pattern)
OUTBOX_PLACE = _cursor(OUTBOX_CURSOR.pattern)
AGENCY_PLACE = _cursor(AGENCY_CURSOR.pattern)
CONDITIONS = [
    _condition("Range", "One range of bytes (RFC 9110); several, or one that cannot be read, are answered in full."),
    _condition("If-Range", "The range only if this is still the ETag."),
    _condition("If-None-Match", "ETags the caller has already."),
]

HEADERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "Names the request in logs; the caller's own if it sent a sane one.",
        "required": True,
        "schema": text(pattern="^[A-Za-z0-9._-]{8,64}$"),
    },
    "Retry-After": {
        "description": "Seconds after which to ask again.",
        "required": True,
        "schema": {**_INTEGER, "minimum": 1},
    },
    "WWW-Authenticate": {"required": True, "schema": text(examples=['Bearer realm="lienthong"'])},
    "Location": {"required": True, "schema": text(format="uri-reference")},
    "Link": {"description": "RFC 8288, `rel=next`, when there is a next page.", "schema": text()},
    "ETag": {"required": True, "schema": text(pattern='^"[0-9a-f]{64}"$')},
    "Repr-Digest": {
        "description": "RFC 9530, of the whole content.",
        "required": True,
        "schema": text(pattern="^sha-256=:[A-Za-z0-9+/]{43}=:$"),
    },
    "Accept-Ranges": {"required": True, "schema": text(enum=["bytes"])},
    "Content-Range": {"required": True, "schema": text(pattern="^bytes ([0-9]+-[0-9]+|\\*)/[0-9]+$")},
    "Content-Disposition": {"required": True, "schema": text(pattern="^attachment; ")},
}
BYTES_HEADERS = ("ETag", "Repr-Digest", "Accept-Ranges", "Content-Disposition")
_REFUSAL_HEADERS = {401: ("WWW-Authenticate",), 416: ("Content-Range",), 429: ("Retry-After",), 503: ("Retry-After",)}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *names)}


def said(description: str, schema: str, *headers: str) -> dict[str, Any]:
    """An answer of JSON."""
    content = {JSON: {"schema": ref(schema), "example": EXAMPLES[schema]}}
    return {"description": description, "headers": _headers(*headers), "content": content}


def bare(description: str, content: dict[str, Any], *headers: str) -> dict[str, Any]:
    """An answer that is no JSON of ours."""
    found = {"description": description, "headers": _headers(*headers)}
    return found | ({"content": content} if content else {})


def octets(*media_types: str) -> dict[str, Any]:
    """Content of these types, any bytes."""
    return {media_type: {"schema": {}} for media_type in media_types}


def refusals(*statuses: int) -> dict[str, Any]:
    """References to the problems of these statuses."""
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)}


PROBLEMS = {
    f"Problem{status}": {
        "description": f"{words.vi} / {words.en}",
        "headers": _headers(*_REFUSAL_HEADERS.get(status, ())),
        "content": {PROBLEM: {"schema": ref("Problem"), "example": problem_example(status)}},
    }
    for status, words in WORDS.items()
    if status != 405  # no operation answers it: it is what other methods get
}
"""The components' responses: one problem for each status."""
