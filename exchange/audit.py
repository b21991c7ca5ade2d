"""The audit: proves that database and object store agree, both ways, and that what was sealed still says the same.

Nothing is changed unless a person asks for repairs, and then only what is safe: orphans go by the sweep's own rule,
lost objects come back from their kept copies, marks are brought up to date.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exchange.audit_envelopes import look_at_envelopes
from exchange.audit_objects import look_at_objects, look_at_store
from storage import audits, objects_held, removals

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange.exchange import Exchange
    from exchange.findings import Finding

    Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How many things each part looked at, and everything that is or was wrong.

    `removed`: attachments whose content rules of retention took away; that is nothing wrong.
    """

    seen: dict[str, int]
    findings: tuple[Finding, ...]
    removed: int = 0

    @property
    def ok(self) -> bool:
        """Nothing is wrong any more."""
        return all(finding.mended for finding in self.findings)


async def audit(
    exchange: Exchange, *, deep: bool = False, fix: bool = False, progress: Progress | None = None
) -> Report:
    """Look at everything; `deep` also reads every object and rebuilds every file. `progress`: part, done, of how many.

    Raises `DatabaseAway`, `ObjectsAway`.
    """
    settings = exchange.settings
    async with exchange.database.acquire() as conn:
        envelopes = await audits.envelope_count(conn)
        removed = await removals.removed_count(conn)
        objects = await objects_held.object_counts(
            conn, older_seconds=settings.scrub_after_seconds, again_seconds=settings.scrub_again_seconds
        )
    parts = (
        ("objects", objects.all, look_at_objects(exchange, deep=deep, fix=fix)),
        ("store", objects.all, look_at_store(exchange, fix=fix)),
        ("envelopes", envelopes, look_at_envelopes(exchange, deep=deep)),
    )
    seen: dict[str, int] = {}
    findings: list[Finding] = []
    for name, total, looks in parts:
        seen[name] = 0
        async with aclosing(looks):
            async for look in looks:
                seen[name] += look.number
                findings.extend(look.findings)
                if progress is not None:
                    progress(name, seen[name], max(total, seen[name]))
    return Report(seen=seen, findings=tuple(findings), removed=removed)
