"""Groups of agencies in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from exchange.api.document_schemas import AGENCY, many, maybe, record, text
from exchange.directory import LEVELS

_GROUP = {
    "name": text("name of the group", pattern=r"^[0-9A-Za-z._-]{1,64}$", examples=["departments"]),
    "title": text("for people"),
    "level": maybe(text("the rule takes agencies of this level", enum=list(LEVELS))),
    "below": maybe({**AGENCY, "description": "the rule takes agencies below this one, at any depth"}),
}

GROUP_SCHEMAS: dict[str, Any] = {
    "Group": record("A group of agencies.", **_GROUP),
    "Groups": record("Every group, by name.", groups=many("Group")),
    "GroupNow": record(
        "A group with the agencies in it now that can be delivered to. Put them into To, then sign.",
        **_GROUP,
        agencies=many("GroupMember", "by code, each once"),
    ),
    "GroupMember": record("An agency of a group.", code=AGENCY, name=text()),
}

_EXAMPLE = {"name": "departments", "title": "Các sở, ngành", "level": "so", "below": None}

EXAMPLE_GROUPS = {"groups": [_EXAMPLE]}
EXAMPLE_GROUP = _EXAMPLE | {"agencies": [{"code": "H08.02", "name": "Sở Nội vụ"}]}
