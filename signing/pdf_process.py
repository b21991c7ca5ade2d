"""The program that reads PDFs of strangers: `python -I -m signing.pdf_process`, apart from everything worth stealing.

It loads the library once and forks for each file, so that a check costs milliseconds and none touches the next. The
child may use a bounded time and memory, may not write files or start programs, and dies by the kernel's hand when it
runs over. Asked and answered in lines of JSON; it ends when its input does.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from envelopes.pdf_outcomes import PdfOutcome, outcome_json
from signing import pdf_rules as rules
from signing.pdf import check_pdf, unchecked
from signing.pdf_chain import Anchors

ANSWER_BYTES = 2**20
"""No honest answer is longer: 32 signatures with their reasons take about 100 KB."""

GRACE_SECONDS = 1
"""Processor time a child may use beyond its clock time, should the timer have been tampered with."""

FILES = 64
"""Descriptors a child may hold: the PDF, the pipe, those of event loops and of a module loaded late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one check may use: seconds of time, bytes of address space beyond what the library itself takes."""

    seconds: float
    memory_bytes: int


def main() -> None:
    """Answer each line of standard input with one of standard output."""
    logging.disable(logging.CRITICAL)  # the library tells every crooked file with a traceback
    trusted = _material(json.loads(sys.stdin.readline()))
    print("ready", flush=True)  # noqa: T201 - the protocol
    for line in sys.stdin:
        asked = json.loads(line)
        bounds = Bounds(seconds=asked["seconds"], memory_bytes=asked["memory_bytes"])
        received_at = datetime.fromisoformat(asked["received_at"])
        anchors = Anchors(received_at=received_at, **trusted)
        print(_answer(Path(asked["path"]), anchors, bounds).decode("ascii"), flush=True)  # noqa: T201


def _material(files: dict[str, list[str]]) -> dict[str, tuple[bytes, ...]]:
    """The trust material, read once: children share it."""
    return {
        name: tuple(Path(path).read_bytes() for path in files[name])
        for name in ("roots", "intermediates", "crls", "ocsps")
    }


def _answer(path: Path, anchors: Anchors, bounds: Bounds) -> bytes:
    """The outcome as JSON, whatever becomes of the child."""
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        _check(path, anchors, bounds, sink)
    os.close(sink)
    said = _read(source)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0 and said:
        return said
    return _written(_ended(status, bounds))


def _read(source: int) -> bytes:
    """What the child says; a child that says too much is answered for."""
    with os.fdopen(source, "rb") as pipe:
        said = pipe.read(ANSWER_BYTES + 1)
    return said if len(said) <= ANSWER_BYTES and said.isascii() and b"\n" not in said else b""


def _ended(status: int, bounds: Bounds) -> PdfOutcome:
    """The outcome for a child that gave none."""
    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if ended_by in (signal.SIGALRM, signal.SIGXCPU):
        return unchecked(rules.TOO_SLOW.at(limit=f"{bounds.seconds:g}"))
    if ended_by == signal.SIGKILL or (os.WIFEXITED(status) and os.WEXITSTATUS(status) == _HUNGRY):
        return unchecked(rules.TOO_HUNGRY.at(limit=bounds.memory_bytes))
    return unchecked(rules.ENDED.at(reason=f"signal {ended_by}" if ended_by else f"status {status >> 8}"))


_HUNGRY = 3
"""What a child ends with that ran out of memory."""


def _check(path: Path, anchors: Anchors, bounds: Bounds, sink: int) -> NoReturn:
    """The child: bound ourselves, check, answer, and end without another step of the parent's."""
    try:
        _shut_streams()
        _bound(bounds)
        with path.open("rb") as file:
            said = _written(check_pdf(file, anchors))
        while said:
            said = said[os.write(sink, said) :]
    except MemoryError:
        os._exit(_HUNGRY)
    except BaseException:
        os._exit(1)
    os._exit(0)


def _shut_streams() -> None:
    """What the child might print must not pass for an answer."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _bound(bounds: Bounds) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # the default ends the process even within a library's C code
    signal.setitimer(signal.ITIMER_REAL, bounds.seconds)
    processor = int(bounds.seconds) + GRACE_SECONDS
    limits = {
        resource.RLIMIT_AS: _used() + bounds.memory_bytes,
        resource.RLIMIT_CPU: processor,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: FILES,
    }
    for which, limit in limits.items():
        _, hard = resource.getrlimit(which)
        least = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(which, (least, least))


def _used() -> int:
    """Bytes of address space in use now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def _written(outcome: PdfOutcome) -> bytes:
    written: dict[str, Any] = outcome_json(outcome)
    return json.dumps(written).encode("ascii")


if __name__ == "__main__":
    main()
