"""A new version of a document: for those who keep it, for added receivers, and not for removed ones (conformance C31).

Both versions stay readable. From a removed receiver the earlier ones are taken back; it does not get the new one, but
a status 13 of the exchange's own if it had fetched what it is to give back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.faults import Refused
from exchange import operation_rules as rules
from exchange.addressing import RECEIVER, DocumentPlan, check_number, named_in_to, note, plan_letter, reach
from exchange.recall import by_recipient, holder, taken_back, unknown_target
from storage.links import UPDATES, Link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envelopes.faults import Fault
    from exchange.addressing import Asked, Named
    from storage.copies import Copy
    from storage.envelopes import Note


def plan_update(asked: Asked, found: Sequence[Copy]) -> DocumentPlan:
    """Who gets the new version, and from whom the earlier ones are taken back.

    An update of what is not here is a letter to those in `To`; there is nothing its receiver list could change.
    """
    if not found:
        return plan_letter(asked, warnings=[unknown_target(asked, asked.document.target)])
    check_number(asked)
    copies = by_recipient(found)
    added, removed = _changes(asked)
    reached = reach(asked, _receivers(asked, added, removed))
    gone = {own: code for code in removed.values() if (own := holder(asked, code, copies)) is not None}
    missed = _not_sent(asked, removed, frozenset(gone.values()))
    if reached.repeated or not (reached.reached or gone):
        raise Refused(*reached.repeated, *(fault for _, fault in (*reached.faults, *missed)))
    return DocumentPlan(
        asked=asked,
        warnings=tuple(reached.warnings),
        recipients=(*reached.reached, *(own for own in gone if own not in reached.reached)),
        undeliverable=(*reached.notes(), *_notes(missed)),
        links=(*_updated(asked, copies, reached.reached), *taken_back(asked, copies, gone)),
        untold=frozenset(gone) - reached.reached.keys(),
    )


def _changes(asked: Asked) -> tuple[dict[str, str], dict[str, str]]:
    """Codes added and removed, by where they stand; refused when an agency is both."""
    business = asked.document.business
    changes = business.receivers if business else ()
    added = {RECEIVER.format(n=n): one.agency for n, one in enumerate(changes, 1) if one.added}
    removed = {RECEIVER.format(n=n): one.agency for n, one in enumerate(changes, 1) if not one.added}
    coming = {asked.own_code(code) for code in added.values()}
    faults = [
        rules.RECEIVER_CONTRADICTED.at(path, code, code=code)
        for path, code in removed.items()
        if asked.own_code(code) in coming
    ]
    if faults:
        raise Refused(*faults)
    return added, removed


def _receivers(asked: Asked, added: Mapping[str, str], removed: Mapping[str, str]) -> list[Named]:
    """`To` and what is added to it, without what is removed; an added agency may stand in `To` as well."""
    gone = {asked.own_code(code) for code in removed.values()}
    named = [(path, code) for path, code in named_in_to(asked.document) if asked.own_code(code) not in gone]
    there = {asked.own_code(code) for _, code in named}
    for path, code in added.items():
        if asked.own_code(code) not in there:
            there.add(asked.own_code(code))
            named.append((path, code))
    return named


def _not_sent(asked: Asked, removed: Mapping[str, str], taken: frozenset[str]) -> list[tuple[str, Fault]]:
    """Removed receivers that had nothing."""
    reference = asked.document.target
    return [
        (code, rules.RECALL_NOT_SENT.at(path, code, reference=reference, code=code))
        for path, code in removed.items()
        if code not in taken
    ]


def _notes(missed: Sequence[tuple[str, Fault]]) -> list[Note]:
    return [note(fault, recipient=code) for code, fault in missed]


def _updated(asked: Asked, copies: Mapping[str, Sequence[Copy]], reached: Mapping[str, str]) -> list[Link]:
    """A link to the last version that each recipient has; to the last of all where none of them has any."""
    having = [own for code in reached.values() if (own := holder(asked, code, copies)) is not None]
    links = [
        Link(source=asked.envelope, kind=UPDATES, target=copies[own][-1].envelope, recipient=own) for own in having
    ]
    if links:
        return links
    last = max((some[-1] for some in copies.values()), key=lambda copy: copy.envelope)
    return [Link(source=asked.envelope, kind=UPDATES, target=last.envelope)]
