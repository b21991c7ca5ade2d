"""What documents have to do with each other, as JSON Schema with examples: links, and the threads they make."""

from __future__ import annotations

from typing import Any

from exchange.api.cursors import OUTBOX_CURSOR
from exchange.api.document_schemas import (
    AGENCY,
    DATE,
    DELIVERY_ID,
    ENVELOPE_ID,
    IDENTIFIER,
    MOMENT,
    OPERATIONS,
    TIME,
    Schema,
    many,
    maybe,
    page,
    record,
    text,
)
from storage.links import SEEN_FROM_TARGET

LINK_SCHEMAS: dict[str, Schema] = {
    "Link": record(
        "What this document does to another one, or another one to it.",
        kind=text(enum=[*SEEN_FROM_TARGET, *SEEN_FROM_TARGET.values()]),
        envelope=IDENTIFIER,
        delivery=maybe(text("the caller's own delivery of that envelope, if it received it", format="uuid")),
        reference=text("that document's own id"),
        recipients={
            "type": "array",
            "items": AGENCY,
            "description": "at which recipients; a recipient sees its own only. Empty: as such",
        },
    ),
    "Message": record(
        "One document of a conversation.",
        envelope=IDENTIFIER,
        delivery=maybe(text("the caller's own delivery of it, if it received it", format="uuid")),
        operation=text(enum=list(OPERATIONS)),
        reference=text("the sender's own id"),
        sender=AGENCY,
        number=maybe(text("số")),
        notation=maybe(text("ký hiệu")),
        subject=maybe(text("trích yếu")),
        issued_on=maybe(DATE),
        accepted_at=TIME,
        links=many("Link"),
    ),
    "Conversation": page("messages", "Message", OUTBOX_CURSOR.pattern),
}

EXAMPLE_LINK: dict[str, Any] = {
    "kind": "answered_by",
    "envelope": ENVELOPE_ID,
    "delivery": DELIVERY_ID,
    "reference": "H08.30,2026/11/23,7/UBND-VP",
    "recipients": [],
}
EXAMPLE_CONVERSATION: dict[str, Any] = {
    "messages": [
        {
            "envelope": ENVELOPE_ID,
            "delivery": None,
            "operation": "new",
            "reference": "H08.02,2026/11/20,125/SA-VP",
            "sender": "H08.02",
            "number": "125",
            "notation": "SA-VP",
            "subject": "V/v triển khai liên thông văn bản điện tử",
            "issued_on": "2026-11-20",
            "accepted_at": MOMENT,
            "links": [EXAMPLE_LINK],
        }
    ],
    "next": None,
}
