"""Files made to be expensive to refuse, and what refusing one costs.

`python -m tests.signing.hostile [--whole]` prints a JSON line for each, measured in a process of its own. They are as
an agency with a key could send them: where a signature must be genuine to get further, it is.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from envelopes.examining import examine
from envelopes.faults import Refused
from envelopes.limits import MAX_CANDIDATES, MAX_REFERENCES
from envelopes.splitting import Splitter
from signing import gate
from tests.signing.forging import sign_with, with_ids
from tests.signing.letters import Attachment, document
from tests.signing.people import NOW, World, agency, make_world

if TYPE_CHECKING:
    from envelopes.layout import Layout

ROOT = Path(__file__).parents[2]

SECONDS, BYTES = 0.1, 32 * 2**20
"""What refusing one may cost at the most."""

TURNS = 5
"""The median of so many counts; memory is that of the first."""

ROOM = 200_000
"""Bytes that fit into a skeleton beside an ordinary letter."""


class Nowhere:
    """A spool that forgets."""

    def payload(self, n: int, data: bytes) -> None:
        """See `PayloadSink`."""

    def irregular(self, n: int, layout: Layout, text_size: int) -> object:
        """See `PayloadSink`; nothing here has a text without layout."""
        raise AssertionError("the text has a layout")

    def text(self, n: int, data: bytes) -> None:
        """See `PayloadSink`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A file, the code it must be refused with, and the certificates registered for its sender (None: A's own)."""

    file: bytes
    code: str
    candidates: tuple[bytes, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What refusing one took."""

    name: str
    code: str
    size: int
    seconds: float
    memory: int


def refusal(hostile: Hostile, world: World) -> str:
    """The code that the service would answer, by the same steps; anything but a refusal is `accepted`."""
    try:
        splitter = Splitter(Nowhere())  # type: ignore[arg-type]
        for at in range(0, len(hostile.file), 256 * 1024):
            splitter.feed(hostile.file[at : at + 256 * 1024])
        split = splitter.close()
        try:
            inspected = gate.inspect(split.skeleton)
        except Refused:
            examine(split, today=date.max)
            raise
        whole = hostile.file if inspected.profile == "W" else None
        candidates = (world.a.der,) if hostile.candidates is None else hostile.candidates
        gate.verify(inspected, candidates=candidates, trust=world.trust, at=NOW, whole=whole)
    except Refused as refused:
        return refused.faults[0].code
    return "accepted"


def _letter(inside: str = "") -> bytes:
    """A letter with something more in its header, which profile P covers."""
    return with_ids(document()).replace(b"</edXML:MessageHeader>", inside.encode() + b"</edXML:MessageHeader>", 1)


def _signed(world: World, inside: str = "") -> bytes:
    return world.a.signer.sign_parts(_letter(inside))


def _references_300(world: World) -> Hostile:
    file = sign_with(_letter("x" * 100_000), world.a, references=["#MessageHeader"] * 300)
    return Hostile(file=file, code="signature.references_too_many")


def _references_64(world: World) -> Hostile:
    file = sign_with(_letter("x" * ROOM), world.a, references=["#MessageHeader"] * MAX_REFERENCES)
    return Hostile(file=file, code="signature.coverage")


def _ids(world: World) -> Hostile:
    ids = "".join(f'<x Id="i{n % 9_999}"/>' for n in range(10_000))
    return Hostile(file=sign_with(_letter(ids), world.a), code="signature.id_repeated")


def _deep(_: World) -> Hostile:
    return Hostile(file=_letter("<x>" * 60_000), code="envelope.too_deep")


def _deep_and_wide(world: World) -> Hostile:
    file = _signed(world, ("<x>" * 59 + "</x>" * 59) * 300)
    return Hostile(file=file.replace(b"<x></x>", b"<x>1</x>", 1), code="signature.altered")


def _elements(_: World) -> Hostile:
    return Hostile(file=_letter("<x/>" * 2_500_000), code="envelope.too_many_elements")


def _attributes(_: World) -> Hostile:
    many = " ".join(f'a{n}=""' for n in range(20_000))
    return Hostile(file=_letter(f"<x {many}/>"), code="envelope.too_many_attributes")


def _namespaces(_: World) -> Hostile:
    many = "".join(f'<x xmlns:a{n}="urn:a{n}"/>' for n in range(6_000))
    return Hostile(file=_letter(many), code="envelope.too_many_namespaces")


def _comments(world: World) -> Hostile:
    file = _signed(world).replace(b"</edXML>", b"<!---->" * 28_000 + b"</edXML>")
    return Hostile(file=file, code="envelope.comment")


def _laughs(_: World) -> Hostile:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    file = f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><x>&a11;</x>'
    return Hostile(file=file.encode(), code="envelope.doctype")


def _strangers(world: World) -> Hostile:
    file = _signed(world).replace(b"</edXML:edXMLBody>", b"<edXML:x/>" * 15_000 + b"</edXML:edXMLBody>")
    return Hostile(file=file, code="element.unknown")


def _prefixed(world: World) -> Hostile:
    """Relays put one `cid:` more before a content id; nobody says how many there may be."""
    file = _signed(world).replace(b"<ContentId>cid:a1<", b"<ContentId>" + b"cid:" * (ROOM // 4) + b"a1<")
    return Hostile(file=file.replace(b"Quy Nh", b"Qui Nh", 1), code="signature.altered")


def _certificates(world: World) -> Hostile:
    one = b"<ds:X509Certificate>AAAA</ds:X509Certificate>"
    file = _signed(world).replace(b"</ds:X509Data>", one * 5_000 + b"</ds:X509Data>")
    return Hostile(file=file, code="signature.key_info")


def _long_value(world: World) -> Hostile:
    file = _signed(world).replace(b"<ds:SignatureValue>", b"<ds:SignatureValue>" + b"AAAA" * (ROOM // 4))
    return Hostile(file=file, code="signature.invalid")


def _altered(world: World) -> Hostile:
    return Hostile(file=_signed(world, "x" * ROOM).replace(b"xxx", b"xyx", 1), code="signature.altered")


def _nobodys(world: World) -> Hostile:
    """As many certificates as an agency may have, and none of them signed this."""
    others = tuple(agency(world.root, f"H08.{n}").der for n in range(40, 40 + MAX_CANDIDATES))
    return Hostile(file=_signed(world, "x" * ROOM), code="signature.invalid", candidates=others)


def _properties(world: World) -> Hostile:
    file = world.a.signer.sign_parts(document(), xades=True)
    end = b"</xades:SignedProperties>"
    many = "".join(f'<xades:x Id="p{n}"/>' for n in range(8_000))
    return Hostile(file=file.replace(end, many.encode() + end), code="signature.properties")


def whole_file(world: World, attachments: int) -> Hostile:
    """Signed as a whole (profile W) and altered: that needs all of it, so it costs by its size and is no `KIND`."""
    letter = document(attachments=(Attachment(payload=bytes(7_000_000)),) * attachments, content=True)
    file = world.a.signer.sign_whole(letter).replace(b"Quy Nh", b"Qui Nh", 1)
    return Hostile(file=file, code="signature.altered")


KINDS: dict[str, Callable[[World], Hostile]] = {
    "300 references": _references_300,
    "64 references to 200 kB": _references_64,
    "10,000 ids": _ids,
    "60,000 levels": _deep,
    "59 levels, 300 times": _deep_and_wide,
    "2,500,000 elements": _elements,
    "20,000 attributes of one": _attributes,
    "6,000 namespaces": _namespaces,
    "28,000 comments": _comments,
    "a billion laughs": _laughs,
    "15,000 elements that nobody knows": _strangers,
    "50,000 times cid:": _prefixed,
    "5,000 certificates": _certificates,
    "150 kB of SignatureValue": _long_value,
    "8,000 properties (XAdES)": _properties,
    "200 kB, altered": _altered,
    "200 kB, signed by none of 16 certificates": _nobodys,
}


def measure(name: str, hostile: Hostile, world: World) -> Cost:
    """What refusing it costs this process, beyond what it holds already."""
    gc.collect()
    with suppress(OSError, AttributeError):  # glibc keeps what was freed, and it would be taken from there unseen
        ctypes.CDLL(None).malloc_trim(0)
    _forget_peak()
    before = _memory("VmRSS")
    begun = time.perf_counter()
    code = refusal(hostile, world)
    times, memory = [time.perf_counter() - begun], _memory("VmHWM") - before
    for _ in range(TURNS - 1):
        begun = time.perf_counter()
        refusal(hostile, world)
        times.append(time.perf_counter() - begun)
    return Cost(name=name, code=code, size=len(hostile.file), seconds=statistics.median(times), memory=memory)


def _memory(name: str) -> int:
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - a kernel file
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name))


def _forget_peak() -> None:
    with open("/proc/self/clear_refs", "w", encoding="ascii") as control:  # noqa: PTH123
        control.write("5")


def costs(*arguments: str) -> Iterator[Cost]:
    """Every cost, measured by another process: this one may have threads, and memory to spare."""
    command = [sys.executable, "-m", "tests.signing.hostile", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return (Cost(**json.loads(line)) for line in done.stdout.splitlines())


def main() -> None:
    """Each in a child, so that none finds the memory that another one left."""
    world = make_world()
    refusal(Hostile(file=_signed(world), code="accepted"), world)  # what is loaded and compiled once
    made = {name: kind(world) for name, kind in KINDS.items()}
    if "--whole" in sys.argv:
        made |= {f"a whole file of {n * 9.5:.0f} MB, altered": whole_file(world, n) for n in (1, 6)}
    for name, hostile in made.items():
        child = os.fork()
        if child == 0:
            print(json.dumps(asdict(measure(name, hostile, world))), flush=True)
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            sys.exit(f"{name}: failed")


if __name__ == "__main__":
    main()
