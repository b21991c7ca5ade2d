"""Certificates, lists and answers from their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from envelopes.faults import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from envelopes.faults import Rule

Loaded = TypeVar("Loaded")


def the_one(data: bytes, label: bytes, load: Callable[[bytes], list[Loaded]], rule: Rule) -> Loaded | None:
    """The one object of a PEM text; None when the data is no PEM. Raises `Refused` by `rule`.

    Several would mean that the caller does not know which one counts.
    """
    begins = data.count(b"-----BEGIN " + label + b"-----")
    if begins == 0:
        return None
    try:
        found = load(data)
    except ValueError as error:
        raise Refused(rule.at(reason=str(error))) from error
    if begins > 1 or len(found) != 1:
        raise Refused(rule.at(reason=f"{begins} × {label.decode()}"))
    return found[0]


def parsed(kind: Any, der: bytes) -> Any:
    """The asn1crypto object the path validator wants; its loader has no types."""
    return kind.load(der)
