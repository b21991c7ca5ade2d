"""Self-checks of who may sign: certificates about to end, envelopes held for long, approvals that are missing.

Each answers with a short text when all is well and raises `Wrong` when a person should look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from exchange.certification import EXPIRY, covered_until
from exchange.program_checks import Wrong
from signing.certificates import describe
from storage import certificates, delegations, envelopes, held

if TYPE_CHECKING:
    from exchange.exchange import Exchange
    from storage.connection import Connection

ONE_DAY = timedelta(days=1)

APPROVAL = timedelta(days=1)
"""How long what one administrator entered may wait for another."""

HELD_SECONDS = 86_400.0
"""How long revocation data may be missing: its lists are made anew every day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningState:
    """Figures of who may sign, for metrics. `agency_days`: until the first agency cannot; None without certificates."""

    held: int
    held_seconds: float
    agency_days: float | None
    seal_days: float
    ending: int


async def signing_state(exchange: Exchange, conn: Connection) -> SigningState:
    """The figures as of now."""
    now = await envelopes.clock(conn)
    count = await held.held_count(conn)
    ends = covered_until(await certificates.lives(conn), now).values()
    return SigningState(
        held=count.number,
        held_seconds=count.seconds,
        agency_days=(min(ends) - now) / ONE_DAY if ends else None,
        seal_days=(describe(exchange.seal.certificate_pem).not_after - now) / ONE_DAY,
        ending=sum(end < now + EXPIRY for end in ends),
    )


async def certificates_last(exchange: Exchange) -> str:
    """Every agency, and the seal, can sign for another 30 days without a gap."""
    async with exchange.database.acquire() as conn:
        now = await envelopes.clock(conn)
        lives = await certificates.lives(conn)
    until = covered_until(lives, now)
    soon = [f"{agency} ({end:%Y-%m-%d})" for agency, end in sorted(until.items()) if end < now + EXPIRY]
    sealed_until = describe(exchange.seal.certificate_pem).not_after
    if sealed_until < now + EXPIRY:
        soon.append(f"seal ({sealed_until:%Y-%m-%d})")
    if soon:
        raise Wrong(f"chứng thư sắp hoặc đã hết hạn / certificates about to expire or expired: {'; '.join(soon)}")
    return str(len(until))


async def nothing_held_long(exchange: Exchange) -> str:
    """No envelope has been held for longer than revocation data may be missing."""
    async with exchange.database.acquire() as conn:
        count = await held.held_count(conn)
    if count.seconds > HELD_SECONDS:
        raise Wrong(
            f"{count.number} văn bản bị giữ, lâu nhất {count.seconds / 3600:.0f} giờ, vì chưa kiểm tra được chứng thư: "
            f"`lienthong held` / {count.number} held, the oldest for {count.seconds / 3600:.0f} h, because its "
            "certificate could not be checked: `lienthong held`"
        )
    return f"{count.number}, {count.seconds:.0f} s"


async def approvals_given(exchange: Exchange) -> str:
    """Nothing that one administrator entered waits for another for over a day: it is needed, or nobody meant it."""
    async with exchange.database.acquire() as conn:
        late = await envelopes.clock(conn) - APPROVAL
        entered = await certificates.certificates(conn)
        delegated = await delegations.delegations(conn)
    waiting = [row.agency for row in entered if row.approved_at is None and not row.revoked_at and row.added_at < late]
    waiting += [
        row.agency
        for row in delegated
        if row.approved_at is None and row.added_at < late and (row.valid_until is None or row.valid_until > late)
    ]
    if waiting:
        raise Wrong(
            f"chứng thư hoặc ủy quyền chờ quản trị thứ hai duyệt quá một ngày / certificates or delegations waiting "
            f"for a second administrator for over a day: {', '.join(sorted(waiting))}"
        )
    return "-"
