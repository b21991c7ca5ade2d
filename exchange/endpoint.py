"""One webhook's address, and the only way to it (SECURITY TM-43): where a name leads is judged at the last step before
connecting, on the very address that is connected to, against the networks and ports that an administrator allowed.

No redirects, no proxies from the environment, no cookies; of the answer only the status is looked at.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.abc import AbstractResolver

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping

    from aiohttp.connector import AddrInfoType

    from storage.webhooks import Network

    Address = IPv4Address | IPv6Address

Resolver = AbstractResolver
"""Who looks up names."""

ANSWER_SECONDS = 10.0
"""For everything from looking up the name to the end of the answer."""

ANSWER_BYTES = 64 * 1024
"""Of an answer that is read so that the connection can be used again; a longer one ends with the connection."""

CONNECTIONS = 8
"""To one address at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address and where it may lead. `trust`: for https; the machine's own roots if None."""

    url: str
    networks: tuple[Network, ...]
    ports: tuple[int, ...]
    trust: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How one post came out: the status that was answered, or why there is none."""

    status: int | None = None
    failure: str = ""


def plain_address(text: str) -> Address:
    """The address that a text means to the network: an IPv4 one that is dressed up as IPv6 is the IPv4 one."""
    address = ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def is_allowed(address: Address, networks: Collection[Network]) -> bool:
    """Whether an address lies in one of the networks. Addresses of this machine and of its own cable do so only for a
    network of just such addresses: who allows the whole internet has not allowed those. Of many at once: never."""
    if address.is_unspecified or address.is_multicast:
        return False
    near = address.is_loopback or address.is_link_local
    return any(
        address in network and (not near or network.is_loopback or network.is_link_local) for network in networks
    )


class OutsideNetworks(OSError):  # noqa: N818 - says what is the case
    """The name led to an address or port that is not allowed; nothing was connected to."""


@dataclass(slots=True, kw_only=True)
class Gatekeeper:
    """Makes the sockets of one target, and none for any other address. Counts what it was asked for."""

    target: Target
    let_through: list[str] = field(default_factory=list)
    turned_away: list[str] = field(default_factory=list)

    def socket(self, found: AddrInfoType) -> socket.socket:
        """A socket for an address that was found. Raises `OutsideNetworks`."""
        family, kind, protocol, _, place = found
        host, port = str(place[0]), int(place[1])
        shown = f"{host} {port}"
        if port not in self.target.ports or not is_allowed(plain_address(host), self.target.networks):
            self.turned_away.append(shown)
            raise OutsideNetworks(f"{shown}: ngoài các mạng và cổng được phép / outside the networks and ports allowed")
        self.let_through.append(shown)
        return socket.socket(family, kind, protocol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A way to one target that is kept open for several posts."""

    session: aiohttp.ClientSession
    gatekeeper: Gatekeeper
    seconds: float

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Post JSON; never raises for what the other side does."""
        try:
            async with self.session.post(
                self.gatekeeper.target.url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                await _read_away(answer)
                return Reply(status=answer.status)
        except TimeoutError:
            return Reply(failure=f"không trả lời trong {self.seconds:g} giây / no answer within {self.seconds:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Reply(failure=_reason(error))


@asynccontextmanager
async def line_to(
    target: Target, *, resolver: Resolver | None = None, seconds: float = ANSWER_SECONDS
) -> AsyncIterator[Line]:
    """Open a line; nothing is connected to before the first post."""
    gatekeeper = Gatekeeper(target=target)
    connector = aiohttp.TCPConnector(
        limit=CONNECTIONS,
        resolver=resolver,
        use_dns_cache=False,  # a name leads where it leads now
        socket_factory=gatekeeper.socket,
        ssl=target.trust or True,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        headers={"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "lienthong"},
    ) as session:
        yield Line(session=session, gatekeeper=gatekeeper, seconds=seconds)


def trust_in(authority: str) -> ssl.SSLContext:
    """A server's certificate must lead to the authorities in this PEM, and no others. Blocking.

    Raises `ssl.SSLError` when there is none in it.
    """
    return ssl.create_default_context(cadata=authority)


async def _read_away(answer: aiohttp.ClientResponse) -> None:
    size = 0
    async for chunk in answer.content.iter_any():
        size += len(chunk)
        if size > ANSWER_BYTES:
            answer.close()
            return


def _reason(error: Exception) -> str:
    """Why there was no answer, in our own words and the system's: nothing that the other side wrote."""
    while isinstance(error, aiohttp.ClientConnectorError) and error.os_error is not None:
        error = error.os_error
    if isinstance(error, OutsideNetworks):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"chứng thư máy chủ không được tin cậy / the server's certificate is not trusted: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return f"không kết nối được / cannot be connected to: {error.strerror}"
    return f"không trả lời đúng giao thức / no proper answer: {type(error).__name__}"
