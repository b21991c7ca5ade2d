"""Loaded by schemathesis: gives it what exists, since it cannot guess ids or sign envelopes.

`LT_KNOWN` names a JSON file: `deliveries` (id, sha256, attachments), `envelopes`, `agencies` (ids), `files` (folder).
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies as st

KNOWN: dict[str, Any] = json.loads(Path(os.environ["LT_KNOWN"]).read_text(encoding="utf-8"))
FILES = [path.read_bytes() for path in sorted(Path(KNOWN["files"]).iterdir())]

WAIT_SECONDS = 0.1
"""An inbox rightly sleeps up to 30 s; that it does is tested elsewhere."""

RANGE_SHARE = 0.2
"""How often a part of a file is asked for."""

REAL_SHARE = 0.7
"""How often a well-formed id is exchanged for one that exists."""

RANGES = ("bytes=0-0", "bytes=10-99", "bytes=-1", "bytes=5-", "bytes=999999999-", "bytes=-0", "bytes=9-1", "lines=1-2")
"""Ranges within, across and outside small files, and some that mean nothing."""

dice = random.Random(len(FILES))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real envelope with a few bytes exchanged, cut out or put in."""
    data = draw(st.sampled_from(FILES))
    start = draw(st.integers(0, len(data)))
    end = min(len(data), start + draw(st.integers(0, 40)))
    return data[:start] + draw(st.binary(max_size=40)) + data[end:]


schemathesis.openapi.media_type(
    "application/xml", st.one_of(st.sampled_from(FILES), damaged(), st.sampled_from([b"<data/>", b"<a>", b"x"]))
)


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Shorten sleeps; in well-formed requests put what exists in the place of what cannot."""
    _shorten(case)
    mode = case.meta.generation.mode if case.meta else None
    if mode is schemathesis.GenerationMode.POSITIVE and dice.random() < REAL_SHARE:
        _exchange(case)
        _ask_for_a_part(case)


def _shorten(case: schemathesis.Case[Any]) -> None:
    try:
        if 0 < float(case.query["wait"]) <= 30:
            case.query["wait"] = WAIT_SECONDS
    except (KeyError, TypeError, ValueError):
        pass


def _exchange(case: schemathesis.Case[Any]) -> None:
    path = case.operation.path
    if path.startswith("/v1/envelopes/{id}"):
        case.path_parameters["id"] = dice.choice(KNOWN["envelopes"])
    elif path.startswith("/v1/deliveries/{id}"):
        one = dice.choice(KNOWN["deliveries"])
        case.path_parameters["id"] = one["id"]
        if "n" in case.path_parameters and one["attachments"]:
            case.path_parameters["n"] = dice.randint(1, one["attachments"])
        if path.endswith("/confirmation") and isinstance(case.body, dict) and dice.random() < REAL_SHARE:
            case.body["sha256"] = one["sha256"]
    elif path == "/v1/agencies/{code}":
        case.path_parameters["code"] = dice.choice(KNOWN["agencies"])


def _ask_for_a_part(case: schemathesis.Case[Any]) -> None:
    name = case.operation.definition.raw.get("operationId", "")
    if name.startswith("fetch") and dice.random() < RANGE_SHARE:
        case.headers["Range"] = dice.choice(RANGES)
