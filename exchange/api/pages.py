"""Lists in pages: `{…, "next": CURSOR or null}` and a Link header (RFC 8288)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from exchange.api.shapes import json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aiohttp import web

    from exchange.api.call import Call

Item = TypeVar("Item")


def page(
    call: Call,
    name: str,
    found: Sequence[Item],
    limit: int,
    *,
    shape: Callable[[Item], dict[str, Any]],
    cursor: Callable[[Item], str],
) -> web.Response:
    """The first `limit` of what was found; whoever asks for one more knows whether there is a next page."""
    shown = found[:limit]
    following = cursor(shown[-1]) if len(found) > limit else None
    headers = {}
    if following is not None:
        url = call.request.rel_url.update_query(cursor=following)
        headers["Link"] = f'<{url}>; rel="next"'
    return json_answer({name: [shape(one) for one in shown], "next": following}, headers=headers)
