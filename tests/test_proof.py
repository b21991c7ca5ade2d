"""docs/proof.md is so: its commands, as they stand there, prove a genuine receipt and nothing else."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import os
import re
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from envelopes.limits import DS
from exchange.sealing import load_seal
from exchange.settings import load_settings
from signing.authority import Authority
from signing.seal import Seal
from signing.sign import Signer
from signing.xades_sign import XadesSigner
from tests.signing.test_seal import FACTS
from tests.support.judges import needs_xmlsec
from tests.support.world import A, B, world_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.databases import Template

PROOF = Path(__file__).parent.parent / "docs" / "proof.md"
NAME = "Phụ lục & biểu số 1.pdf"
CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 10

pytestmark = needs_xmlsec


def scripts() -> list[str]:
    """The shell commands of the document, block by block."""
    return re.findall(r"```sh\n(.*?)```", PROOF.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def made(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the document's reader has, from a real exchange; `shown.txt` is what that says of its seal."""
    folder = tmp_path_factory.mktemp("proof")

    async def make() -> None:
        async with template.copy() as dsn, world_of(dsn, folder) as world, world.client(A) as client:
            attached = world.attachment(NAME, CONTENT)
            document = replace(world.document(A, B), subject="V/v <biểu> & báo cáo")
            taken = await client.submit(world.envelope(document, attached, name="letter.edxml"))
            (world.folder / "receipt.xml").write_bytes(await client.receipt(taken.id))
        show = "lienthong seal show --roots root.pem --out seal.pem > shown.txt"
        code, printed = await run(folder / "files", show, folder / "data")
        assert code == 0, printed

    asyncio.run(make())
    return folder / "files"


@pytest.fixture
def papers(made: Path, tmp_path: Path) -> Path:
    """A copy of them all."""
    return shutil.copytree(made, tmp_path / "files")


