"""The second judge: Debian's xmlsec1 accepts everything we sign, and refuses it once a covered byte is changed."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from signing.seal import Seal
from tests.signing.letters import document, status
from tests.signing.people import NOW, World, agency
from tests.signing.test_seal import FACTS

if TYPE_CHECKING:
    from pathlib import Path

XMLSEC = shutil.which("xmlsec1")
NS = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
IDENTIFIERS = [
    argument
    for name in ("MessageHeader", "Bussiness", "edXMLManifest")
    for argument in ("--id-attr:Id", f"{NS}:{name}")
]

pytestmark = pytest.mark.skipif(XMLSEC is None, reason="xmlsec1 is not installed (Debian package xmlsec1)")


class Judge:
    """xmlsec1 with the root of the test world."""

    def __init__(self, folder: Path, root_pem: bytes) -> None:
        self._file, self._root = folder / "file.xml", folder / "root.pem"
        self._root.write_bytes(root_pem)

    def accepts(self, file: bytes, *arguments: str) -> bool:
        self._file.write_bytes(file)
        moment = NOW.strftime("%Y-%m-%d %H:%M:%S")
        trust = ["--trusted-pem", str(self._root), "--verification-time", moment]
        command = [str(XMLSEC), "--verify", *trust, *arguments, str(self._file)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=30, env={"TZ": "UTC"})
        return done.returncode == 0


@pytest.fixture
def judge(tmp_path: Path, world: World) -> Judge:
    return Judge(tmp_path, world.root.root_pem)


def test_receipt_is_valid_for_xmlsec(judge: Judge, world: World) -> None:
    receipt = Seal(world.b.signer).receipt(FACTS)
    assert judge.accepts(receipt)
    assert not judge.accepts(receipt.replace(b"H08.30", b"H08.31"))


def test_receipt_under_an_rsa_key_is_valid_for_xmlsec(judge: Judge, world: World) -> None:
    assert judge.accepts(Seal(agency(world.root, "seal", rsa=True).signer).receipt(FACTS))


def test_document_signed_by_parts_is_valid_for_xmlsec(judge: Judge, world: World) -> None:
    signed = world.a.signer.sign_parts(document(content=True))
    assert judge.accepts(signed, *IDENTIFIERS)
    assert not judge.accepts(signed.replace(b"H08.30", b"H08.31"), *IDENTIFIERS)


def test_document_with_a_trace_added_is_still_valid_for_xmlsec(judge: Judge, world: World) -> None:
    signed = world.a.signer.sign_parts(document())
    hop = b"<edXML:TraceHeader><edXML:OrganId>H08</edXML:OrganId></edXML:TraceHeader><edXML:Bussiness"
    assert judge.accepts(signed.replace(b"<edXML:Bussiness", hop, 1), *IDENTIFIERS)


def test_status_signed_by_parts_is_valid_for_xmlsec(judge: Judge, world: World) -> None:
    assert judge.accepts(world.b.signer.sign_parts(status()), *IDENTIFIERS)


def test_document_signed_whole_is_valid_for_xmlsec(judge: Judge, world: World) -> None:
    signed = world.a.signer.sign_whole(document(content=True))
    assert judge.accepts(signed)
    assert not judge.accepts(signed.replace(b"H08.30", b"H08.31"))


def test_strangers_signature_is_refused_by_xmlsec(judge: Judge, world: World) -> None:
    assert not judge.accepts(world.c.signer.sign_parts(document()), *IDENTIFIERS)
