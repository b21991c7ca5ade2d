"""From what went wrong to an answer: the one place that knows which HTTP status an exception is (RFC 9457)."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from envelopes.faults import Refused
from exchange.api.rules import BODY_GARBLED
from exchange.api.shapes import fault_json, json_bytes
from exchange.api.words import UNKNOWN, WORDS, Words
from exchange.errors import Busy, NotAllowed, NotThere, Unauthenticated
from storage.objects import ObjectDamaged, ObjectMissing, ObjectsAway
from storage.outages import CommitUnknown, DatabaseAway

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envelopes.faults import Fault

PROBLEM = "application/problem+json"
"""RFC 9457."""

AWAY_SECONDS = 2
"""A database or store that was restarted is back within seconds (RELIABILITY section 6)."""

REFUSAL_STATUSES: Mapping[str, int] = {
    "body.too_large": 413,
    "body.too_slow": 408,
    "body.cut_off": 400,
    "body.garbled": 400,
    "body.unsupported": 415,
    "reference.conflict": 409,
    "confirmation.mismatch": 409,
    "delivery.withdrawn": 410,
    "attachment.removed": 410,
    "query.unknown": 400,
    "query.repeated": 400,
    "query.invalid": 400,
    "cursor.invalid": 400,
    "json.malformed": 400,
}
"""Fault codes that are more than "refused" (422) in HTTP's own terms; the first fault decides."""

log = structlog.get_logger()


class TooMany(Exception):  # noqa: N818 - says what is the case
    """One system asks for more than its share; `reason` is `rate` or `connections`."""

    def __init__(self, reason: str, *, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


def problem_json(words: Words, status: int, request_id: str, faults: Sequence[Fault] = ()) -> dict[str, Any]:
    """The answer's content."""
    shown: dict[str, Any] = {
        "type": f"about:blank#{words.type}",
        "title": words.title,
        "status": status,
        "detail": f"{words.vi} / {words.en}",
        "request_id": request_id,
    }
    if faults:
        shown["faults"] = [fault_json(fault) for fault in faults]
    return shown


def problem(
    status: int,
    request_id: str,
    *,
    words: Words | None = None,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """A problem as RFC 9457 wants it, in both languages."""
    said = words or WORDS.get(status) or _other(status)
    return web.Response(
        status=status,
        body=json_bytes(problem_json(said, status, request_id, faults)),
        content_type=PROBLEM,
        headers=headers,
    )


def _other(status: int) -> Words:
    phrase = HTTPStatus(status).phrase
    return Words(type=phrase.lower().replace(" ", "-"), title=phrase, vi=phrase, en=phrase)


def status_of(faults: Sequence[Fault]) -> int:
    """The HTTP status of a refusal."""
    return REFUSAL_STATUSES.get(faults[0].code, 422)


def answer(error: Exception, request_id: str) -> web.Response:
    """The answer to whatever a handler raised; a bug is logged with its traceback and answered with 500."""
    if isinstance(error, Refused):
        return problem(status_of(error.faults), request_id, faults=error.faults)
    if isinstance(error, web.HTTPException):
        return _from_aiohttp(error, request_id)
    if isinstance(error, HttpProcessingError):
        return problem(400, request_id, faults=[BODY_GARBLED.at()])
    found = _known(error, request_id)
    if found is not None:
        return found
    log.error("request.failed", exc_info=error)
    return problem(500, request_id)


def _known(error: Exception, request_id: str) -> web.Response | None:
    if isinstance(error, Unauthenticated):
        return problem(401, request_id, headers={"WWW-Authenticate": 'Bearer realm="lienthong"'})
    if isinstance(error, NotAllowed):
        return problem(403, request_id)
    if isinstance(error, NotThere):
        return problem(404, request_id)
    if isinstance(error, TooMany):
        return problem(429, request_id, headers=_wait(error.seconds))
    return _outage(error, request_id)


def _outage(error: Exception, request_id: str) -> web.Response | None:
    if isinstance(error, Busy):
        log.warning("exchange.busy", reason=str(error))
        return problem(503, request_id, headers=_wait(error.seconds))
    if isinstance(error, CommitUnknown):
        log.warning("commit.unknown", error=str(error))
        return problem(503, request_id, words=UNKNOWN, headers=_wait(AWAY_SECONDS))
    if isinstance(error, (ObjectMissing, ObjectDamaged)):  # it comes back when an operator restores it
        log.error("object.missing" if isinstance(error, ObjectMissing) else "object.damaged", error=str(error))
        return problem(503, request_id, headers=_wait(AWAY_SECONDS))
    if isinstance(error, (DatabaseAway, ObjectsAway, TimeoutError)):
        log.warning("outage.met", error=f"{type(error).__name__}: {error}")
        return problem(503, request_id, headers=_wait(AWAY_SECONDS))
    return None


def _wait(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(seconds)))}


def _from_aiohttp(error: web.HTTPException, request_id: str) -> web.Response:
    kept = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
    return problem(error.status, request_id, headers=kept)
