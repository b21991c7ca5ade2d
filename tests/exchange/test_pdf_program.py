"""The program that reads PDFs answers for every file, whatever the file does to it, and keeps to its bounds."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psutil
import pytest

from envelopes.pdf_outcomes import PdfOutcome, PdfState, Verdict
from exchange.pdf_program import PdfProgram, ProgramEnded, pdf_program
from signing.authority import Authority
from signing.certificates import describe
from storage.trust import TrustMaterial
from tests.support.pdfs import PERSON, doubling, pen, plain, signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

AUTHORITY = Authority.make("PDF root")
PEN = pen(AUTHORITY, PERSON)
MATERIAL = TrustMaterial(
    version=1, roots=(describe(AUTHORITY.root_pem).der,), intermediates=(), lists=(AUTHORITY.crl(),), answers=()
)
SIGNED = signed(plain(), PEN)
ENDLESS = doubling(PEN, 40)
MIB = 2**20


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[PdfProgram]:
    """The running program, with a second for each file."""
    async with pdf_program(tmp_path / "trust", MATERIAL, seconds=1, memory_bytes=512 * MIB) as made:
        yield made


async def asked(program: PdfProgram, folder: Path, content: bytes) -> PdfOutcome:
    path = folder / "attachment.pdf"
    path.write_bytes(content)
    return await program.check(path, datetime.now(UTC))


def code_of(outcome: PdfOutcome) -> str:
    assert outcome.state is PdfState.UNCHECKED
    assert outcome.reason is not None
    return outcome.reason.code


async def test_file_after_file_is_answered(program: PdfProgram, tmp_path: Path) -> None:
    for _ in range(3):
        [one] = (await asked(program, tmp_path, SIGNED)).signatures
        assert one.verdict is Verdict.VALID
    assert (await asked(program, tmp_path, plain())).state is PdfState.NONE


async def test_endless_file_is_ended_in_time_and_the_next_one_answered(program: PdfProgram, tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert code_of(await asked(program, tmp_path, ENDLESS)) == "pdf.too_slow"
    assert 0.9 < loop.time() - began < 4
    assert psutil.Process(program.process.pid).children() == []
    assert (await asked(program, tmp_path, SIGNED)).state is PdfState.CHECKED


async def test_hungry_file_is_ended_and_the_next_one_answered(tmp_path: Path) -> None:
    async with pdf_program(tmp_path / "trust", MATERIAL, seconds=30, memory_bytes=24 * MIB) as program:
        assert code_of(await asked(program, tmp_path, ENDLESS)) == "pdf.too_hungry"
        assert (await asked(program, tmp_path, SIGNED)).state is PdfState.CHECKED


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7", b"%PDF-1.7\n" + b"\xff" * 10_000, SIGNED[: len(SIGNED) // 2], SIGNED.replace(b"xref", b"xerf")],
    ids=["empty", "head", "noise", "half", "no table"],
)
async def test_garbage_is_answered_as_unreadable(program: PdfProgram, tmp_path: Path, content: bytes) -> None:
    assert code_of(await asked(program, tmp_path, content)) == "pdf.unreadable"


async def test_child_may_do_little(program: PdfProgram, tmp_path: Path) -> None:
    """Neither files nor programs nor secrets are within its reach."""
    asking = asyncio.create_task(asked(program, tmp_path, ENDLESS))
    parent = psutil.Process(program.process.pid)
    while not (found := parent.children()) or found[0].rlimit(resource.RLIMIT_NPROC)[1] != 0:
        await asyncio.sleep(0)
    child = found[0]
    assert child.rlimit(resource.RLIMIT_FSIZE) == (0, 0)
    assert 0 < child.rlimit(resource.RLIMIT_AS)[1] < 1024 * MIB
    assert child.rlimit(resource.RLIMIT_CPU)[1] == 2
    assert child.environ().keys() <= {"PATH", "LANG", "LC_CTYPE"}
    assert not [one for one in child.open_files() if not one.path.startswith(str(tmp_path))]
    assert [one for one in child.net_connections(kind="all") if one.raddr] == []
    await asking


async def test_program_that_is_gone_is_said_to_be(program: PdfProgram, tmp_path: Path) -> None:
    os.kill(program.process.pid, signal.SIGKILL)
    with pytest.raises(ProgramEnded):
        await asked(program, tmp_path, SIGNED)


async def test_program_that_hangs_is_given_up(
    program: PdfProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.pdf_program.GRACE_SECONDS", 0.1)
    os.kill(program.process.pid, signal.SIGSTOP)
    with pytest.raises(ProgramEnded):
        await asked(program, tmp_path, SIGNED)


async def test_nothing_is_left_running(tmp_path: Path) -> None:
    async with pdf_program(tmp_path / "trust", MATERIAL, seconds=30, memory_bytes=512 * MIB) as program:
        asking = asyncio.create_task(asked(program, tmp_path, ENDLESS))
        parent = psutil.Process(program.process.pid)
        while not (children := parent.children()):
            await asyncio.sleep(0)
    with pytest.raises(ProgramEnded):
        await asking
    _, alive = psutil.wait_procs([parent, *children], timeout=5)
    assert not [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]
