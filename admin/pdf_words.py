"""How the signatures inside PDFs are said to a person: never more than was checked, and not to be taken for the
signature of the file that travels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envelopes.limits import LOCAL_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from envelopes.pdf_outcomes import PdfSignature as KeptSignature
    from exchange.client_types import Attachment, PdfSignature

STATES = {
    "pending": "đang chờ kiểm tra",
    "none": "tệp không có chữ ký số",
    "checked": "đã kiểm tra",
    "unchecked": "không kiểm tra được",
}
VERDICTS = {
    "valid": "hợp lệ",
    "unproven": "chưa xác minh được người ký",
    "changed": "tệp bị thay đổi sau khi ký",
    "invalid": "không hợp lệ",
}
MARKS = {"valid": "good", "unproven": "warn", "changed": "bad", "invalid": "bad"}
"""Which colour goes with a verdict; the words always say it too."""

TIMES = {"timestamped": "có dấu thời gian", "claimed": "theo lời người ký"}


def signature_lines(attached: Attachment) -> Iterator[str]:
    """What is known of the signatures inside an attachment, for a terminal; nothing where it is no PDF."""
    found = attached.pdf_signatures
    if found is None:
        return
    if found.state != "checked":
        why = f": {found.reason.vi} / {found.reason.en}" if found.reason else ""
        yield f"  Chữ ký trong tệp / signatures inside: {STATES.get(found.state, found.state)} / {found.state}{why}"
    for one in found.signatures:
        yield f"  Chữ ký trong tệp / signature inside: {_line(one)}"
        for reason in one.reasons:
            yield f"    {reason.vi}"
            yield f"    {reason.en}"


def _line(one: PdfSignature) -> str:
    verdict = f"{VERDICTS.get(one.verdict, one.verdict)} / {one.verdict}"
    when = f", {_when(one.signed_at, one.time)} / {one.time}" if one.signed_at and one.time else ""
    return f"{owner(one.signer, one.organization)}: {verdict}{when}"


def owner(signer: str | None, organization: str | None) -> str:
    """The names in the certificate; they are worth what the verdict says."""
    if signer is None:
        return "(không rõ)"
    return f"{signer} ({organization})" if organization and organization != signer else signer


def _when(at: datetime, time: str | None) -> str:
    return f"ký lúc {at.astimezone(LOCAL_TIME):%d/%m/%Y %H:%M} {TIMES.get(time or '', '')}".rstrip()


def verdict_words(one: KeptSignature) -> str:
    """The verdict, for the desk."""
    words = VERDICTS[one.verdict.value]
    return words[:1].upper() + words[1:]


def signature_words(one: KeptSignature) -> str:
    """Whose signature it is and when it was made, for the desk."""
    when = f", {_when(one.signed_at, one.time)}" if one.signed_at else ""
    return f"{owner(one.signer, one.organization)}{when}"
