"""What background work is made of: a chore, done in small steps, and the turn of the process that does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage import chores

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from exchange.exchange import Exchange
    from storage.connection import Connection

    Steps = AsyncGenerator[None, None]
    Fence = Callable[[Connection], Awaitable[None]]

FIRST_RETRY_SECONDS = 30.0
"""Wait after the first failure: an outage is often over by then."""

LONGEST_RETRY_SECONDS = 3600.0
"""Wait after many failures: no chore is forgotten, and none keeps a broken store busy."""


class TurnLost(Exception):  # noqa: N818 - says what happened
    """This process was so slow that the chore was given to another one; what it still meant to write is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The right to work on a chore, until another process gets a later token."""

    name: str
    token: int

    async def hold(self, conn: Connection) -> None:
        """Make sure that the turn lasts until the transaction's end. Raises `TurnLost`."""
        if not await chores.hold(conn, self.name, self.token):
            raise TurnLost(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """One kind of work. `steps` does a little and yields while there may be more; it may be left after any step.

    `rest` says how many seconds to rest when nothing is left.
    """

    name: str
    steps: Callable[[Exchange, Turn], Steps]
    rest: Callable[[Exchange], float]


def retry_seconds(failures: int, *, spread: float = 1.0) -> float:
    """How long to wait after so many failures in a row; `spread` (0.5 to 1) keeps processes apart."""
    return min(FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 20), LONGEST_RETRY_SECONDS) * spread


async def unfenced(_conn: Connection) -> None:
    """A fence for work that a person asked for and that is right at any time."""
