"""What is believed of a file that a parent axis brings.

The sender's signature is verified wherever a certificate registered here can tell, as for everybody. Where none can,
the parent's word counts if an administrator said that it vouches: the file is then taken as unsigned, with a warning,
and called signed nowhere. Of an agency that has had a certificate here, only what certificates prove is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.faults import FaultClass, Refused, Rule
from envelopes.limits import ARRIVED, NS
from envelopes.parts import STATUS_CODE
from signing import gate
from signing import gate_rules as gates
from signing.elements import PATH, XML_SPACE

if TYPE_CHECKING:
    from envelopes.faults import Fault
    from signing.certificates import Trust
    from signing.gate import Inspected
    from storage.certificates import Candidates
    from storage.directory import System
    from storage.parents import Above

FROM_HERE = Rule(
    "parent.sender_here",
    FaultClass.BAD_VALUE,
    "Trục cấp trên {parent} đưa xuống văn bản {reference} của {sender}, là đơn vị của trục này, mà trục này chưa hề "
    "gửi lên. Đơn vị đó phải gửi qua trục này.",
    "Parent {parent} brings document {reference} of {sender}, an agency of this exchange, that never went up "
    "from here. That agency has to send it through this exchange.",
    "docs/parents.md",
)
NOT_BEYOND = Rule(
    "parent.sender_unknown",
    FaultClass.BAD_VALUE,
    "Đơn vị gửi {sender} không có trong danh mục của trục cấp trên {parent}. "
    "Hãy đồng bộ: lienthong parent sync {parent}.",
    "Sender {sender} is not known to be behind parent {parent}. Read its list again: lienthong parent sync {parent}.",
    "docs/parents.md",
)
UNPROVEN = Rule(
    "signature.unproven",
    FaultClass.MISSING,
    "Chữ ký chưa được kiểm tra: trục này không có chứng thư số nào của {sender} làm ra chữ ký; "
    "văn bản được nhận theo cam kết của trục cấp trên {parent}.",
    "The signature was not checked: no certificate registered here for {sender} made it; "
    "the file is taken on the word of parent {parent}.",
    "docs/parents.md",
)
SEALED_ABOVE = Rule(
    "signature.by_parent",
    FaultClass.MISSING,
    "Trạng thái 01 này do trục cấp trên {parent} ký bằng con dấu của trục, không phải {sender} ký.",
    "This status 01 is signed by parent {parent} with its own seal, not by {sender}.",
    "docs/parents.md",
)

SENDER = "edXMLHeader/MessageHeader/From/OrganId"

_UNTELLING = frozenset({gates.CERTIFICATE_UNREGISTERED.code, gates.INVALID.code})
"""Refusals that say no more than that no certificate known here made the signature."""


class FromHere(Exception):  # noqa: N818 - says what was found
    """A parent brought a file that an agency of this exchange is said to have sent; nothing of it was verified."""

    def __init__(self, *, sender: str, reference: str, sha256: bytes, is_status: bool, is_arrival: bool) -> None:
        super().__init__(f"{sender} {reference}")
        self.sender = sender
        self.reference = reference
        self.sha256 = sha256
        self.is_status = is_status
        self.is_arrival = is_arrival


def sender_beyond(parent: Above, inspected: Inspected, candidates: Candidates, sha256: bytes) -> str:
    """The own code of the agency beyond that the file says it is from; `sha256` of the file.

    Raises `FromHere` for one of this exchange, `Refused` for any other.
    """
    if candidates.agency is not None and candidates.beyond is None:
        raise FromHere(
            sender=candidates.agency,
            reference=(inspected.parts.header.findtext(f"{{{NS}}}DocumentId") or "").strip(XML_SPACE),
            sha256=sha256,
            is_status=inspected.parts.is_status,
            is_arrival=_is_arrival(inspected),
        )
    if candidates.agency is None or candidates.beyond != parent.name:
        NOT_BEYOND.refuse(SENDER, inspected.sender, sender=inspected.sender, parent=parent.name)
    return candidates.agency


def may_be_unsigned(parent: Above, inspected: Inspected, candidates: Candidates) -> bool:
    """Whether the parent's word is enough for this file; whoever strips a signature must gain nothing by it."""
    return parent.vouches and (_is_arrival(inspected) or not candidates.certified)


def judge(
    inspected: Inspected, system: System, candidates: Candidates, trust: Trust, whole: bytes | None
) -> tuple[gate.Verified | gate.Held | None, Fault | None]:
    """Whether the sender signed it, as the gate says; None and a warning where a parent's word stands for that.

    For worker threads. Raises `Refused`.
    """
    try:
        verdict = gate.verify(
            inspected,
            candidates=candidates.ders,
            trust=trust,
            at=candidates.now,
            whole=whole,
            weak_until=system.weak_until,
        )
    except Refused as refused:
        if system.parent is None or refused.faults[0].code not in _UNTELLING:
            raise
        return None, _instead(inspected, system.parent, candidates, whole, refused)
    return verdict, None


def _instead(
    inspected: Inspected, parent: Above, candidates: Candidates, whole: bytes | None, refused: Refused
) -> Fault:
    """What the file is taken on, since the gate refused it."""
    told = {"sender": inspected.sender, "parent": parent.name}
    if parent.seal is not None and _is_arrival(inspected) and _is_sealed(inspected, parent.seal, candidates, whole):
        return SEALED_ABOVE.at(PATH, **told)
    if may_be_unsigned(parent, inspected, candidates):
        return UNPROVEN.at(PATH, **told)
    raise refused


def _is_arrival(inspected: Inspected) -> bool:
    """Whether this is a status 01, which an axis writes by itself and which decides nothing."""
    code = (inspected.parts.header.findtext(STATUS_CODE) or "").strip(XML_SPACE)
    return inspected.parts.is_status and code == ARRIVED


def _is_sealed(inspected: Inspected, seal: bytes, candidates: Candidates, whole: bytes | None) -> bool:
    """Whether the parent's own seal made the signature. An administrator pinned it, so it needs no path to a root."""
    try:
        gate.attribute(inspected, candidates=(seal,), at=candidates.now, whole=whole)
    except Refused:
        return False
    return True
