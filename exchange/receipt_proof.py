"""A receipt on disk: what it proves, and whether the file that somebody holds is the one it speaks of.

Needs no exchange; the file is split as an exchange would, so that each attachment is compared as well.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envelopes.faults import Refused
from envelopes.splitting import Splitter
from exchange.client_files import CHUNK
from exchange.spool import Spool
from exchange.verified_facts import certificate_seen
from signing.appraising import Outcome
from signing.appraising_receipts import appraise_receipt
from signing.seal import MAX_RECEIPT_BYTES

if TYPE_CHECKING:
    from datetime import datetime

    from envelopes.faults import Fault
    from envelopes.limits import Words
    from exchange.verified_facts import CertificateSeen
    from signing.appraising import Given
    from signing.receipts import ReceiptFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One thing of the receipt beside what the file has (SHA-256, hex); `n` 0 is the file itself. None: it has none."""

    n: int
    name: str
    sealed: str
    found: str | None

    @property
    def same(self) -> bool:
        """Whether the file has what was sealed."""
        return self.sealed == self.found


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptProof:
    """What a receipt proves. `accepted`: its seal is verified, and what was compared is the same."""

    accepted: bool
    outcome: Outcome
    receipt: ReceiptFacts | None
    seal: CertificateSeen | None
    reason: str
    compared: tuple[Compared, ...]
    faults: tuple[Fault, ...]
    unchecked: tuple[Words, ...]


def prove_receipt(path: Path, *, given: Given, now: datetime, file: Path | None = None) -> ReceiptProof:
    """What the receipt in `path` proves, and whether it is of `file`. Raises `OSError`."""
    with path.open("rb") as source:
        data = source.read(MAX_RECEIPT_BYTES + 1)
    found = appraise_receipt(data, given=given, now=now)
    compared = _compared(found.facts, file) if found.facts and file else ()
    seal = certificate_seen(found.certificate, enclosed=found.enclosed) if found.certificate else None
    return ReceiptProof(
        accepted=found.outcome is Outcome.VERIFIED and all(one.same for one in compared),
        outcome=found.outcome,
        receipt=found.facts,
        seal=seal,
        reason=found.reason,
        compared=compared,
        faults=found.faults,
        unchecked=found.unchecked,
    )


def _compared(facts: ReceiptFacts, file: Path) -> tuple[Compared, ...]:
    """The file and each attachment; one whose bytes differ may still hold the very same attachments."""
    whole, contents = _digests(file)
    attached = (
        Compared(n=n, name=name, sealed=sha256, found=contents.get(n)) for n, name, _, sha256 in facts.attachments
    )
    return (Compared(n=0, name=file.name, sealed=facts.sha256, found=whole), *attached)


def _digests(file: Path) -> tuple[str, dict[int, str]]:
    """The file's digest, and its attachments' by their place; none when it cannot be split."""
    digest = hashlib.sha256()
    contents: dict[int, str] = {}
    with tempfile.TemporaryDirectory(prefix="lienthong-") as folder, file.open("rb") as source:
        spool = Spool(Path(folder) / "spool", sync=False)
        splitter: Splitter | None = Splitter(spool)
        while data := source.read(CHUNK):
            digest.update(data)
            splitter = _fed(splitter, data)
        with suppress(Refused):
            contents = {one.n: one.sha256.hex() for one in splitter.close().contents} if splitter else {}
        spool.end()
    return digest.hexdigest(), contents


def _fed(splitter: Splitter | None, data: bytes) -> Splitter | None:
    """The splitter after these bytes; None once the file is none that can be split."""
    try:
        if splitter is not None:
            splitter.feed(data)
    except Refused:
        return None
    return splitter
