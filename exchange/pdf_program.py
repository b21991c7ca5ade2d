"""The other end of `signing.pdf_process`: starts it without our secrets, asks, and ends it when it does not answer."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envelopes.pdf_outcomes import PdfOutcome, outcome_of
from signing.pdf_process import ANSWER_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from storage.trust import TrustMaterial

START_SECONDS = 30.0
"""Loading the library takes half a second, on a machine with nothing to spare some more."""

GRACE_SECONDS = 5.0
"""Beyond a check's own time: the program ends its children itself, this is for a program that no longer can."""


class ProgramEnded(Exception):  # noqa: N818 - says what is the case
    """The program gave no answer that could be used; start another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfProgram:
    """The running program with the trust material it was given."""

    process: asyncio.subprocess.Process
    seconds: float
    memory_bytes: int

    async def check(self, path: Path, received_at: datetime) -> PdfOutcome:
        """What the signatures in the file are worth as of `received_at` (aware). Raises `ProgramEnded`."""
        asked = {
            "path": str(path),
            "received_at": received_at.isoformat(),
            "seconds": self.seconds,
            "memory_bytes": self.memory_bytes,
        }
        answer = await self._asked(asked, self.seconds + GRACE_SECONDS)
        try:
            return outcome_of(json.loads(answer))
        except (ValueError, KeyError, TypeError) as error:
            raise ProgramEnded(f"no outcome: {type(error).__name__}") from None

    async def greet(self, files: dict[str, list[str]]) -> None:
        """Hand over the trust material. Raises `ProgramEnded`."""
        await self._asked(files, START_SECONDS)

    async def _asked(self, question: dict[str, Any], seconds: float) -> bytes:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            async with asyncio.timeout(seconds):
                stdin.write(json.dumps(question).encode() + b"\n")
                await stdin.drain()
                answer = await stdout.readline()
        except (TimeoutError, ConnectionError, ValueError) as error:  # ValueError: a line beyond the limit
            raise ProgramEnded(f"{type(error).__name__} {error}".strip()) from None
        if not answer.endswith(b"\n"):
            raise ProgramEnded("it ended")
        return answer


@asynccontextmanager
async def pdf_program(
    folder: Path, material: TrustMaterial, *, seconds: float, memory_bytes: int
) -> AsyncIterator[PdfProgram]:
    """The program, ended with all its children when the block is left. `folder` is for the trust material.

    Raises `ProgramEnded` when it does not come up.
    """
    files = await asyncio.to_thread(_written, folder, material)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",  # neither the folder it starts in nor the environment adds modules
        "-m",
        "signing.pdf_process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},  # ours holds the database's password
        cwd=folder,
        limit=ANSWER_BYTES + 1024,
        start_new_session=True,
    )
    try:
        program = PdfProgram(process=process, seconds=seconds, memory_bytes=memory_bytes)
        await program.greet(files)
        yield program
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _written(folder: Path, material: TrustMaterial) -> dict[str, list[str]]:
    """The trust material as files. Blocking."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    answers = [der for _, der in material.answers]
    kinds: dict[str, Sequence[bytes]] = {
        "roots": material.roots,
        "intermediates": material.intermediates,
        "crls": material.lists,
        "ocsps": answers,
    }
    return {name: [_file(folder / f"{name}-{n}", der) for n, der in enumerate(ders)] for name, ders in kinds.items()}


def _file(path: Path, der: bytes) -> str:
    path.write_bytes(der)
    return str(path.absolute())
