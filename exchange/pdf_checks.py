"""Looking at the signatures inside attached PDFs, after the document was taken and without holding it up.

The file is read by a program of its own (`pdf_program`); what cannot be checked ends as `unchecked` with the reason.
"""

from __future__ import annotations

import hashlib
import shutil
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

import structlog

from envelopes.pdf_outcomes import PdfOutcome, PdfState
from exchange.chores import Chore
from exchange.identifiers import uuid7
from exchange.pdf_program import ProgramEnded, pdf_program
from signing import pdf_rules as rules
from signing.pdf import unchecked
from signing.pdf_scan import SignatureScan
from storage import pdf_checks, trust
from storage.objects import ObjectMissing, ObjectsAway

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.chores import Steps, Turn
    from exchange.exchange import Exchange
    from exchange.pdf_program import PdfProgram
    from storage.pdf_checks import PdfJob

REST_SECONDS = 5.0
"""Between two looks for new PDFs: short for a recipient, and the program is not started for each file alone."""

MAX_ATTEMPTS = 3
"""A file that three times took too much, or whose reader three times ended half-way, is not tried again."""

AGAIN = frozenset({rules.TOO_SLOW.code, rules.TOO_HUNGRY.code, rules.ENDED.code, rules.LOST.code})
"""Reasons that may lie with the machine of that moment, and are worth another try."""

log = structlog.get_logger()


@dataclass(slots=True)
class _Look:
    """One turn's work: its folder, and the program once there is something for it to read."""

    exchange: Exchange
    turn: Turn
    folder: Path
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    program: PdfProgram | None = None
    version: int | None = None

    async def outcome(self, job: PdfJob) -> PdfOutcome:
        """What is to be said of this PDF. Raises `ObjectsAway`."""
        limit = self.exchange.settings.pdf_max_bytes
        if job.attempt > MAX_ATTEMPTS:  # whoever tried before never came to write what happened
            return unchecked(rules.ENDED.at(reason=f"{MAX_ATTEMPTS} ×"))
        if job.size > limit:
            return unchecked(rules.TOO_LARGE.at(limit=limit))
        path = self.folder / "attachment.pdf"
        try:
            signed = await self._fetch(job, path)
            if signed is None:
                return unchecked(rules.LOST.at())
            return await self._read(job, path) if signed else PdfOutcome(state=PdfState.NONE)
        finally:
            await self.exchange.threads.run(_remove, path)

    async def _fetch(self, job: PdfJob, path: Path) -> bool | None:
        """Bring the file here; whether it can hold a signature, None when the store has not what was stored."""
        scan, digest, threads = SignatureScan(), hashlib.sha256(), self.exchange.heavy

        def keep(file: BinaryIO, chunk: bytes) -> None:
            digest.update(chunk)
            scan.feed(chunk)
            file.write(chunk)

        file = await threads.run(_open, path)
        try:
            async for chunk in self.exchange.objects.read(job.object.hex()):
                await threads.run(keep, file, chunk)
        except ObjectMissing:
            return None
        finally:
            await threads.run(file.close)
        return scan.found if digest.digest() == job.object else None

    async def _read(self, job: PdfJob, path: Path) -> PdfOutcome:
        try:
            program = await self._started(job.trust_version)
            return await program.check(path, job.received_at)
        except ProgramEnded as ended:
            await self.close()
            return unchecked(rules.ENDED.at(reason=str(ended)))

    async def _started(self, version: int) -> PdfProgram:
        """The program, with the trust material of now."""
        if self.program is not None and self.version == version:
            return self.program
        await self.close()
        async with self.exchange.database.transaction(read_only=True) as conn:
            material = await trust.trust_material(conn)
        settings = self.exchange.settings
        opened = pdf_program(
            self.folder / "trust", material, seconds=settings.pdf_seconds, memory_bytes=settings.pdf_memory_bytes
        )
        self.program = await self.stack.enter_async_context(opened)
        self.version = material.version
        return self.program

    async def close(self) -> None:
        """End the program."""
        self.program = None
        await self.stack.aclose()


async def check_pdfs(exchange: Exchange, turn: Turn) -> Steps:
    """Look at every PDF that is due; a step is one file."""
    look = _Look(exchange=exchange, turn=turn, folder=exchange.settings.spool / str(uuid7()))
    try:
        while job := await _claimed(exchange, turn):
            await _settle(look, job)
            yield
    finally:
        await look.close()
        await exchange.threads.run(_remove, look.folder)


CHORE = Chore(name="pdf", steps=check_pdfs, rest=lambda _exchange: REST_SECONDS)


async def _claimed(exchange: Exchange, turn: Turn) -> PdfJob | None:
    async with exchange.database.transaction() as conn:
        await turn.hold(conn)
        return await pdf_checks.claim_pdf(conn)


async def _settle(look: _Look, job: PdfJob) -> None:
    """Find out and write down, or leave it for another try."""
    exchange = look.exchange
    try:
        outcome = await look.outcome(job)
    except ObjectsAway:  # no fault of the file's
        async with exchange.database.transaction() as conn:
            await pdf_checks.put_back(conn, job)
        raise
    told = {"envelope": str(job.envelope), "n": job.n, "reason": outcome.reason.code if outcome.reason else None}
    if outcome.reason is not None and outcome.reason.code in AGAIN and job.attempt < MAX_ATTEMPTS:
        log.warning("pdf.postponed", attempt=job.attempt, **told)
        return
    async with exchange.database.transaction() as conn:
        await look.turn.hold(conn)
        await pdf_checks.write_outcome(conn, job, outcome)
    log.info(
        "pdf.checked", state=outcome.state.value, verdicts=[one.verdict.value for one in outcome.signatures], **told
    )


def _open(path: Path) -> BinaryIO:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.open("wb")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
