"""Who gets a document: codes as the file names them, resolved to agencies, and why the others get nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from envelopes.agency_codes import difference
from envelopes.faults import Refused
from envelopes.model import Document, StatusMessage
from exchange import rules, succession_rules
from storage.envelopes import Note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from envelopes.faults import Fault
    from storage.agency_codes import CodeRow
    from storage.directory import Agency
    from storage.links import Link

    Named = tuple[str, str]
    """Where in the file an agency is named, and by which code."""

TO = "edXMLHeader/MessageHeader/To[{n}]/OrganId"
RECEIVER = "edXMLHeader/TraceHeaderList/Bussiness/BussinessDocumentInfo/ReceiverList/Receiver[{n}]/OrganId"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A document to be taken as `envelope`, and what the directory says of the codes in it. `alike` has a known code
    that looks like it for an unknown one, `lapsed` what an unknown one was or will be; `limit` is the most recipients.

    `known` has whom each code reaches; where that is the successor of a dissolved agency, `ended` has the latter.
    `forebears`: the agencies that are no more and whose place another has, where copies of theirs may be meant.
    """

    envelope: UUID
    document: Document
    known: Mapping[str, Agency]
    alike: Mapping[str, str]
    limit: int
    lapsed: Mapping[str, CodeRow] = field(default_factory=dict)
    ended: Mapping[str, Agency] = field(default_factory=dict)
    forebears: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def own_code(self, code: str) -> str:
        """The agency's own code; an unknown one as it is."""
        agency = self.known.get(code)
        return agency.code if agency else code

    def redirected(self, recipients: Sequence[str]) -> dict[str, str]:
        """Dissolved agencies named in the document, each with the recipient that stands in its place."""
        found = {agency.code: self.own_code(code) for code, agency in self.ended.items()}
        return {agency: heir for agency, heir in found.items() if heir in recipients and agency not in recipients}


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPlan:
    """A document and where it goes: codes of recipients, and a note for each that cannot be reached.

    `links`: what it does to other documents; `told`: who among the recipients gets the file. The others are named, but
    an update that takes a document away from somebody does not hand them the new version.
    """

    asked: Asked
    recipients: tuple[str, ...]
    undeliverable: tuple[Note, ...]
    warnings: tuple[Fault, ...] = ()
    links: tuple[Link, ...] = ()
    untold: frozenset[str] = frozenset()

    @property
    def document(self) -> Document:
        """What is to be taken."""
        return self.asked.document


@dataclass(slots=True)
class Reach:
    """Agencies' own codes with the code each is named by, and a fault for each code that leads nowhere."""

    reached: dict[str, str] = field(default_factory=dict)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    repeated: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    _followed: set[str] = field(default_factory=set)

    def follow(self, path: str, code: str, own: str, ended: Agency) -> None:
        """Reach the successor `own` of a dissolved agency; that it is named twice its sender could not know."""
        day = f"{ended.dissolved_on:%d/%m/%Y}"
        self.warnings.append(succession_rules.RECIPIENT_REDIRECTED.at(path, code, code=code, day=day, successor=own))
        if own in self.reached:
            self._merge(path, code, own)
        else:
            self.reached[own] = code
            self._followed.add(own)

    def _merge(self, path: str, code: str, own: str) -> None:
        other = self.reached[own]
        self.warnings.append(succession_rules.RECIPIENT_MERGED.at(path, code, code=code, other=other, successor=own))

    def add(self, path: str, code: str, own: str) -> None:
        """Reach an agency, which may be named once only (conformance C05)."""
        if own in self._followed:
            self._merge(path, code, own)
            self._followed.discard(own)
            self.reached[own] = code
        elif own in self.reached:
            other = self.reached[own]
            self.repeated.append(rules.RECIPIENT_SAME.at(path, code, code=code, other=other, agency=own))
        else:
            self.reached[own] = code

    def miss(self, code: str, fault: Fault) -> None:
        """Somebody who gets nothing, and why."""
        self.faults.append((code, fault))

    def check(self) -> None:
        """Refused when an agency is named twice under two of its codes, or nobody can be reached (conformance C06)."""
        if self.repeated or not self.reached:
            faults = [*self.repeated, *(fault for _, fault in self.faults)]
            raise Refused(*(faults or [rules.RECIPIENT_BEYOND.at("edXMLHeader/MessageHeader/To")]))

    def notes(self) -> tuple[Note, ...]:
        """The undeliverable."""
        return tuple(note(fault, recipient=code) for code, fault in self.faults)


