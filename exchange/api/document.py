"""The OpenAPI 3.1 document: the full truth about the API, which must agree with the routes and with API.md."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from exchange.api.document_groups import GROUP_SCHEMAS
from exchange.api.document_links import LINK_SCHEMAS
from exchange.api.document_parts import HEADERS, PROBLEMS
from exchange.api.document_paths import PATHS
from exchange.api.document_schemas import SCHEMAS
from exchange.api.document_webhooks import WEBHOOK_SCHEMAS, WEBHOOKS

ABOUT = """Trục liên thông văn bản điện tử: gửi, nhận, xác nhận và theo dõi văn bản edXML (QCVN 102:2016) đã ký số.

Document exchange: submit, receive, confirm and follow signed edXML documents.

JSON is UTF-8; times are RFC 3339 in UTC; digests are lower-case hex SHA-256; sizes are bytes. Unknown query parameters
are refused. After a 503 the same request again is right; a 503 of type `about:blank#unknown` means that the exchange
does not know whether it took the envelope: send the same file again, the first receipt is answered if it did."""

TAGS = {
    "envelopes": "What a system sends",
    "deliveries": "What a system receives",
    "agencies": "Who can be written to",
    "operations": "For whoever runs the exchange",
}


def document() -> dict[str, Any]:
    """The document as JSON data."""
    bodiless = {
        f"{name}Head": {part: value for part, value in answer.items() if part != "content"}
        for name, answer in PROBLEMS.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "lienthong",
            "version": version("lienthong"),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "security": [{"credential": []}],
        "paths": PATHS,
        "webhooks": WEBHOOKS,
        "components": {
            "schemas": SCHEMAS | GROUP_SCHEMAS | LINK_SCHEMAS | WEBHOOK_SCHEMAS,
            "headers": HEADERS,
            "responses": PROBLEMS | bodiless,
            "securitySchemes": {
                "credential": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A system's credential, `ID.SECRET`, given out once by the administrator.",
                }
            },
        },
    }
