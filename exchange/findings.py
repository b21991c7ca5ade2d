"""What an audit says: how much it looked at, and what is not as it must be."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TypeAlias

PAGE = 200
"""Rows an audit fetches at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it must be: a stable `code`, the object or envelope, what a person reads."""

    code: str
    what: str
    detail: str
    mended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Some things were looked at; those that are wrong."""

    number: int
    findings: tuple[Finding, ...] = ()


Findings: TypeAlias = AsyncGenerator[Seen, None]
"""One part of an audit, a few things at a time."""
