"""What an edXML file on disk is, and everything wrong with it, without an exchange: for whoever writes such files.

It goes the exchange's own way (splitting, structure, reading, attachments, signature) and says more: what the exchange
would stop at hides nothing here. Attachments are decoded to a temporary folder, so memory stays flat.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envelopes.examining import Examiner
from envelopes.leniency import Notes
from envelopes.limits import LOCAL_TIME, MAX_WHOLE_BYTES, Words
from envelopes.media import media_type
from envelopes.model import Document
from envelopes.parts import DECORATION
from envelopes.split_rules import NAMESPACE
from exchange import rules
from exchange.client_files import CHUNK
from exchange.spool import Spool
from exchange.unpacking import look_into
from exchange.verified_facts import Attached, Facts, SignatureSeen, Unwrapped, certificate_seen, facts_of
from signing import receipts
from signing.appraising import Appraisal, Given, Outcome, appraise

if TYPE_CHECKING:
    from datetime import datetime

    from envelopes.examining import Examined
    from envelopes.faults import Fault
    from exchange.client_types import Moved
    from exchange.spool import Opened

UNWRAPPED_BYTES = 512 * 2**20
"""Most bytes of all files inside one-entry zips; an exchange of other LIENTHONG_MAX_UNWRAPPED_BYTES may differ."""

ONLY_THE_EXCHANGE = Words(
    vi="nơi gửi, nơi nhận có trong danh bạ không; văn bản đã gửi chưa; giới hạn riêng của trục: chỉ trục biết",
    en="sender and recipients in the directory, repetition, the exchange's own limits: only the exchange knows",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a file is. `accepted`: an exchange would take it, as far as that can be told from the file alone."""

    file: str
    size: int
    sha256: str
    accepted: bool
    message: Facts | None
    attachments: tuple[Attached, ...]
    signature: SignatureSeen
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    unchecked: tuple[Words, ...]

    @property
    def is_receipt(self) -> bool:
        """Whether this is no envelope but an exchange's receipt for one."""
        return any(fault.code == NAMESPACE.code and fault.value == receipts.ROOT for fault in self.faults)


def verify_file(path: Path, *, given: Given, at: datetime, lenient: bool, moved: Moved) -> Verification:
    """Everything that the file in `path` tells. Raises `OSError`."""
    with tempfile.TemporaryDirectory(prefix="lienthong-") as folder:
        spool = Spool(Path(folder) / "spool", sync=False)
        examined, size = _examined(path, spool, at, lenient=lenient, moved=moved)
        notes = Notes(lenient=lenient)
        attachments = _attachments(examined, spool, notes)
        signature = _appraised(path, size, examined, given, at)
        notes.take(*signature.faults, *signature.warnings)
    faults = tuple(dict.fromkeys([*examined.faults, *notes.faults]))
    return Verification(
        file=str(path),
        size=size,
        sha256=(examined.split.sha256 if examined.split else _digest(path)).hex(),
        accepted=not faults,
        message=facts_of(examined.message, examined.faults) if examined.message else None,
        attachments=attachments,
        signature=_seen(signature),
        faults=faults,
        warnings=tuple(dict.fromkeys([*examined.warnings, *notes.warnings])),
        unchecked=(*signature.unchecked, ONLY_THE_EXCHANGE),
    )


def _examined(path: Path, spool: Spool, at: datetime, *, lenient: bool, moved: Moved) -> tuple[Examined, int]:
    examiner = Examiner(spool, today=at.astimezone(LOCAL_TIME).date(), lenient=lenient)
    total, size = path.stat().st_size, 0
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            examiner.feed(data)
            size += len(data)
            moved(size, total)
    examined = examiner.close()
    spool.end()
    return examined, size


def _attachments(examined: Examined, spool: Spool, notes: Notes) -> tuple[Attached, ...]:
    """What each attachment holds; what is wrong with it goes to `notes`."""
    message, split = examined.message, examined.split
    if split is None or not isinstance(message, Document) or len(message.attachments) != len(split.contents):
        return ()  # a file with two lists of attachments: the structure's fault says so
    for content in split.contents:
        spool.touch(content.n)
    found = look_into(spool, message, split, notes, limit=UNWRAPPED_BYTES)
    return tuple(
        Attached(
            n=head.n,
            name=head.name,
            media_type=found.media_types.get(content.n, media_type(head.name)),
            size=content.size,
            sha256=content.sha256.hex(),
            unwrapped=_unwrapped(found.opened.get(content.n)),
        )
        for head, content in zip(message.attachments, split.contents, strict=True)
    )


def _unwrapped(opened: Opened | None) -> Unwrapped | None:
    return Unwrapped(size=opened.size, sha256=opened.sha256.hex()) if opened else None


def _appraised(path: Path, size: int, examined: Examined, given: Given, at: datetime) -> Appraisal:
    """The signature, unless the file is in such disorder that nobody could say what it covers."""

    def whole() -> bytes:
        if size > MAX_WHOLE_BYTES:
            rules.WHOLE_TOO_LARGE.refuse("edXMLHeader/Signature", size, limit=MAX_WHOLE_BYTES)
        return path.read_bytes()

    if examined.orderly and examined.split is not None:
        return appraise(examined.split.skeleton, given=given, at=at, whole=whole)
    if examined.parts is None:
        return Appraisal(outcome=Outcome.UNEXAMINED)
    if examined.parts.signature is None:
        return Appraisal(outcome=Outcome.ABSENT)
    decorated = examined.parts.signature.tag == DECORATION
    return Appraisal(outcome=Outcome.DECORATION if decorated else Outcome.UNEXAMINED)


def _seen(found: Appraisal) -> SignatureSeen:
    certificate = certificate_seen(found.certificate, enclosed=found.enclosed) if found.certificate else None
    return SignatureSeen(outcome=found.outcome, profile=found.profile, certificate=certificate, reason=found.reason)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
