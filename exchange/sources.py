"""Addresses that an operator named: of revocation lists, and of OCSP responders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange import directory_rules as rules
from exchange.fetching import check_url
from signing.revocation import distribution_points
from storage import certificates, trust
from storage import revocation_sources as sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.connection import Connection
    from storage.database import Database

EVERY_SECONDS = 3600
"""How often an address is asked unless an operator says otherwise: the aim is data no older than an hour (TM-12)."""


async def add_source(database: Database, url: str, *, every_seconds: int = EVERY_SECONDS) -> None:
    """Fetch revocation lists from this address, from now on and this often. Raises `Refused`."""
    check_url(url)
    async with database.transaction() as conn:
        await sources.add_source(conn, url, every_seconds=every_seconds)


async def remove_source(database: Database, url: str) -> None:
    """Fetch nothing from this address any more; what came from it stays in force. Raises `Refused`."""
    async with database.transaction() as conn:
        if not await sources.remove_source(conn, url):
            rules.SOURCE_UNKNOWN.refuse("url", url, url=url)


async def set_responder(database: Database, url: str, issuer: str, *, every_seconds: int = EVERY_SECONDS) -> str:
    """Ask this OCSP responder about every certificate of the authority; its full name. Raises `Refused`.

    `issuer` is the authority's name as `ca list` shows it, or a part that fits one alone.
    """
    check_url(url)
    async with database.transaction() as conn:
        name = await _authority(conn, issuer)
        await sources.set_responder(conn, name, url, every_seconds=every_seconds)
    return name


async def remove_responder(database: Database, issuer: str) -> str:
    """Ask nobody about the authority's certificates any more; its full name. Raises `Refused`."""
    async with database.transaction() as conn:
        name = await _authority(conn, issuer)
        if not await sources.remove_responder(conn, name):
            rules.AUTHORITY_UNKNOWN.refuse("issuer", issuer, name=issuer)
    return name


async def points_without_source(database: Database, der: bytes) -> tuple[str, ...]:
    """Where a certificate (DER) says its revocation list is, as far as no operator named the address as a source."""
    async with database.acquire() as conn:
        return await _unnamed(conn, distribution_points(der))


async def all_points_without_source(conn: Connection) -> tuple[str, ...]:
    """The same of every certificate in use and every intermediate: what nobody keeps fresh."""
    ders = [row.der for row in await certificates.certificates(conn) if row.revoked_at is None]
    ders += [row.der for row in await trust.authorities(conn) if not row.is_root]
    return await _unnamed(conn, (point for der in ders for point in distribution_points(der)))


async def _unnamed(conn: Connection, points: Iterable[str]) -> tuple[str, ...]:
    wanted = dict.fromkeys(points)
    named = {source.url for source in await sources.sources(conn)} if wanted else set()
    return tuple(point for point in wanted if point not in named)


async def _authority(conn: Connection, issuer: str) -> str:
    names = sorted({one.subject for one in await trust.authorities(conn)})
    fitting = [name for name in names if name == issuer] or [name for name in names if issuer and issuer in name]
    if len(fitting) != 1:
        rules.AUTHORITY_UNKNOWN.refuse("issuer", issuer, name=issuer)
    return fitting[0]