async def run(folder: Path, script: str, data: Path | None = None) -> tuple[int, str]:
    """Exit code and everything printed by a shell in which these commands run, the first failure ending it."""
    environment = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    process = await asyncio.create_subprocess_exec(
        *("bash", "-eu", "-o", "pipefail", "-c", script),
        cwd=folder,
        env=environment | ({"LIENTHONG_DATA_DIR": str(data)} if data else {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


async def proved(papers: Path, *, ours: bool) -> tuple[int, str]:
    """What the document's commands say: those of our program, or those that need nothing of ours."""
    blocks = [block for block in scripts() if block.startswith("lienthong ") is ours]
    return await run(papers, "\n".join(blocks))


@pytest.mark.parametrize("ours", [True, False])
async def test_documented_commands_prove_a_genuine_receipt(papers: Path, ours: bool) -> None:
    code, printed = await proved(papers, ours=ours)
    assert code == 0, printed
    for words in (NAME, "letter.edxml", A, B):
        assert words in printed


async def test_documented_commands_say_what_the_document_says(papers: Path) -> None:
    _, printed = await proved(papers, ours=False)
    assert "SignedInfo References (ok/all): 2/2" in printed
    assert printed.count(": OK\n") == 2
    assert '<Policy reading="lenient" signature="required"></Policy>' in printed
    assert printed.count("OK\nSignedInfo References (ok/all): 2/2\n") == 2


def change(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    """Alter one of the papers."""

    def alter(papers: Path) -> None:
        data = (papers / name).read_bytes()
        assert old in data
        (papers / name).write_bytes(data.replace(old, new, 1))

    return alter


def foreign_root(papers: Path) -> None:
    """Another exchange's root in the place of this one's."""
    load_seal(load_settings({}, data_dir=papers / "foreign"))
    shutil.copy(papers / "foreign" / "seal" / "root.pem", papers / "root.pem")


def hidden_digest(papers: Path) -> None:
    """Another letter, with its digest in a comment of the receipt, which no signature covers."""
    letter = (papers / "letter.edxml").read_bytes() + b"\n"
    (papers / "letter.edxml").write_bytes(letter)
    receipt = (papers / "receipt.xml").read_bytes()
    hidden = f'<!--\n  <File sha256="{hashlib.sha256(letter).hexdigest()}" size="{len(letter)}"/>\n-->'.encode()
    (papers / "receipt.xml").write_bytes(receipt.replace(b"<ds:Signature ", hidden + b"<ds:Signature ", 1))


SEAL_FAILS, FILE_FAILS = "Error: failed to verify file", "letter.edxml: FAILED"
ALTERATIONS: dict[str, tuple[Callable[[Path], None], str]] = {
    "recipient": (change("receipt.xml", B.encode() + b"</Recipient>", b"H08.99</Recipient>"), SEAL_FAILS),
    "time": (change("receipt.xml", b"<AcceptedAt>20", b"<AcceptedAt>19"), SEAL_FAILS),
    "signing time": (change("receipt.xml", b"SigningTime>20", b"SigningTime>19"), SEAL_FAILS),
    "policy": (change("receipt.xml", b'signature="required"', b'signature="optional"'), SEAL_FAILS),
    "root": (foreign_root, SEAL_FAILS),
    "letter": (change("letter.edxml", b"Quy Nh", b"Quy nh"), FILE_FAILS),
    "hidden digest": (hidden_digest, FILE_FAILS),
}
"""What is altered, and how the commands without our program say so."""


@pytest.mark.parametrize("what", ALTERATIONS)
async def test_documented_commands_prove_nothing_that_was_altered(papers: Path, what: str) -> None:
    alter, words = ALTERATIONS[what]
    alter(papers)
    code, printed = await proved(papers, ours=False)
    assert (code, words in printed) == (1, True), printed
    code, printed = await proved(papers, ours=True)
    assert (code, "letter.edxml" in printed or "fault 1" in printed) == (1, True), printed


class _Liar(XadesSigner):
    """Names another certificate's digest in what it signs."""

    claimed = b""

    def __init__(self, certificate: bytes, at: datetime, **more: Any) -> None:
        super().__init__(certificate, at, **more)
        self._certificate = self.claimed


@pytest.mark.parametrize("claims", ["its own certificate", "the seal's certificate"])
async def test_documented_commands_see_through_an_agency_that_writes_receipts(
    papers: Path, monkeypatch: pytest.MonkeyPatch, claims: str
) -> None:
    """An agency with a genuine certificate of the seal's own authority says that the exchange took another letter."""
    authority = Authority.make("Government root")
    seal_key, seal = authority.issue("The exchange")
    key, certificate = authority.issue("H08.02")
    genuine = Seal(Signer.load(seal_key, seal))
    letter = b"<letter>never sent</letter>"
    facts = dataclasses.replace(
        FACTS,
        accepted_at=datetime.now(UTC).replace(microsecond=0),
        sha256=hashlib.sha256(letter).hexdigest(),
        attachments=((1, NAME, len(CONTENT), hashlib.sha256(CONTENT).hexdigest()),),
    )
    if claims == "the seal's certificate":
        _Liar.claimed = genuine.certificate_sha256
        monkeypatch.setattr("signing.sign.XadesSigner", _Liar)
    forged = Seal(Signer.load(key, certificate)).receipt(facts)
    written = {"letter.edxml": letter, "receipt.xml": forged, "root.pem": authority.root_pem, "seal.pem": seal}
    for name, data in written.items():
        (papers / name).write_bytes(data)
    code, printed = await proved(papers, ours=False)
    assert (code, printed.count("OK\n"), SEAL_FAILS in printed) == (1, 1, True), printed
    assert (await proved(papers, ours=True))[0] == 1
    monkeypatch.undo()
    (papers / "receipt.xml").write_bytes(genuine.receipt(facts))
    assert (await proved(papers, ours=False))[0] == 0, "the seal's own receipt of the same facts is proven"


async def test_documented_commands_see_through_a_bare_key(papers: Path) -> None:
    """Somebody without any certificate signs a receipt of his own and shows his key in it."""
    receipt = etree.fromstring((papers / "receipt.xml").read_bytes())
    signature = receipt.find("{*}Signature")
    assert signature is not None
    receipt.remove(signature)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (papers / "own.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    info = signature.find("{*}KeyInfo")
    assert info is not None
    for child in list(info):
        info.remove(child)
    etree.SubElement(info, f"{{{DS}}}KeyValue")
    method = signature.find(".//{*}SignatureMethod")
    assert method is not None
    method.set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
    for value in signature.iterfind(".//{*}SignatureValue"):
        value.text = ""
    receipt.append(signature)
    (papers / "template.xml").write_bytes(etree.tostring(receipt))
    sign = (
        "xmlsec1 --sign --privkey-pem own.pem --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties"
        " --output receipt.xml template.xml"
    )
    assert (await run(papers, sign))[0] == 0
    bare = "xmlsec1 --verify --trusted-pem root.pem --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties"
    code, printed = await run(papers, f"{bare} receipt.xml")
    assert "2/2" in printed, "the forgery must be one that xmlsec1 takes when nobody tells it better"
    code, printed = await proved(papers, ours=False)
    assert (code, SEAL_FAILS in printed) == (1, True), printed
    assert (await proved(papers, ours=True))[0] == 1


async def test_attachment_of_the_same_name_is_told_from_the_one_sent(papers: Path) -> None:
    (papers / NAME).write_bytes(CONTENT + b"\n")
    code, printed = await proved(papers, ours=False)
    assert (code, f"{NAME}: FAILED" in printed) == (1, True)


def test_document_has_commands_of_both_kinds() -> None:
    assert len([block for block in scripts() if "xmlsec1" in block or "sha256sum" in block]) >= 2
    assert len([block for block in scripts() if "lienthong verify" in block]) == 1
