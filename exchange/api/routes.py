"""Every address of the API, in one list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange.api import (
    agencies,
    conversations,
    deliveries,
    envelopes,
    groups,
    health,
    inbox,
    metrics,
    openapi,
    outbox,
    seals,
)
from exchange.api import webhooks as hooks

if TYPE_CHECKING:
    from exchange.api.call import Handler


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One address. `query`: the parameters it knows; `public`: needs no credential. GET answers HEAD as well."""

    method: str
    path: str
    handler: Handler
    query: tuple[str, ...] = ()
    public: bool = False


def _get(path: str, handler: Handler, *query: str, public: bool = False) -> Route:
    return Route(method="GET", path=path, handler=handler, query=query, public=public)


def _post(path: str, handler: Handler) -> Route:
    return Route(method="POST", path=path, handler=handler)


ROUTES = (
    _post("/v1/envelopes", envelopes.submit),
    _get("/v1/envelopes/{id}", envelopes.envelope),
    _get("/v1/envelopes/{id}/receipt", envelopes.receipt),
    _get("/v1/envelopes/{id}/conversation", conversations.conversation, *conversations.QUERY),
    _get("/v1/outbox", outbox.outbox, *outbox.QUERY),
    _get("/v1/inbox", inbox.inbox, *inbox.QUERY),
    _get("/v1/deliveries/{id}", deliveries.delivery),
    _get("/v1/deliveries/{id}/envelope", deliveries.envelope),
    _get("/v1/deliveries/{id}/attachments/{n}", deliveries.attachment, *deliveries.ATTACHMENT_QUERY),
    _post("/v1/deliveries/{id}/confirmation", deliveries.confirm),
    _get("/v1/agencies", agencies.agencies, *agencies.QUERY),
    _get("/v1/agencies/{code}", agencies.agency),
    _get("/v1/groups", groups.groups),
    _get("/v1/groups/{name}", groups.group),
    _get("/v1/seals", seals.seals),
    _get("/v1/webhooks", hooks.webhooks),
    _get("/v1/openapi.json", openapi.openapi, public=True),
    _get("/healthz", health.alive, public=True),
    _get("/readyz", health.ready, public=True),
    _get("/metrics", metrics.scrape, public=True),
)
