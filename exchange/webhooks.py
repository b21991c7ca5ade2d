"""Webhooks, as administrators set them up and their systems see them. What is told, and how, is in `exchange.push`.

An address counts only with the networks and ports that an administrator allowed for it; with `two_person_certificates`
another one approves, because whoever sets an address decides whom the exchange calls (SECURITY TM-43).
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network
from typing import TYPE_CHECKING

from yarl import URL

from envelopes.faults import Refused
from exchange import certification_rules, directory_rules
from exchange import webhook_rules as rules
from exchange.certification import ALONE
from exchange.endpoint import is_allowed, plain_address, trust_in
from exchange.webhook_signing import new_webhook_secret
from storage import directory, notices, webhooks
from storage.envelopes import clock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from exchange.certification import Entering
    from exchange.exchange import Exchange
    from storage.connection import Connection
    from storage.database import Database
    from storage.directory import System
    from storage.notices import Attempt, Notice, NoticeCount
    from storage.webhooks import Network, WebhookRow

EVENTS = ("delivery.waiting", "status.waiting", "envelope.state")
"""What a webhook can be told: that a document or a status waits, and that a document its agency sent has moved."""

TEST_EVENT = "webhook.test"
"""What an administrator has told, to see whether it arrives."""

RESENT_DAYS = 5.0
"""How long a notice that was given up is tried again when an operator says so: as long as a new one."""

MOST_URL = 2000
"""Characters of an address."""


class WebhookState(StrEnum):
    """How a webhook fares."""

    PENDING = "pending"
    ACTIVE = "active"
    FAILING = "failing"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookNow:
    """A webhook, how it fares, and what waits for it or was given up."""

    row: WebhookRow
    state: WebhookState
    count: NoticeCount


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook:
    """A webhook as set up. The secret is told here and never again."""

    row: WebhookRow
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """A new secret, told here and never again, and how many older ones end after the overlap."""

    webhook: int
    secret: str
    ending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A webhook as an administrator writes it down; `check` reads it."""

    system: str
    url: str
    networks: Sequence[str]
    ports: Sequence[int] = ()
    events: Sequence[str] = EVENTS
    authority: str | None = None
    allow_http: bool = False

    def check(self) -> tuple[tuple[Network, ...], tuple[int, ...]]:
        """Networks and ports it may be connected to. Raises `Refused`."""
        url = self._parsed()
        if url.scheme == "http" and not self.allow_http:
            rules.URL_PLAIN.refuse("url", self.url, url=self.url)
        for event in self.events:
            if event not in EVENTS:
                rules.EVENT_UNKNOWN.refuse("event", event, event=event, known=", ".join(EVENTS))
        networks = tuple(dict.fromkeys(_network(text) for text in self.networks))
        if not networks:
            rules.NETWORK_MISSING.refuse("network")
        ports = tuple(dict.fromkeys(self.ports)) or (url.port or 0,)
        _check_place(url, networks, ports)
        if self.authority is not None:
            _check_authority(self.authority)
        return networks, ports

    def _parsed(self) -> URL:
        try:
            url = URL(self.url)
            good = url.scheme in ("http", "https") and bool(url.host) and url.user is None and bool(url.port)
            good = good and len(self.url) <= MOST_URL and self.url.isprintable() and not url.fragment
        except ValueError:
            good = False
        if not good:
            rules.URL_MALFORMED.refuse("url", self.url, url=self.url)
        return url


def _network(text: str) -> Network:
    try:
        return ip_network(text.strip())
    except ValueError:
        rules.NETWORK_MALFORMED.refuse("network", text, network=text)


def _check_place(url: URL, networks: Sequence[Network], ports: Sequence[int]) -> None:
    """Refuse what can be seen to lead nowhere; where a name leads is seen when it is called."""
    if url.port not in ports:
        rules.URL_OUTSIDE.refuse("url", url, place=f"{url.host} {url.port}")
    try:
        address = plain_address(url.host or "")
    except ValueError:
        return
    if not is_allowed(address, networks):
        rules.URL_OUTSIDE.refuse("url", url, place=f"{url.host} {url.port}")


def _check_authority(pem: str) -> None:
    try:
        trust_in(pem)
    except (ssl.SSLError, ValueError):
        raise Refused(rules.AUTHORITY_MALFORMED.at("ca")) from None


async def add_webhook(database: Database, wanted: Wanted, *, entering: Entering = ALONE) -> NewWebhook:
    """Set up a webhook; with two persons it is told nothing before another one approves it. Raises `Refused`."""
    entering.check()
    networks, ports = wanted.check()
    secret = new_webhook_secret()
    async with database.transaction() as conn:
        if not await directory.system_exists(conn, wanted.system):
            directory_rules.SYSTEM_UNKNOWN.refuse("system", wanted.system, system=wanted.system)
        for one in await webhooks.webhooks(conn, wanted.system):
            if one.url == wanted.url:
                rules.WEBHOOK_TAKEN.refuse("url", wanted.url, system=wanted.system, url=wanted.url, id=one.id)
        row = await webhooks.add_webhook(
            conn,
            system=wanted.system,
            url=wanted.url,
            events=tuple(dict.fromkeys(wanted.events)),
            networks=networks,
            ports=ports,
            authority=wanted.authority,
            by=entering.by,
            approved=not entering.two_persons,
        )
        await webhooks.add_secret(conn, row.id, secret, overlap_seconds=0)
    return NewWebhook(row=row, secret=secret)


