"""A document that takes the place of others: each is marked as replaced for the agencies named (conformance C32)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from exchange import operation_rules as rules
from exchange.addressing import plan_letter
from exchange.recall import by_recipient, holder, unknown_target
from storage.links import REPLACES, Link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from envelopes.faults import Fault
    from envelopes.model import Replacement
    from exchange.addressing import Asked, DocumentPlan
    from storage.copies import Copy

_INFO = "edXMLHeader/TraceHeaderList/Bussiness/ReplacementInfoList/ReplacementInfo[{n}]"


def plan_replacement(asked: Asked, found: Mapping[str, Sequence[Copy]]) -> DocumentPlan:
    """It goes to those in `To` like any document; `found` has the copies of each replaced one by its reference."""
    business = asked.document.business
    plan = plan_letter(asked)
    warnings = list(plan.warnings)
    links: list[Link] = []
    for n, one in enumerate(business.replacements if business else (), 1):
        copies = found.get(one.reference, ())
        if copies:
            links += _marks(asked, one, copies, plan.recipients, _INFO.format(n=n), warnings)
        else:
            warnings.append(unknown_target(asked, one.reference))
    return replace(plan, warnings=tuple(dict.fromkeys(warnings)), links=tuple(dict.fromkeys(links)))


def _marks(
    asked: Asked,
    one: Replacement,
    found: Sequence[Copy],
    recipients: Sequence[str],
    path: str,
    warnings: list[Fault],
) -> list[Link]:
    """A link to every copy of the agencies named (none named: of this document's recipients)."""
    copies = by_recipient(found)
    links: list[Link] = []
    for code in one.agencies or [own for own in recipients if holder(asked, own, copies) is not None]:
        own = holder(asked, code, copies)
        if own is None:
            place = f"{path}/OrganIdList/OrganId"
            warnings.append(rules.REPLACED_NOT_SENT.at(place, code, reference=one.reference, code=code))
            continue
        links += [
            Link(source=asked.envelope, kind=REPLACES, target=copy.envelope, recipient=own) for copy in copies[own]
        ]
    return links
