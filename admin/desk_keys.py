"""What the desk's pages share, under typed keys."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from exchange.accounts import Account, Porter
from exchange.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks for a page, and the token that proves a form came from one of our pages."""

    account: Account
    csrf: str


EXCHANGE = web.AppKey("exchange", Exchange)
PORTER = web.AppKey("porter", Porter)

VISITOR = web.RequestKey("visitor", Visitor)
"""Set for every page but the sign-in."""

FORM: web.RequestKey[dict[str, str]] = web.RequestKey("form", dict)
"""The fields of a form that was sent, already checked to come from one of our pages."""
