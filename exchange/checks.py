"""Self-checks (RELIABILITY section 9): what must hold to take documents, and what a person should look after soon."""

from __future__ import annotations

import asyncio
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from exchange import calendar_checks, revocation_checks, signing_checks, webhook_checks
from exchange.chores import Chore
from exchange.program_checks import Wrong, check_guards, check_packages, check_parser
from exchange.upward.parent_checks import parents_talk
from storage import chores, health, migrate, objects_held

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from exchange.chores import Steps, Turn
    from exchange.exchange import Exchange

    Check = Callable[[Exchange], Awaitable[str]]

ANSWER_SECONDS = 3.0
"""A check that takes longer is red: whoever probes does not wait longer either."""

REMEMBERED_SECONDS = 3.0
"""How long the readiness is believed, so that any number of probes costs nothing."""

SKEW_SECONDS, DRIFT_SECONDS = 60.0, 2.0
"""This machine's clock against the database's: not ready beyond the first, worth a look beyond the second (TM-54)."""

OVERDUE_SECONDS = 3600.0
"""How late a scrub or a chore may be: a restart or an outage is no fault of theirs."""

FAILURES = 5
"""Attempts of a chore that failed in a row: with their waits this is a quarter of an hour, longer than most outages."""

WAITING_SECONDS = 5 * 86_400.0
"""How long a recipient may leave documents alone (RELIABILITY P6)."""

EVERY_SECONDS = 3600.0
"""How often a worker looks by itself (RELIABILITY section 9)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How one check came out. `ready`: while it is red, the exchange is not ready to take documents."""

    name: str
    ok: bool
    detail: str
    ready: bool