async def approve_webhook(database: Database, webhook: int, *, by: str) -> WebhookRow:
    """Put into use what another administrator entered. Raises `Refused`."""
    async with database.transaction() as conn:
        row = await _living(conn, webhook)
        if row.approved_at is not None:
            rules.WEBHOOK_APPROVED.refuse("id", webhook, id=webhook)
        if row.added_by in (by, None):
            certification_rules.APPROVER_SAME.refuse("as", by, name=by)
        return await webhooks.approve_webhook(conn, webhook, by=by)


async def rotate_secret(database: Database, webhook: int, *, overlap_hours: float = 24) -> NewSecret:
    """Sign with a new secret; for the overlap with the older ones as well. Raises `Refused`."""
    secret = new_webhook_secret()
    async with database.transaction() as conn:
        row = await _living(conn, webhook)
        ending = await webhooks.add_secret(conn, row.id, secret, overlap_seconds=overlap_hours * 3600)
    return NewSecret(webhook=webhook, secret=secret, ending=ending)


async def end_webhook(database: Database, webhook: int, *, by: str | None = None) -> None:
    """Tell this address nothing more. Raises `Refused`."""
    async with database.transaction() as conn:
        row = await _living(conn, webhook)
        await webhooks.end_webhook(conn, row.id, reason=f"quản trị / administrator {by or '-'}")


async def test_webhook(database: Database, webhook: int) -> UUID:
    """Have the address told that this is a test; the notice. Raises `Refused`."""
    async with database.transaction() as conn:
        row = await _living(conn, webhook)
        if row.approved_at is None:
            rules.WEBHOOK_PENDING.refuse("id", webhook, id=webhook)
        await webhooks.try_at_once(conn, row.id)
        return await notices.add_notice(conn, row.id, event=TEST_EVENT)


async def list_webhooks(database: Database, system: str | None = None) -> list[WebhookNow]:
    """Every webhook that has not ended, or those of one system, oldest first."""
    async with database.acquire() as conn:
        now, rows = await clock(conn), await webhooks.webhooks(conn, system)
        counts = await notices.counts(conn, [row.id for row in rows])
    return [
        WebhookNow(row=row, state=_state(row, now), count=counts.get(row.id, notices.NoticeCount())) for row in rows
    ]


async def own_webhooks(exchange: Exchange, system: System) -> list[WebhookNow]:
    """The webhooks of the system that asks."""
    return await list_webhooks(exchange.database, system.id)


async def list_notices(
    database: Database, *, webhook: int | None = None, dead: bool = False, limit: int = 100
) -> list[tuple[Notice, tuple[Attempt, ...]]]:
    """Notices with their tries, newest first; `dead`: only those that were given up. Raises `Refused`."""
    async with database.acquire() as conn:
        if webhook is not None and await webhooks.webhook(conn, webhook) is None:
            rules.WEBHOOK_UNKNOWN.refuse("id", webhook, id=webhook)
        found = await notices.notices(conn, webhook=webhook, state="dead" if dead else None, limit=limit)
        tries = await notices.attempts(conn, [one.id for one in found])
    return [(one, tuple(tries.get(one.id, ()))) for one in found]


async def resend(database: Database, *, webhook: int | None = None, notice: UUID | None = None) -> int:
    """Tell what was given up again: one notice, or all of a webhook; how many those are. Raises `Refused`."""
    async with database.transaction() as conn:
        if webhook is not None:
            await _living(conn, webhook)
        revived = await notices.revive(conn, webhook=webhook, notice=notice, days=RESENT_DAYS)
        if notice is not None and not revived:
            rules.NOTICE_NOT_DEAD.refuse("notice", notice, id=notice)
        for one in sorted(set(revived)):
            await webhooks.try_at_once(conn, one)
    return len(revived)


async def _living(conn: Connection, webhook: int) -> WebhookRow:
    row = await webhooks.lock_webhook(conn, webhook)
    if row is None or row.ended_at is not None:
        rules.WEBHOOK_UNKNOWN.refuse("id", webhook, id=webhook)
    return row


def _state(row: WebhookRow, now: datetime) -> WebhookState:
    if row.approved_at is None:
        return WebhookState.PENDING
    if row.paused_until is not None and row.paused_until > now:
        return WebhookState.PAUSED
    return WebhookState.FAILING if row.failures else WebhookState.ACTIVE
