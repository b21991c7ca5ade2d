"""The facade's addresses: every operation at the root, below any base path, and behind a doubled slash (section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from exchange.axis import agencies, fetching, listing, registering, sending, updating
from exchange.axis.call import handling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.api.call import Shared
    from exchange.api.door import Shares
    from exchange.axis.call import Handler

ANSWER_SECONDS = 60.0
"""The client has no time-out of its own; no answer of ours takes so long unless something is wrong."""

TRANSFER_SECONDS = 3600.0
"""For operations whose body or answer is a file: its own deadlines are in the body's reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of the axis."""

    name: str
    handler: Handler
    method: str = "POST"
    seconds: float = ANSWER_SECONDS


OPERATIONS: Sequence[Operation] = (
    Operation(name="sendEdoc", handler=sending.send, seconds=TRANSFER_SECONDS),
    Operation(name="getEdoc", handler=fetching.get, seconds=TRANSFER_SECONDS),
    Operation(name="downloadEdoc", handler=fetching.download, method="GET", seconds=TRANSFER_SECONDS),
    Operation(name="getReceivedEdocList", handler=listing.received),
    Operation(name="getSentEdocList", handler=listing.sent),
    Operation(name="countReceiveEdoc", handler=listing.count_documents),
    Operation(name="countReceiveStatus", handler=listing.count_statuses),
    Operation(name="updateStatus", handler=updating.update),
    Operation(name="getAgenciesList", handler=agencies.agencies, seconds=TRANSFER_SECONDS),
    Operation(name="getAgenciesListQD20", handler=agencies.agencies_qd20, seconds=TRANSFER_SECONDS),
    Operation(name="registerAgency", handler=registering.register),
    Operation(name="deleteAgency", handler=registering.delete),
    Operation(name="getSynchronizeUnit", handler=agencies.units, seconds=TRANSFER_SECONDS),
)


def facade_routes(shared: Shared, shares: Shares) -> list[web.RouteDef]:
    """What the application adds to its own routes."""
    return [
        web.route(
            "*",
            f"/{{base:(?:.*/)?}}{one.name}",
            handling(one.name, one.method, one.handler, shared, shares, seconds=one.seconds),
            expect_handler=_expect,
        )
        for one in OPERATIONS
    ]


async def _expect(_request: web.Request) -> None:
    """Invite no body yet: whoever reads it does."""
