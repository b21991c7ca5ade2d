"""TM-07: a large attachment never reaches the XML parser, and the signature covers it all the same, in flat memory.

Measured in a process of its own, by VmHWM: `ru_maxrss` of a child begins with what its parent had. A gigabyte is
measured by the bench.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from envelopes.faults import Refused
from signing import gate
from signing.places import find_places
from tests.signing.letters import Attachment, document
from tests.signing.people import NOW, World
from tests.threats.forms import FORMS

ROOT = Path(__file__).parents[2]
MEGABYTES = 256
LIMIT = 200
"""Megabytes of memory in all, fewer than the attachment has."""

CHUNK = b"0123456789abcdef" * 3 * 2**14
_MARK = b"@content@"

PROGRAM = """
import json, re, sys
from envelopes.splitting import Splitter
from signing import gate
class Sink:
    def __init__(self): self.size = 0
    def payload(self, n, data): self.size += len(data)
    def irregular(self, n, layout, text_size): raise AssertionError(n)
skeleton, text, times = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read(), int(sys.argv[3])
before, behind = skeleton.split(b"@content@")
sink = Sink()
splitter = Splitter(sink)
splitter.feed(before)
for _ in range(times): splitter.feed(text)
splitter.feed(behind)
split = splitter.close()
inspected = gate.inspect(split.skeleton)
[content] = split.contents
said = inspected.parts.manifest[0].get("{urn:lienthong:edxml:1}sha256")
print(json.dumps({"size": sink.size, "intact": said == content.sha256.hex(), "profile": inspected.profile,
    "megabytes": int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024}))
"""


def signed(world: World, times: int) -> bytes:
    """The skeleton of a letter whose attachment is the chunk so many times, with a mark where its text stands."""
    digest = hashlib.sha256()
    for _ in range(times):
        digest.update(CHUNK)
    bare = document(attachments=(Attachment(payload=b""),)).decode()
    empty = hashlib.sha256(b"").hexdigest()
    stated = bare.replace(empty, digest.hexdigest()).replace('lt:size="0"', f'lt:size="{len(CHUNK) * times}"')
    file = world.a.signer.sign_parts(stated.encode())
    return file.replace(b"</edXML:ContentTransferEncoded>", _MARK + b"</edXML:ContentTransferEncoded>")


def test_signed_attachment_larger_than_the_memory_is_judged(world: World, tmp_path: Path) -> None:
    times = MEGABYTES * 2**20 // len(CHUNK)
    (tmp_path / "skeleton").write_bytes(signed(world, times))
    (tmp_path / "text").write_bytes(base64.b64encode(CHUNK))
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "skeleton"), str(tmp_path / "text"), str(times)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=100)
    found = json.loads(done.stdout)
    assert found["megabytes"] < LIMIT
    assert (found["size"], found["intact"], found["profile"]) == (len(CHUNK) * times, True, "P")


@pytest.mark.parametrize("form", [form for form in FORMS if form.startswith("W")])
def test_whole_file_signature_over_a_text_too_long_for_the_parser_is_refused(world: World, form: str) -> None:
    """Profile W needs all of the file parsed; the parser's own limits stay, and the sender is told the way out."""
    file = FORMS[form](world.a, document(content=True))
    places = find_places(file)
    long = file[: places.contents[0][0]] + b"QUJD" * 2_600_000 + file[places.contents[0][1] :]
    inspected = gate.inspect(file[: places.contents[0][0]] + file[places.contents[0][1] :])
    with pytest.raises(Refused, match=r"signature\.whole_too_large"):
        gate.verify(inspected, candidates=[world.a.der], trust=world.trust, at=NOW, whole=long)
