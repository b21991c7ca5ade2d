"""Whether the address of the settings can be listened on, asked before anything is started for it."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exchange.settings import Settings


class CannotListen(Exception):  # noqa: N818 - says what it is
    """The address is another program's, or none of this machine's; the text names the settings and says why."""


def check_address(settings: Settings) -> None:
    """Return if nobody listens there yet and we may. Raises `CannotListen`."""
    try:
        family, kind, protocol, _, place = _place(settings)
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise CannotListen(
            f"LIENTHONG_HOST={settings.host} LIENTHONG_PORT={settings.port}: {why}{_advice(error)}"
        ) from error


def _place(settings: Settings) -> tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[object, ...]]:
    found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return found[0]


def _advice(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "; stop what listens there (this service, running already?) or choose another LIENTHONG_PORT"
    return ""
