"""From a shell, by hand, against the listening service: send, inbox --wait, fetch, confirm, report 03."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from admin.cli import main
from signing.seal import check_receipt
from tests.support.world import A, B, C, World, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from click.testing import Result


@dataclass(frozen=True)
class Desk:
    """The shells of the agencies' clerks, each with the environment of its agency."""

    world: World

    async def do(self, code: str, *words: str, exits: int = 0) -> Result:
        """Run a command; the service listens in this loop, so the command gets a thread."""
        result = await asyncio.to_thread(CliRunner().invoke, main, words, env=self._environment(code))
        assert result.exit_code == exits, (words, result.output, result.exception)
        return result

    async def look(self, code: str, *words: str) -> Any:
        return json.loads((await self.do(code, *words, "--json")).stdout)

    async def program(self, code: str, *words: str) -> asyncio.subprocess.Process:
        """Start the installed program itself, beside everything else."""
        program = Path(sys.executable).with_name("lienthong")
        environment = os.environ | self._environment(code)
        return await asyncio.create_subprocess_exec(program, *words, env=environment, stdout=asyncio.subprocess.PIPE)

    def _environment(self, code: str) -> dict[str, str]:
        actor, folder = self.world.actors[code], self.world.folder / code
        folder.mkdir(exist_ok=True)
        files = {"key.pem": actor.key_pem, "certificate.pem": actor.certificate_pem}
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return {
            "LIENTHONG_URL": self.world.url,
            "LIENTHONG_CREDENTIAL": actor.credential,
            "LIENTHONG_AS": code,
            "LIENTHONG_SIGN_KEY_FILE": str(folder / "key.pem"),
            "LIENTHONG_SIGN_CERTIFICATE_FILE": str(folder / "certificate.pem"),
            "XDG_STATE_HOME": str(folder / "state"),
        }


@pytest.fixture
async def desk(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    with capture_logs():  # the service's lines would mix with the commands' output
        async with world_of(dsn, tmp_path) as world:
            monkeypatch.chdir(world.folder)
            yield Desk(world)


async def compose(desk: Desk, *recipients: str) -> None:
    Path("125.signed.pdf").write_bytes(b"%PDF-1.4 noi dung")
    to = [word for code in recipients for word in ("--to", code)]
    words = ("--number", "125", "--notation", "SNV-VP", "--subject", "V/v liên thông", "--signatory", "Nguyễn Thị Đào")
    await desk.do(A, "compose", *to, *words, "--attach", "125.signed.pdf", "--out", "letter.edxml")


async def test_letter_travels_by_hand_and_its_statuses_come_back(desk: Desk) -> None:
    await compose(desk, B, C)
    sleeper = await desk.program(B, "inbox", "--wait", "--json")
    taken = await desk.look(A, "send", "letter.edxml", "--sign")
    assert taken["signature"]["outcome"] == "verified"
    output, _ = await asyncio.wait_for(sleeper.communicate(), 30)
    [waiting] = json.loads(output)["deliveries"]
    assert waiting["subject"] == "V/v liên thông"

    await desk.do(B, "fetch", "--output", "in")
    await desk.do(B, "fetch", "--output", "in", "--attachment", "1")
    assert Path("in/125.signed.pdf").read_bytes() == b"%PDF-1.4 noi dung"
    await desk.do(B, "confirm")
    for code in ("03", "05", "06"):
        await desk.do(B, "report", code, "--reason", "Văn thư")
    await desk.do(B, "report", "06", exits=2)

    await desk.do(C, "fetch", "--output", "in")
    await desk.do(C, "confirm")
    await desk.do(C, "report", "02", "--reason", "Không thuộc thẩm quyền")

    shown = (await desk.do(A, "show", taken["id"])).stdout
    assert f"{B}: hoàn thành" in shown
    assert f"{C}: từ chối tiếp nhận" in shown
    assert "Không thuộc thẩm quyền" in shown
    statuses = (await desk.look(A, "inbox", "--kind", "status"))["deliveries"]
    assert [one["status"]["code"] for one in statuses] == ["01", "03", "05", "06", "01", "02"]
    for one in statuses:
        await desk.do(A, "fetch", one["id"], "--output", "statuses")
        await desk.do(A, "confirm", one["id"])
    assert (await desk.look(A, "inbox"))["deliveries"] == []
    [sent] = (await desk.look(A, "outbox"))["envelopes"]
    assert [one["state"] for one in sent["deliveries"]] == ["completed", "refused"]


async def test_receipt_by_hand_can_be_checked(desk: Desk) -> None:
    await compose(desk, B)
    taken = await desk.look(A, "send", "letter.edxml", "--sign")
    again = await desk.look(A, "outbox")
    assert again["envelopes"][0]["id"] == taken["id"]
    await desk.do(A, "receipt", taken["id"], "--output", "receipt.xml")
    facts = check_receipt(Path("receipt.xml").read_bytes(), desk.world.exchange.seal.certificate_pem)
    assert str(facts.envelope) == taken["id"]


async def test_unsigned_letter_is_refused_with_the_reason(desk: Desk) -> None:
    await compose(desk, B)
    result = await desk.do(A, "send", "letter.edxml", exits=1)
    assert "signature.missing" in result.stderr
    assert "không có chữ ký số" in result.stderr
    assert "lienthong send --sign" in result.stderr


async def test_stranger_gets_nothing_by_hand(desk: Desk) -> None:
    await compose(desk, B)
    taken = await desk.look(A, "send", "letter.edxml", "--sign")
    delivery = taken["deliveries"][0]["id"]
    for words in (("show", taken["id"]), ("receipt", taken["id"]), ("show", delivery), ("fetch", delivery)):
        await desk.do(C, *words, exits=1)
    await desk.do(C, "report", "03", "--reference", taken["reference"], exits=1)
    assert (await desk.look(B, "inbox"))["deliveries"][0]["state"] == "waiting"
