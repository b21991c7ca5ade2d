"""The operations of the OpenAPI document, in the order of the routes."""

from __future__ import annotations

from typing import Any

from exchange.api.document_examples import EXAMPLES
from exchange.api.document_parts import (
    AGENCY_PLACE,
    BYTES_HEADERS,
    CODE,
    CONDITIONS,
    FOR_AGENCY,
    FORM,
    GROUP,
    ID,
    INBOX_PLACE,
    JSON,
    KIND,
    LIMIT,
    OUTBOX_PLACE,
    WAIT,
    XML,
    N,
    bare,
    octets,
    refusals,
    said,
)
from exchange.api.document_schemas import ref

ALWAYS = (400, 500)
"""Any operation may be asked with a malformed head or an unknown parameter, and may meet a bug."""

PRIVATE = (*ALWAYS, 401, 429, 503)
"""Operations behind the door: credential, share, and a database that may be away."""

BODY = (408, 413, 415)
"""Operations that read a body."""

DOWNLOAD = (*PRIVATE, 404, 410, 416)


def _operation(name: str, tag: str, summary: str, *parameters: Any, answers: dict[str, Any], **more: Any) -> Any:
    found = {"operationId": name, "tags": [tag], "summary": summary, **more}
    return found | ({"parameters": list(parameters)} if parameters else {}) | {"responses": answers}


def _download(name: str, tag: str, summary: str, *parameters: Any, media: tuple[str, ...]) -> Any:
    answers = {
        "200": bare("All of it.", octets(*media), *BYTES_HEADERS),
        "206": bare("The asked-for range.", octets(*media), *BYTES_HEADERS, "Content-Range"),
        "304": bare("The caller has it already.", {}, "ETag"),
        **refusals(*DOWNLOAD),
    }
    return _operation(name, tag, summary, *parameters, *CONDITIONS, answers=answers)


def _head(operation: Any) -> Any:
    """HEAD is GET without the content (RFC 9110, 9.3.2)."""
    answers = {
        status: {"$ref": answer["$ref"] + "Head"}
        if "$ref" in answer
        else {name: part for name, part in answer.items() if name not in ("content", "links")}
        for status, answer in operation["responses"].items()
    }
    return operation | {"operationId": operation["operationId"] + "Head", "responses": answers}


def _links(*operations: str) -> dict[str, Any]:
    """Where to go on from the id in this answer. Lists have no links: they may be empty."""
    return {name: {"operationId": name, "parameters": {"id": "$response.body#/id"}} for name in operations}


def _get(operation: Any) -> Any:
    return {"get": operation, "head": _head(operation)}


