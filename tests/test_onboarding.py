"""docs/onboarding.md is true: its commands are run, in order, against a real exchange, and every letter is taken."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from signing import key_rules
from tests.support.service import Service
from tests.support.tokens import MODULES, module

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parent.parent / "docs" / "onboarding.md"
ADDRESS = "http://127.0.0.1:8080"
TOKEN = "A key on a token"


def script(*, token: bool) -> str:
    """The page's blocks in their order as one shell script; Python's are handed to Python."""
    lines = ["set -euo pipefail"]
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE):
        if section.startswith(TOKEN) is not token:
            continue
        for language, block in re.findall(r"^```(\w+)\n(.*?)^```", section, flags=re.DOTALL | re.MULTILINE):
            lines.append(block if language == "sh" else f"python - <<'PYTHON'\n{block}PYTHON")
    return "\n".join(lines)


class Shell:
    """One folder and one environment, in which the page's commands are run."""

    def __init__(self, folder: Path, url: str, dsn: str) -> None:
        self.folder = folder
        self.url = url
        programs = Path(sys.executable).parent
        plain = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
        self.environment = plain | {
            "PATH": f"{programs}:{plain['PATH']}",
            "LIENTHONG_DATABASE_URL": dsn,
            "LIENTHONG_DATA_DIR": str(folder / "var"),
            "XDG_STATE_HOME": str(folder / "state"),
            "SOFTHSM2_CONF": str(folder / "softhsm2.conf"),
        }

    def run(self, text: str) -> str:
        """What the script prints; it must end well."""
        text = text.replace(ADDRESS, self.url)
        done = subprocess.run(
            ["bash"],
            input=text,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=110,
        )
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout


@pytest.fixture
def shell(dsn: str, tmp_path: Path) -> Iterator[Shell]:
    with Service(database_url=dsn, data_dir=tmp_path / "var") as service:
        yield Shell(tmp_path, service.url, dsn)
        assert service.stop() == 0


ENVIRONMENT = f"""
export LIENTHONG_URL={ADDRESS} LIENTHONG_CREDENTIAL_FILE=credential
export LIENTHONG_SIGN_CERTIFICATE_FILE=certificate-2027.pem
"""
"""What the page has set by then, for a new shell."""

COMPOSE = re.compile(r"^compose\(\) \{.*?^\}", re.DOTALL | re.MULTILINE)


@pytest.mark.slow
async def test_page_takes_an_agency_from_nothing_to_signed_letters(shell: Shell) -> None:
    await asyncio.to_thread(shell.run, script(token=False))
    assert await sent(shell) == {f"{n}/SNV-VP": "verified" for n in (1, 2, 3, 4, 5)}
    marked = [b"QualifyingProperties" in (shell.folder / f"letter-{n}.edxml").read_bytes() for n in (1, 2)]
    assert marked == [False, False], "the second one is signed on its way"

    found = module()  # without SoftHSM the test ends here, as skipped
    (shell.folder / "tokens").mkdir()
    (shell.folder / "softhsm2.conf").write_text(f"directories.tokendir = {shell.folder / 'tokens'}\n", encoding="utf-8")
    text = "\n".join([ENVIRONMENT, COMPOSE.search(PAGE.read_text(encoding="utf-8"))[0], script(token=True)])
    assert "ECDSA secp256r1" in await asyncio.to_thread(shell.run, text.replace(MODULES[0], found))
    assert (await sent(shell))["6/SNV-VP"] == "verified"


async def sent(shell: Shell) -> dict[str, str]:
    """Number and outcome of everything the agency sent."""
    printed = await asyncio.to_thread(shell.run, f"{ENVIRONMENT}\nlienthong outbox --json")
    found = json.loads(printed)["envelopes"]
    return {one["reference"].rsplit(",", 1)[-1]: one["signature"]["outcome"] for one in found}


def test_codes_on_the_page_are_those_that_are_told() -> None:
    known = {rule.code for rule in vars(key_rules).values() if hasattr(rule, "code")}
    named = set(
        re.findall(r"`((?:key|token|request)\.[a-z_]+)`", PAGE.read_text(encoding="utf-8").partition("| code |")[2])
    )
    assert named
    assert named <= known