def agencies_named(message: Document | StatusMessage) -> list[str]:
    """The codes of all agencies that a message speaks of, as it writes them; the sender's own is not among them."""
    if isinstance(message, StatusMessage):
        return [message.answers.agency]
    codes = [recipient.code for recipient in message.recipients]
    codes += [answer.agency for answer in message.responses if answer.agency]
    if (business := message.business) is not None:
        codes += [change.agency for change in business.receivers]
        codes += [code for one in business.replacements for code in one.agencies]
        codes += [
            owner_in(reference) for reference in (message.target, *(one.reference for one in business.replacements))
        ]
    return list(dict.fromkeys(codes))


def owner_in(reference: str) -> str:
    """The agency code that a reference of the canonical form `AGENCY,yyyy/mm/dd,NUMBER/NOTATION` begins with."""
    return reference.partition(",")[0] if "," in reference else ""


def for_ours(document: Document, known: Mapping[str, Agency]) -> Document:
    """The document as a parent axis brings it: without receivers beyond, whom the parent serves by itself.

    Raises `Refused` when that leaves nobody.
    """

    def is_beyond(code: str) -> bool:
        return code in known and known[code].beyond is not None

    recipients = tuple(one for one in document.recipients if not is_beyond(one.code))
    business = document.business
    if business is not None:
        receivers = tuple(one for one in business.receivers if not is_beyond(one.agency))
        business = replace(business, receivers=receivers)
    if not recipients and not (business and business.receivers):
        rules.RECIPIENT_BEYOND.refuse("edXMLHeader/MessageHeader/To")
    return replace(document, recipients=recipients, business=business)


def named_in_to(document: Document) -> list[Named]:
    """The agencies of `To`, in the order of the file."""
    return [(TO.format(n=n), one.code) for n, one in enumerate(document.recipients, 1)]


def check_number(asked: Asked) -> None:
    """Refused when the recipients are too many (TM-42)."""
    changes = asked.document.business.receivers if asked.document.business else ()
    count = len(asked.document.recipients) + len(changes)
    if count > asked.limit:
        rules.RECIPIENTS_TOO_MANY.refuse("edXMLHeader/MessageHeader/To", count, count=count, limit=asked.limit)


def reach(asked: Asked, named: Sequence[Named]) -> Reach:
    """Which of these agencies documents can be delivered to."""
    found = Reach()
    for path, code in named:
        agency = asked.known.get(code)
        if agency is None or not agency.active:
            found.miss(code, unreachable(asked, path, code))
        elif code in asked.ended:
            found.follow(path, code, agency.code, asked.ended[code])
        else:
            found.add(path, code, agency.code)
    return found


def plan_letter(asked: Asked, *, warnings: Sequence[Fault] = (), links: Sequence[Link] = ()) -> DocumentPlan:
    """Who gets a document that simply goes to those in `To`; refused when nobody can."""
    check_number(asked)
    found = reach(asked, named_in_to(asked.document))
    found.check()
    return DocumentPlan(
        asked=asked,
        recipients=tuple(found.reached),
        undeliverable=found.notes(),
        warnings=(*found.warnings, *warnings),
        links=tuple(links),
    )


def unreachable(asked: Asked, path: str, code: str) -> Fault:
    """Why nothing can be delivered to an agency that is unknown, locked or no more, or under a code that is over."""
    if code in asked.known:
        agency = asked.known[code]
        if agency.dissolved and agency.dissolved_on is not None:
            day = f"{agency.dissolved_on:%d/%m/%Y}"
            return succession_rules.RECIPIENT_DISSOLVED.at(path, code, code=code, day=day)
        return rules.RECIPIENT_LOCKED.at(path, code, code=code)
    if code in asked.lapsed:
        return _lapsed(path, asked.lapsed[code])
    alike = asked.alike.get(code)
    if alike is None:
        return rules.RECIPIENT_UNKNOWN.at(path, code, code=code)
    vi, en = difference(code, alike)
    return rules.RECIPIENT_CONFUSABLE.at(path, code, code=code, known=alike, found_vi=vi, found_en=en)


def _lapsed(path: str, row: CodeRow) -> Fault:
    """That the code is no more, or not yet."""
    if row.valid_from is not None and not row.begun:
        day = f"{row.valid_from:%d/%m/%Y}"
        return succession_rules.RECIPIENT_EARLY.at(path, row.code, code=row.code, agency=row.agency, day=day)
    day = f"{row.valid_until:%d/%m/%Y}"
    return succession_rules.RECIPIENT_EXPIRED.at(path, row.code, code=row.code, agency=row.agency, day=day)


def note(fault: Fault, *, recipient: str = "") -> Note:
    """The fault as it is kept with an envelope."""
    return Note(code=fault.code, vi=fault.vi, en=fault.en, path=fault.path, value=fault.value, recipient=recipient)
