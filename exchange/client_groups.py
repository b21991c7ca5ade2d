"""Groups of agencies as the client library answers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envelopes.model import Organization

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group: its rule takes agencies of this `level`, `below` this agency, or both; None: no such rule."""

    name: str
    title: str
    level: str | None = None
    below: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMember:
    """An agency that is in the group and can be delivered to now."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupNow:
    """A group with its agencies, by code. A document reaches them once they stand in its signed To."""

    name: str
    title: str
    level: str | None = None
    below: str | None = None
    agencies: tuple[GroupMember, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Every group, by name."""

    groups: tuple[Group, ...]


def addressed(sender: str, to: Sequence[Organization], groups: Iterable[GroupNow]) -> tuple[Organization, ...]:
    """The recipients to sign: those named and all of the groups, each once, the sender left out of groups."""
    found = {one.code: one for one in to}
    for group in groups:
        for member in group.agencies:
            if member.code != sender:
                found.setdefault(member.code, Organization(code=member.code, name=member.name))
    return tuple(found.values())
