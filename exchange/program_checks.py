"""Whether the program itself is whole: how Python runs it, and that nobody else's files stand among ours."""

from __future__ import annotations

import sys
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING

from aiohttp import http_parser

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DISTRIBUTION = "lienthong"
PACKAGES = ("envelopes", "signing", "storage", "exchange", "admin")
"""Our top-level packages: common words, so another distribution in the same environment could own one (DESIGN 2)."""


class Wrong(Exception):  # noqa: N818 - says what is the case
    """A check is red; the text says what was found and what to do, in Vietnamese and English."""


def check_guards(optimize: int = sys.flags.optimize) -> str:
    """Raise `Wrong` under `python -O`: libraries rely on asserts as guards (TM-58)."""
    if optimize:
        raise Wrong("đang chạy với python -O: hãy bỏ -O và PYTHONOPTIMIZE / runs under python -O: drop it")
    return "asserts are kept"


def check_parser(parser: object = http_parser.HttpRequestParser) -> str:
    """Raise `Wrong` unless HTTP is read by aiohttp's C parser, the one that is tested against smuggling (TM-52)."""
    if parser is http_parser.HttpRequestParserPy:
        raise Wrong(
            "aiohttp không dùng bộ phân tích HTTP viết bằng C: hãy bỏ AIOHTTP_NO_EXTENSIONS, cài bản wheel / "
            "aiohttp does not use its C parser: unset AIOHTTP_NO_EXTENSIONS, install its wheel"
        )
    return "aiohttp's C parser"


def check_packages(owners: Mapping[str, Sequence[str]] | None = None) -> str:
    """Raise `Wrong` when another distribution brings a package of one of our names."""
    owners = packages_distributions() if owners is None else owners
    foreign = sorted(
        {f"{name} ({other})" for name in PACKAGES for other in owners.get(name, ()) if other != DISTRIBUTION}
    )
    if foreign:
        raise Wrong(
            f"gói khác chiếm tên của chúng tôi: {', '.join(foreign)}: hãy cài lienthong vào môi trường riêng / "
            f"another distribution owns {', '.join(foreign)}: install lienthong into an environment of its own"
        )
    return "no other distribution owns our packages"
