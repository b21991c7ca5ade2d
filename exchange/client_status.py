"""A recipient's word about one delivery, as the edXML status message that carries it (edXML section 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from envelopes.model import Organization, ResponseFor, Staff, StatusMessage
from envelopes.writing import write_status

if TYPE_CHECKING:
    from exchange.client_types import Delivery
    from signing.sign import Signer

REPORTED = ("02", "03", "04", "05", "06", "15", "16")
"""What a recipient reports; 01 is the exchange's own word and 13 the original sender's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The document a status speaks of, and the agency that reports."""

    reporter: str
    answers: ResponseFor

    @classmethod
    def of(cls, delivery: Delivery, reporter: str | None = None) -> Answered:
        """The document of a delivery; ValueError when it carries a status itself."""
        if delivery.kind != "document":
            raise ValueError("a status message is not answered with a status")
        answers = ResponseFor(
            agency=delivery.sender,
            code=f"{delivery.number}/{delivery.notation}",
            issued_on=delivery.issued_on,
            reference=delivery.reference,
        )
        return cls(reporter=reporter or delivery.recipient, answers=answers)

    @classmethod
    def by_reference(cls, reference: str, reporter: str) -> Answered:
        """The document of a canonical reference `AGENCY,yyyy/mm/dd,NUMBER/NOTATION`; ValueError for any other form."""
        agency, issued, code = reference.split(",", 2)
        day = date.fromisoformat(issued.replace("/", "-"))
        if not agency or "/" not in code:
            raise ValueError("not AGENCY,yyyy/mm/dd,NUMBER/NOTATION")
        return cls(reporter=reporter, answers=ResponseFor(agency=agency, code=code, issued_on=day, reference=reference))


def status_message(
    about: Answered,
    code: str,
    *,
    description: str = "",
    staff: Staff | None = None,
    at: datetime | None = None,
    signer: Signer | None = None,
    xades: bool = False,
) -> bytes:
    """The status message as bytes, signed over its header (profile P) if a signer is given; `at` is now unless given.

    `xades`: signed as XAdES-B. ValueError for a code that a recipient does not report, or a token that fails.
    """
    if code not in REPORTED:
        raise ValueError(f"a recipient reports one of {', '.join(REPORTED)}, not {code}")
    status = StatusMessage(
        sender=Organization(code=about.reporter),
        answers=about.answers,
        code=code,
        description=description,
        reported_at=(at or datetime.now(UTC)).replace(microsecond=0),
        staff=staff,
    )
    data = write_status(status)
    return signer.sign_parts(data, xades=xades) if signer else data
