"""Webhooks in the OpenAPI document: how a system sees its own, and what one is told, with examples."""

from __future__ import annotations

from typing import Any

from exchange.api.document_schemas import (
    AGENCY,
    DELIVERY_ID,
    ENVELOPE_ID,
    IDENTIFIER,
    MOMENT,
    STATE,
    TIME,
    Schema,
    lacking,
    many,
    maybe,
    record,
    text,
)
from exchange.webhooks import EVENTS, TEST_EVENT, WebhookState

_COUNT: Schema = {"type": "integer", "minimum": 0}

WEBHOOK_SCHEMAS: dict[str, Schema] = {
    "Webhook": record(
        "An address at which the system is told of what happens.",
        id={"type": "integer", "minimum": 1},
        url=text(format="uri"),
        events={"type": "array", "items": text(enum=list(EVENTS)), "description": "what it is told of"},
        state=text(
            "pending: not approved yet; failing: the last try failed; paused: left alone until paused_until",
            enum=[state.value for state in WebhookState],
        ),
        waiting={**_COUNT, "description": "notices still to be told"},
        dead={**_COUNT, "description": "given up after five days; the operator can have them told again"},
        failures={**_COUNT, "description": "in a row"},
        failure=maybe(text("of the last try")),
        failing_since=maybe(TIME),
        paused_until=maybe(TIME),
        answered_at=maybe(TIME | {"description": "when it last took a notice, to the minute"}),
        added_at=TIME,
    ),
    "Webhooks": record("Every webhook of the system.", webhooks=many("Webhook")),
    "Notice": record(
        "What is posted to a webhook: ids only.",
        type=text(enum=[*EVENTS, TEST_EVENT]),
        timestamp=TIME,
        data=lacking(
            record(
                "What it is about; empty for a test.",
                envelope=IDENTIFIER,
                delivery=IDENTIFIER,
                recipient=AGENCY,
                state=STATE,
            ),
            "envelope",
            "delivery",
            "recipient",
            "state",
        ),
    ),
}

EXAMPLE_WEBHOOKS: dict[str, Any] = {
    "webhooks": [
        {
            "id": 7,
            "url": "https://qlvb.h08-30.example/lienthong",
            "events": list(EVENTS),
            "state": "active",
            "waiting": 0,
            "dead": 0,
            "failures": 0,
            "failure": None,
            "failing_since": None,
            "paused_until": None,
            "answered_at": MOMENT,
            "added_at": MOMENT,
        }
    ]
}
EXAMPLE_NOTICE: dict[str, Any] = {
    "type": "delivery.waiting",
    "timestamp": MOMENT,
    "data": {"envelope": ENVELOPE_ID, "delivery": DELIVERY_ID, "recipient": "H08.30"},
}


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": description, "schema": text()}


WEBHOOKS: dict[str, Any] = {
    "notice": {
        "post": {
            "operationId": "tell",
            "tags": ["deliveries"],
            "summary": "The exchange tells a system, by Standard Webhooks 1.0.0, that something waits or moved",
            "security": [],
            "parameters": [
                _header("webhook-id", "The notice's id, the same in every try: one seen before is answered and left."),
                _header("webhook-timestamp", "Seconds since 1970, of this try."),
                _header(
                    "webhook-signature",
                    "`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; several, with blanks between, while the "
                    "secret is exchanged: one right one is enough.",
                ),
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Notice"},
                        "example": EXAMPLE_NOTICE,
                    }
                },
            },
            "responses": {
                "2XX": {"description": "Taken. Answer at once, work later: ten seconds are waited for."},
                "410": {"description": "Never again: the webhook ends."},
                "default": {"description": "Tried again, for five days."},
            },
        }
    }
}
"""What the exchange calls, not what it answers (OpenAPI 3.1, webhooks)."""
