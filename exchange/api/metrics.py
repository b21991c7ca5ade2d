"""Figures for Prometheus, in a registry the application owns. Each process has its own: scrape every one, or one alone.

Labels are routes, methods, statuses, kinds, fault codes and trusted authorities: few and known, never an id, an agency
or a person's name.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from exchange.authorities import trusted
from exchange.signing_checks import signing_state
from storage import deliveries, lateness, notices
from storage.outages import DatabaseAway

if TYPE_CHECKING:
    from exchange.api.call import Call
    from exchange.exchange import Exchange
    from exchange.signing_checks import SigningState
    from storage.notices import NoticeTotals

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
"""Seconds; the aims are 0.1 and 0.25 (RELIABILITY section 8), an inbox sleeps up to 30."""

LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""Seconds; aim 0.01, floor 0.05 (RELIABILITY section 8)."""

LAG_EVERY_SECONDS = 0.25
"""How often the loop is asked how late it is."""

COUNT_EVERY_SECONDS = 10.0
"""The waiting list is counted at most this often, however many scrape."""

COUNT_SECONDS = 1.0
"""A count that takes longer is left out: figures must not hang when the database does."""

log = structlog.get_logger()


class Metrics:
    """Everything that is counted in this process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._count_at = 0.0
        self._turn = asyncio.Lock()
        self._requests()
        self._facts()
        self._state()

    def _requests(self) -> None:
        labels = ("method", "route")
        self.requests = Counter("lienthong_requests", "Requests answered", (*labels, "status"), registry=self.registry)
        self.seconds = Histogram(
            "lienthong_request_seconds",
            "Seconds from head to end of answer",
            labels,
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.active = Gauge("lienthong_requests_active", "Requests under way", registry=self.registry)

    def _facts(self) -> None:
        self.taken = Counter(
            "lienthong_envelopes_taken", "Envelopes accepted", ("kind", "outcome"), registry=self.registry
        )
        self.repeated = Counter(
            "lienthong_envelopes_repeated", "Submissions answered with the first receipt", registry=self.registry
        )
        self.refused = Counter(
            "lienthong_envelopes_refused", "Submissions refused, by first fault", ("code",), registry=self.registry
        )
        self.taken_bytes = Counter("lienthong_envelope_bytes", "Bytes of envelopes accepted", registry=self.registry)
        self.confirmed = Counter("lienthong_confirmations", "Confirmations answered", registry=self.registry)

    def _state(self) -> None:
        self.waiting = Gauge(
            "lienthong_deliveries_waiting", "Deliveries not yet confirmed", ("kind",), registry=self.registry
        )
        self.held = Gauge("lienthong_deliveries_held", "Deliveries held for revocation data", registry=self.registry)
        self.held_envelopes = Gauge(
            "lienthong_envelopes_held", "Envelopes held for revocation data", registry=self.registry
        )
        self.held_seconds = Gauge(
            "lienthong_held_seconds", "Seconds the oldest held envelope has waited", registry=self.registry
        )
        self.days_left = Gauge(
            "lienthong_certificate_days_left",
            "Days until the first agency, or the seal, cannot sign any more; negative when that is so",
            ("of",),
            registry=self.registry,
        )
        self.ending = Gauge(
            "lienthong_agencies_ending",
            "Agencies that cannot sign in 30 days without a renewal",
            registry=self.registry,
        )
        self.lists_left = Gauge(
            "lienthong_revocation_list_seconds_left",
            "Seconds until an authority's revocation list is stale, -Inf without one",
            ("issuer",),
            registry=self.registry,
        )
        self.notices = Gauge(
            "lienthong_notices",
            "What webhooks are still to be told, and what was given up",
            ("state",),
            registry=self.registry,
        )
        self.webhooks_failing = Gauge(
            "lienthong_webhooks_failing", "Webhooks whose last try failed", registry=self.registry
        )
        self.late = Gauge(
            "lienthong_deliveries_late",
            "Deliveries late now: not accepted or refused in time, or not completed by their due date",
            ("duty",),
            registry=self.registry,
        )
        self.database_up = Gauge("lienthong_database_up", "Whether the database answered", registry=self.registry)
        self.lag = Histogram(
            "lienthong_loop_lag_seconds", "How late the event loop is", buckets=LAG_BUCKETS, registry=self.registry
        )

    async def watch_loop(self) -> None:
        """Measure the loop's lag until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(LAG_EVERY_SECONDS)
            self.lag.observe(max(0.0, time.perf_counter() - began - LAG_EVERY_SECONDS))

    async def count(self, exchange: Exchange) -> None:
        """Bring the counts of waiting deliveries up to date, unless that was done a moment ago. Never raises."""
        async with self._turn:
            if time.monotonic() < self._count_at:
                return
            try:
                async with asyncio.timeout(COUNT_SECONDS), exchange.database.acquire() as conn:
                    found = await deliveries.waiting_counts(conn)
                    signing = await signing_state(exchange, conn)
                    told = await notices.totals(conn)
                    late = await lateness.late_counts(conn)
                    left = (await trusted(conn)).shortest()
            except (DatabaseAway, TimeoutError) as error:
                log.warning("metrics.uncounted", error=str(error))
                self.database_up.set(0)
                return
            for kind in ("document", "status"):
                self.waiting.labels(kind).set(found.get(kind, 0))
            self.held.set(found.get("held", 0))
            self._show_signing(signing)
            self._show_notices(told)
            for duty, number in late.items():
                self.late.labels(duty).set(number)
            self.lists_left.clear()
            for issuer, seconds in left.items():
                self.lists_left.labels(issuer).set(seconds)
            self.database_up.set(1)
            self._count_at = time.monotonic() + COUNT_EVERY_SECONDS

    def _show_signing(self, found: SigningState) -> None:
        self.held_envelopes.set(found.held)
        self.held_seconds.set(found.held_seconds)
        self.ending.set(found.ending)
        self.days_left.labels("seal").set(found.seal_days)
        if found.agency_days is not None:
            self.days_left.labels("agency").set(found.agency_days)

    def _show_notices(self, found: NoticeTotals) -> None:
        self.notices.labels("waiting").set(found.waiting)
        self.notices.labels("dead").set(found.dead)
        self.webhooks_failing.set(found.failing)


async def scrape(call: Call) -> web.Response:
    """Everything counted, in Prometheus' text form."""
    metrics = call.shared.metrics
    await metrics.count(call.exchange)
    return web.Response(body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
