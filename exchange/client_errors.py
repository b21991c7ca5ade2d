"""How a call to the exchange can end other than well. Whatever happened on the way, there is one outcome.

Everything but `ApiRefused` may be tried again with the same file: the exchange knows what it took before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from envelopes.faults import Fault


class ApiError(Exception):
    """The call did not end well; see the subclasses."""


class ApiRefused(ApiError):  # noqa: N818 - the field's word
    """The caller must change something (4xx). `faults` lists every one found; `problem` is the answer as it came."""

    def __init__(self, status: int, problem: Mapping[str, Any], faults: tuple[Fault, ...]) -> None:
        self.status = status
        self.problem = problem
        self.faults = faults
        lines = [f"{fault.code} {fault.path} {fault.value}".strip() for fault in faults]
        title = str(problem.get("detail") or problem.get("title") or "refused")
        super().__init__(f"{status} {title}: {'; '.join(lines)}" if lines else f"{status} {title}")


class ApiTryLater(ApiError):  # noqa: N818 - says what to do
    """The same call again, later, is right."""


class ApiBusy(ApiTryLater):
    """The exchange takes nothing right now, or gave up a body that came too slowly.

    It asks to wait `retry_after` seconds (None: it does not say).
    """

    def __init__(self, status: int, retry_after: float | None, detail: str = "") -> None:
        self.status = status
        self.retry_after = retry_after
        super().__init__(f"{status} {detail or 'busy'}")


class ApiUnknown(ApiTryLater):
    """The exchange cannot say whether it took the envelope (its commit answer was lost): send the same file again."""

    def __init__(self, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__("not known whether the envelope was taken")


class ApiUnreachable(ApiTryLater):
    """No complete answer came. A submission may or may not have been taken: send the same file again."""


class ApiFailed(ApiTryLater):
    """The exchange failed (500) or answered what API v1 does not know; `request_id` helps its operators find it."""

    def __init__(self, status: int, detail: str, request_id: str | None = None) -> None:
        self.status = status
        self.request_id = request_id
        super().__init__(f"{status} {detail}" + (f" (request {request_id})" if request_id else ""))


class ApiDamaged(ApiTryLater):
    """What arrived is not what the exchange announced; nothing was left on disk."""

    def __init__(self, expected: str, arrived: str) -> None:
        self.expected = expected
        self.arrived = arrived
        super().__init__(f"SHA-256 {arrived} arrived, {expected} was announced")