_SUBMIT = _operation(
    "submit",
    "envelopes",
    "Submit an edXML file: a document or a status message",
    requestBody={
        "required": True,
        "description": "The edXML file, any size up to the exchange's limit, chunked or with a length.",
        "content": {XML: {"schema": {}}},
    },
    answers={
        "200": said("The same signed content was taken before: the same answer as then.", "Submission", "Location")
        | {"links": _links("lookAtEnvelope", "fetchReceipt")},
        "201": said("Taken, committed, and a receipt sealed.", "Submission", "Location")
        | {"links": _links("lookAtEnvelope", "fetchReceipt")},
        **refusals(*PRIVATE, *BODY, 409, 422),
    },
)
_CONFIRM = _operation(
    "confirm",
    "deliveries",
    "Confirm that the file was received and stored",
    ID,
    requestBody={
        "required": True,
        "content": {JSON: {"schema": ref("Confirmation"), "example": EXAMPLES["Confirmation"]}},
    },
    answers={
        "200": said("Confirmed; again: the same answer.", "Confirmed"),
        **refusals(*PRIVATE, *BODY, 404, 409, 410, 422),
    },
)
_ENVELOPE = _operation(
    "lookAtEnvelope",
    "envelopes",
    "A sent envelope: state and history for each recipient",
    ID,
    answers={"200": said("The envelope now.", "Envelope"), **refusals(*PRIVATE, 404)},
)
_OUTBOX = _operation(
    "listOutbox",
    "envelopes",
    "What the system's agencies sent, newest first",
    LIMIT,
    OUTBOX_PLACE,
    answers={"200": said("One page.", "Outbox", "Link"), **refusals(*PRIVATE)},
)
_CONVERSATION = _operation(
    "listConversation",
    "envelopes",
    "The documents linked with a sent or received envelope, itself among them, oldest first",
    ID,
    LIMIT,
    OUTBOX_PLACE,
    answers={"200": said("One page.", "Conversation", "Link"), **refusals(*PRIVATE, 404)},
)
_INBOX = _operation(
    "listInbox",
    "deliveries",
    "What waits for the system's agencies, most urgent first, then oldest",
    KIND,
    FOR_AGENCY,
    WAIT,
    LIMIT,
    INBOX_PLACE,
    answers={"200": said("One page, perhaps empty.", "Inbox", "Link"), **refusals(*PRIVATE, 403)},
)
_DELIVERY = _operation(
    "lookAtDelivery",
    "deliveries",
    "One delivery with its history",
    ID,
    answers={"200": said("The delivery now.", "Delivery"), **refusals(*PRIVATE, 404, 410)},
)
_AGENCIES = _operation(
    "listAgencies",
    "agencies",
    "The directory, by code",
    LIMIT,
    AGENCY_PLACE,
    answers={"200": said("One page.", "Agencies", "Link"), **refusals(*PRIVATE)},
)
_AGENCY = _operation(
    "lookAtAgency",
    "agencies",
    "One agency",
    CODE,
    answers={"200": said("The agency.", "Agency"), **refusals(*PRIVATE, 404)},
)
_GROUPS = _operation(
    "listGroups",
    "agencies",
    "Groups of agencies",
    answers={"200": said("Every group.", "Groups"), **refusals(*PRIVATE)},
)
_GROUP = _operation(
    "lookAtGroup",
    "agencies",
    "One group with its agencies: the sender puts them into To before signing",
    GROUP,
    answers={"200": said("The group now.", "GroupNow"), **refusals(*PRIVATE, 404)},
)
_SEALS = _operation(
    "listSeals",
    "envelopes",
    "The certificates of the exchange's seal: receipts are checked by them",
    answers={"200": said("The present one and those before it, newest first.", "Seals"), **refusals(*PRIVATE)},
)
_WEBHOOKS = _operation(
    "listWebhooks",
    "deliveries",
    "Where the system is told of what happens, and how that goes",
    answers={"200": said("Every one of its webhooks.", "Webhooks"), **refusals(*PRIVATE)},
)
_ATTACHMENT_TYPES = ("application/octet-stream", "application/pdf", "application/zip")


def _public(name: str, summary: str, answer: Any, **answers: Any) -> Any:
    found = {"200": answer, **{code.removeprefix("s"): one for code, one in answers.items()}, **refusals(*ALWAYS)}
    return _get(_operation(name, "operations", summary, answers=found, security=[]))


PATHS: dict[str, Any] = {
    "/v1/envelopes": {"post": _SUBMIT},
    "/v1/envelopes/{id}": _get(_ENVELOPE),
    "/v1/envelopes/{id}/receipt": _get(
        _download("fetchReceipt", "envelopes", "The sealed receipt, byte-identical for ever", ID, media=(XML,))
    ),
    "/v1/envelopes/{id}/conversation": _get(_CONVERSATION),
    "/v1/outbox": _get(_OUTBOX),
    "/v1/inbox": _get(_INBOX),
    "/v1/deliveries/{id}": _get(_DELIVERY),
    "/v1/deliveries/{id}/envelope": _get(
        _download("fetchEnvelope", "deliveries", "The file exactly as submitted", ID, media=(XML,))
    ),
    "/v1/deliveries/{id}/attachments/{n}": _get(
        _download("fetchAttachment", "deliveries", "One attachment", ID, N, FORM, media=_ATTACHMENT_TYPES)
    ),
    "/v1/deliveries/{id}/confirmation": {"post": _CONFIRM},
    "/v1/agencies": _get(_AGENCIES),
    "/v1/agencies/{code}": _get(_AGENCY),
    "/v1/groups": _get(_GROUPS),
    "/v1/groups/{name}": _get(_GROUP),
    "/v1/seals": _get(_SEALS),
    "/v1/webhooks": _get(_WEBHOOKS),
    "/v1/openapi.json": _public(
        "openapi", "This document", bare("OpenAPI 3.1.", {JSON: {"schema": {"type": "object"}}})
    ),
    "/healthz": _public("alive", "The process lives", said("It does.", "Alive")),
    "/readyz": _public(
        "ready",
        "Documents should be sent here",
        said("Yes.", "Ready"),
        s503=said("No: a check is red.", "Ready", "Retry-After"),
    ),
    "/metrics": _public(
        "metrics", "Figures for Prometheus", bare("Text form.", {"text/plain": {"schema": {"type": "string"}}})
    ),
}
