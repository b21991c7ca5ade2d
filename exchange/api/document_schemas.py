"""The shapes of API v1 as JSON Schema 2020-12, with examples that a test checks against them."""

from __future__ import annotations

from typing import Any

from envelopes.pdf_outcomes import Changes, Coverage, PdfState, Trust, Verdict
from envelopes.states import State
from exchange.api.cursors import AGENCY_CURSOR, INBOX_CURSOR, OUTBOX_CURSOR
from exchange.contact import CAPABILITIES, FIELDS
from exchange.directory import LEVELS

Schema = dict[str, Any]

ENVELOPE_ID = "0199b1f0-6d2c-7a41-9c53-2f8e5a7d1b10"
DELIVERY_ID = "0199b1f0-6d2c-7b02-8f14-5e6a7c8d9e01"
REQUEST_ID = "0199b1f0-6d2c-7c00-a1b2-c3d4e5f60718"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
MOMENT = "2026-11-23T02:15:00.123Z"
AGENCY_PATTERN = "^[0-9A-Za-z._-]{1,35}$"


def text(description: str = "", **more: Any) -> Schema:
    """A string."""
    return {"type": "string", **({"description": description} if description else {}), **more}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    found = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        found["enum"] = [*schema["enum"], None]
    return found


def ref(name: str) -> Schema:
    """A schema of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def many(name: str, description: str = "") -> Schema:
    """A list of a schema of the components."""
    return {"type": "array", "items": ref(name), **({"description": description} if description else {})}


def record(description: str, /, **properties: Schema) -> Schema:
    """An object with exactly these properties, all there (a trailing _ is cut off)."""
    named = {name.removesuffix("_"): schema for name, schema in properties.items()}
    return {
        "type": "object",
        "description": description,
        "properties": named,
        "required": list(named),
        "additionalProperties": False,
    }


def lacking(schema: Schema, *names: str) -> Schema:
    """The same object, in which these properties may be left out."""
    return schema | {"required": [name for name in schema["required"] if name not in names]}


def page(name: str, item: str, cursor: str) -> Schema:
    """One page of a list."""
    following = maybe(text("cursor of the next page, null on the last", pattern=cursor))
    return record(f"One page of {name}.", **{name: many(item), "next": following})


IDENTIFIER = text("UUIDv7", format="uuid", examples=[ENVELOPE_ID])
TIME = text("RFC 3339, UTC", format="date-time", examples=[MOMENT])
DATE = text("YYYY-MM-DD", format="date", examples=["2026-11-20"])
SHA256 = text("SHA-256, lower-case hex", pattern="^[0-9a-f]{64}$", examples=[DIGEST])
SIZE = {"type": "integer", "minimum": 0, "description": "bytes", "examples": [14321]}
AGENCY = text("agency code (OrganId)", pattern=AGENCY_PATTERN, examples=["H08.02"])
KIND = text("what the envelope carries", enum=["document", "status"])
OPERATIONS = ("new", "recall", "update", "replace")
OPERATION = maybe(text("business operation; null for a status", enum=list(OPERATIONS)))
REASON = maybe(text("why it recalls, updates or replaces, in the sender's words"))
STATE = text("state of a delivery", enum=[state.value for state in State])
STATUS_CODE = text("edXML StatusCode", pattern="^[0-9]{2}$", examples=["03"])
MESSAGE = record("What is wrong and what to do, in both languages.", vi=text(), en=text())
URGENCY = {"type": "integer", "minimum": 0, "maximum": 4, "description": "0 thường … 4 hỏa tốc hẹn giờ"}
FLAG = {"type": "boolean"}
PEM = text("PEM", pattern="^-----BEGIN CERTIFICATE-----\n")

_LATE = {
    "late_to_receive_since": maybe(TIME | {"description": "since when it was not accepted or refused in time"}),
    "overdue_since": maybe(TIME | {"description": "since when it was not completed by its due date"}),
}
_SENT = {
    "id": IDENTIFIER,
    "kind": KIND,
    "reference": text("the sender's own id (DocumentId); a status message's is its digest"),
    "operation": OPERATION,
    "sender": AGENCY,
    "sha256": SHA256,
    "size": SIZE,
    "accepted_at": TIME,
    "signature": ref("Signature"),
}
_SENT_TAIL = {
    "undeliverable": many("Undeliverable", "recipients that get nothing"),
    "warnings": many("Warning", "what was odd but no reason to refuse"),
    "receipt": text("where the sealed receipt is", format="uri-reference"),
}
_DELIVERY = {
    "id": IDENTIFIER,
    "envelope": IDENTIFIER,
    "kind": KIND,
    "operation": OPERATION,
    "reference": text("the sender's own id"),
    "sender": AGENCY,
    "recipient": AGENCY,
    "number": maybe(text("số")),
    "notation": maybe(text("ký hiệu")),
    "subject": maybe(text("trích yếu")),
    "issued_on": maybe(DATE),
    "urgency": URGENCY,
    "due_on": maybe(DATE),
    "state": STATE,
    **_LATE,
    "sha256": SHA256,
    "size": SIZE,
    "accepted_at": TIME,
    "signature": ref("Signature"),
    "status": {"oneOf": [ref("Status"), {"type": "null"}]},
    "attachments": many("Attachment", "empty for a status"),
    "reason": REASON,
    "links": many("Link", "what it has to do with other documents"),
}

SCHEMAS: dict[str, Schema] = {
    "Problem": lacking(
        record(
            "RFC 9457 problem details.",
            type=text("about:blank#KIND", format="uri-reference"),
            title=text(),
            status={"type": "integer", "minimum": 400, "maximum": 599},
            detail=text("Vietnamese / English"),
            request_id=text("tell it to the administrator"),
            faults=many("Fault", "every fault found, not only the first"),
        ),
        "faults",
    ),
    "Fault": record(
        "One thing that is wrong.",
        code=text("stable, noun.adjective", examples=["attachment.missing"]),
        path=text("where in the file, local names"),
        class_=text("N missing, R too long, T wrong type, M bad value", enum=["N", "R", "T", "M"]),
        value=text("the offending value, shortened"),
        message=MESSAGE,
        rule=text("where the rule comes from"),
    ),
    "Signature": record(
        "What the gate said of the signature.",
        outcome=text(
            "held: waiting for revocation data; rejected: held, then its certificate proved bad, so nobody gets it",
            enum=["verified", "verified_weak", "absent", "held", "rejected"],
        ),
        profile=maybe(text("P parts, W whole file", enum=["P", "W"])),
        certificate=maybe(SHA256),
        signer=maybe(text("whose certificate signed, when the sender delegated that; else null")),
        claimed_at=maybe(TIME | {"description": "when the signer says to have signed (XAdES); nobody checked it"}),
        reason=maybe(text("why it is held or was rejected, Vietnamese / English")),
    ),
    "SentDelivery": record("One recipient.", id=IDENTIFIER, recipient=AGENCY, state=STATE),
    "FollowedDelivery": record(
        "One recipient with its history.",
        id=IDENTIFIER,
        recipient=AGENCY,
        state=STATE,
        **_LATE,
        events=many("Event"),
    ),
    "Undeliverable": record(
        "A recipient that gets nothing, and why.",
        recipient=text(),
        fault=record("The reason.", code=text(), message=MESSAGE),
    ),
    "Warning": record("Odd, but no reason to refuse.", code=text(), path=text(), value=text(), message=MESSAGE),
    "Event": record(
        "One line of a delivery's history, never changed.",
        at=TIME,
        event=text("what happened", examples=["taken", "collected", "accepted"]),
        code=maybe(STATUS_CODE),
        by=maybe(text("the agency that says so")),
        description=maybe(text()),
        flagged={**FLAG, "description": "out of order: kept and delivered, moved nothing"},
    ),
    "Submission": record("An envelope as taken.", **_SENT, deliveries=many("SentDelivery"), **_SENT_TAIL),
    "Envelope": record(
        "A sent envelope now.",
        **_SENT,
        deliveries=many("FollowedDelivery"),
        **_SENT_TAIL,
        attachments=many("Attachment", "empty for a status"),
        reason=REASON,
        links=many("Link", "what it has to do with other documents"),
    ),
    "Attachment": record(
        "One attachment as a person opens it.",
        n={"type": "integer", "minimum": 1},
        name=text(),
        media_type=text(),
        size=SIZE,
        sha256=SHA256,
        pdf_signatures={"oneOf": [ref("PdfSignatures"), {"type": "null"}], "description": "null: the file is no PDF"},
        removed={"oneOf": [ref("Removal"), {"type": "null"}], "description": "null: it can be fetched"},
    ),
    "Removal": record(
        "The content was removed by a rule of retention; name, size and digest stay.",
        at=TIME,
        rule={"type": "integer", "minimum": 1, "description": "number of the rule"},
        by=text("the administrator who entered the rule"),
    ),
    "PdfSignatures": record(
        "What is known of the signatures inside a PDF. It says nothing of the envelope's own signature.",
        state=text(
            "pending: not looked at yet; none: it holds none; unchecked: could not be looked at, see reason",
            enum=[state.value for state in PdfState],
        ),
        reason={"oneOf": [ref("PdfReason"), {"type": "null"}]},
        signatures=many("PdfSignature", "in the order they were made"),
    ),
    "PdfSignature": record(
        "One signature inside a PDF. Names are the certificate's own words.",
        field=text("name of the signature field"),
        kind=text("timestamp: over the whole file, without a signatory", enum=["signature", "timestamp"]),
        verdict=text(
            "valid: sound, unchanged, trusted and not revoked; unproven: sound and unchanged, but who signed is not "
            "established; changed: altered after signing; invalid: wrong, or the certificate is revoked",
            enum=[verdict.value for verdict in Verdict],
        ),
        intact={**FLAG, "description": "the signed bytes are those that were signed"},
        coverage=text("of the file, of a revision of it, or of a part only", enum=[one.value for one in Coverage]),
        changes=text("added behind the signature", enum=[one.value for one in Changes]),
        signer=maybe(text("common name")),
        organization=maybe(text("organisation in the certificate")),
        signer_type=maybe(text("where the certificate says so", enum=["person", "organization"])),
        certificate=maybe(SHA256),
        trust=maybe(text("what is known of the certificate", enum=[trust.value for trust in Trust])),
        signed_at=maybe(TIME),
        time=maybe(text("whether signed_at is proven or the signer's own word", enum=["timestamped", "claimed"])),
        reasons=many("PdfReason", "everything that is not plainly good"),
    ),
    "PdfReason": record("Why something is not plainly good.", code=text(examples=["pdf.changed"]), message=MESSAGE),
    "Status": record(
        "What a status message says.",
        code=STATUS_CODE,
        description=maybe(text()),
        reported_at=maybe(TIME),
        delivery=maybe(text("the delivery it speaks of", format="uuid")),
    ),
    "Waiting": record("A delivery in the inbox.", **_DELIVERY),
    "Delivery": record("A delivery with its history.", **_DELIVERY, events=many("Event")),
    "Confirmation": record("The file as stored by the recipient.", sha256=SHA256),
    "Confirmed": record("Received and stored.", id=IDENTIFIER, state=STATE, confirmed_at=TIME),
    "Agency": record(
        "An agency of the directory.",
        code=AGENCY,
        name=text(),
        level=maybe(text(enum=list(LEVELS))),
        parent=maybe(AGENCY),
        active={**FLAG, "description": "whether documents can be delivered to it"},
        aliases={"type": "array", "items": AGENCY, "description": "its other codes of today"},
        old_code=text("the one of QCVN 102:2016"),
        code102=text("the one of its amendment"),
        dissolved_on=maybe(DATE),
        successor=maybe({**AGENCY, "description": "gets what is sent to it from that day on"}),
        **dict.fromkeys(FIELDS, text()),
        capabilities={"type": "array", "items": text(enum=list(CAPABILITIES)), "description": "what it can receive"},
    ),
    "Seal": record(
        "A certificate of the exchange's seal.",
        sha256=SHA256,
        subject=text("RFC 4514"),
        not_before=TIME,
        not_after=TIME,
        first_seen_at=TIME,
        in_use={**FLAG, "description": "receipts are made with it now"},
        certificate=PEM,
        authorities={"type": "array", "items": PEM, "description": "on the way to its root, as far as known"},
    ),
    "Seals": record("Every seal there was.", seals=many("Seal")),
    "Outbox": page("envelopes", "Envelope", OUTBOX_CURSOR.pattern),
    "Inbox": page("deliveries", "Waiting", INBOX_CURSOR.pattern),
    "Agencies": page("agencies", "Agency", AGENCY_CURSOR.pattern),
    "Alive": record("The process answers.", status=text(enum=["alive"])),
    "Ready": record("Whether documents should be sent here.", ready=FLAG, checks=many("Check")),
    "Check": record("One self-check.", name=text(), ok=FLAG),
}
