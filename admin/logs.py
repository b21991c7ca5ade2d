"""One line per business fact: JSON for machines, coloured text on a terminal. Never bodies, credentials or keys."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

    from exchange.settings import Settings

HIDDEN = frozenset({"authorization", "credential", "secret", "password", "cookie", "key", "body"})
"""Names whose values never reach a log, whoever passes them (TM-50)."""


def set_up_logs(settings: Settings) -> None:
    """Send the program's and the libraries' lines to stderr in the form the settings ask for."""
    console = settings.log_form == "console" or (settings.log_form == "auto" and sys.stderr.isatty())
    plain = structlog.dev.plain_traceback  # a rich one prints local variables: bodies, credentials (TM-50)
    last = (
        structlog.dev.ConsoleRenderer(exception_formatter=plain)
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide,
    ]
    tail = [last] if console else [structlog.processors.format_exc_info, last]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tail],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in ("alembic", "urllib3", "asyncio", "gunicorn.error"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It tells each path that it tried, with a traceback and a page of text; our verdict says what came of it.
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


def _hide(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name in HIDDEN & event.keys():
        event[name] = "********"
    return event