class Readiness:
    """The last answer of `readiness`, for a moment."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._results: list[CheckResult] = []
        self._until = 0.0

    async def of(self, exchange: Exchange) -> list[CheckResult]:
        """The results of at most `REMEMBERED_SECONDS` ago; askers at the same time share one look."""
        async with self._turn:
            if time.monotonic() >= self._until:
                self._results = await _all(exchange, READY, ready=True)
                self._until = time.monotonic() + REMEMBERED_SECONDS
            return self._results


async def readiness(exchange: Exchange) -> list[CheckResult]:
    """What must hold to take documents: quick, and remembered for a moment. Never raises."""
    return await exchange.readiness.of(exchange)


async def check_all(exchange: Exchange) -> list[CheckResult]:
    """Everything, looked at now. Never raises."""
    return [*await _all(exchange, READY, ready=True), *await _all(exchange, LATER, ready=False)]


def program_checks() -> list[CheckResult]:
    """Whether the program itself is whole; needs nothing to be open."""
    results = []
    for name, check in (("guards", check_guards), ("parser", check_parser), ("packages", check_packages)):
        try:
            results.append(CheckResult(name=name, ok=True, detail=check(), ready=True))
        except Wrong as wrong:
            results.append(CheckResult(name=name, ok=False, detail=str(wrong), ready=True))
    return results


async def look(exchange: Exchange, _turn: Turn) -> Steps:
    """Say in the log what is red."""
    for result in (*program_checks(), *await check_all(exchange)):
        if not result.ok:
            log.warning("check.red", check=result.name, ready=result.ready, detail=result.detail)
    yield


CHORE = Chore(name="check", steps=look, rest=lambda _exchange: EVERY_SECONDS)


async def _all(exchange: Exchange, checks: Sequence[tuple[str, Check]], *, ready: bool) -> list[CheckResult]:
    return await asyncio.gather(*(_one(exchange, name, check, ready=ready) for name, check in checks))


async def _one(exchange: Exchange, name: str, check: Check, *, ready: bool) -> CheckResult:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return CheckResult(name=name, ok=True, detail=await check(exchange), ready=ready)
    except Wrong as wrong:
        detail = str(wrong)
    except TimeoutError:
        detail = f"không trả lời trong {ANSWER_SECONDS:g} giây / no answer within {ANSWER_SECONDS:g} s"
    except Exception as error:  # whatever stands in a check's way is what the check is for
        detail = f"{type(error).__name__}: {error}"
    return CheckResult(name=name, ok=False, detail=detail, ready=ready)


async def _database(exchange: Exchange) -> str:
    await exchange.database.guard()
    return "fsync, full_page_writes, synchronous_commit, data_checksums"


async def _clock(exchange: Exchange, limit: float = SKEW_SECONDS) -> str:
    skew = await exchange.database.guard()
    if abs(skew) > limit:
        raise Wrong(
            f"đồng hồ máy này lệch {skew:+.1f} giây so với cơ sở dữ liệu: hãy đồng bộ giờ / "
            f"this machine's clock is {skew:+.1f} s off the database's: mend time synchronisation"
        )
    return f"{skew:+.3f} s"


async def _drift(exchange: Exchange) -> str:
    return await _clock(exchange, DRIFT_SECONDS)


async def _schema(exchange: Exchange) -> str:
    needed = await exchange.threads.run(migrate.head)
    async with exchange.database.acquire() as conn:
        found = await health.revision(conn)
    if found != needed:
        raise Wrong(f"cơ sở dữ liệu ở phiên bản {found}, cần {needed} / the schema is at {found}, not {needed}")
    return str(found)


async def _spool(exchange: Exchange) -> str:
    usage = await exchange.threads.run(shutil.disk_usage, exchange.settings.data_dir)
    free = f"{usage.free // 2**20} MiB"
    if usage.free < exchange.settings.spool_floor_bytes:
        raise Wrong(f"ổ đĩa gần đầy, còn {free}: hãy dọn chỗ / the disk is nearly full, {free} left: make room")
    return free


async def _objects(exchange: Exchange) -> str:
    await exchange.objects.check()
    return "put, read, remove"


async def _unverified(exchange: Exchange) -> str:
    settings = exchange.settings
    async with exchange.database.acquire() as conn:
        counts = await objects_held.object_counts(
            conn,
            older_seconds=settings.scrub_after_seconds + OVERDUE_SECONDS,
            again_seconds=settings.scrub_again_seconds + OVERDUE_SECONDS,
        )
    if counts.missing or counts.overdue:
        raise Wrong(
            f"thiếu {counts.missing} tệp lưu trữ, {counts.overdue} chưa được đọc lại: hãy chạy `lienthong audit` / "
            f"{counts.missing} objects missing, {counts.overdue} not read back in time: run `lienthong audit`"
        )
    return str(counts.all)


async def _chores(exchange: Exchange) -> str:
    async with exchange.database.acquire() as conn:
        rows = await chores.chores(conn)
    bad = [f"{row.name} ({row.outcome})" for row in rows if row.failures >= FAILURES]
    bad += [f"{row.name} ({row.late_seconds:.0f} s)" for row in rows if row.late_seconds > OVERDUE_SECONDS]
    if bad:
        raise Wrong(f"việc nền bị trễ hoặc lỗi: `lienthong work` có chạy? / chores late or failing: {'; '.join(bad)}")
    return ", ".join(row.name for row in rows) or "-"


async def _waiting(exchange: Exchange) -> str:
    async with exchange.database.acquire() as conn:
        stuck = await health.stuck_deliveries(conn, older_seconds=WAITING_SECONDS)
    if stuck:
        named = "; ".join(f"{recipient}: {number}" for recipient, number in stuck.items())
        raise Wrong(f"nơi nhận không lấy văn bản đã 5 ngày / not collected for 5 days: {named}")
    return "-"


READY: Sequence[tuple[str, Check]] = (
    ("database", _database),
    ("schema", _schema),
    ("clock", _clock),
    ("spool", _spool),
    ("objects", _objects),
)
"""Red means not ready."""

LATER: Sequence[tuple[str, Check]] = (
    ("clock_drift", _drift),
    ("revocation_lists", revocation_checks.lists_in_force),
    ("revocation_sources", revocation_checks.sources_answer),
    ("certificates", signing_checks.certificates_last),
    ("unverified_objects", _unverified),
    ("chores", _chores),
    ("held", signing_checks.nothing_held_long),
    ("approvals", signing_checks.approvals_given),
    ("waiting", _waiting),
    ("parents", parents_talk),
    ("webhooks", webhook_checks.webhooks_take),
    ("calendar", calendar_checks.calendar_known),
)
"""Red means that a person should look."""
