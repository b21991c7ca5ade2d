"""`lienthong seal`: what is handed to whoever checks receipts, and how the seal's key is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from signing.certificates import describe
from tests.admin.test_cli_directory import Shell

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shell(dsn: str, tmp_path: Path) -> Shell:
    """A shell on a directory that is still empty."""
    return Shell(dsn, tmp_path)


async def test_seal_is_shown_and_its_root_is_written_for_others(shell: Shell) -> None:
    roots, out = shell.folder / "root.pem", shell.folder / "seal.pem"
    shown = await shell.said("seal", "show", "--roots", str(roots), "--out", str(out))
    seal, root = out.read_bytes(), roots.read_bytes()
    x509.load_pem_x509_certificate(seal).verify_directly_issued_by(x509.load_pem_x509_certificate(root))
    for words in ("lienthong seal", describe(seal).sha256.hex(), describe(root).sha256.hex(), "verify receipt.xml"):
        assert words in shown
    told = await shell.answer("seal", "show")
    assert (told["pem"].encode(), told["authorities_pem"].encode()) == (seal, root)
    assert told["sha256"] == describe(seal).sha256.hex()


async def test_root_that_nobody_knows_is_not_written(shell: Shell) -> None:
    await shell.said("seal", "show")
    folder = shell.folder / "data" / "seal"
    named = {
        "LIENTHONG_SEAL_KEY_FILE": str(folder / "key.pem"),
        "LIENTHONG_SEAL_CERTIFICATE_FILE": str(folder / "certificate.pem"),
    }
    wanted = shell.folder / "root.pem"
    done = await shell.run("seal", "show", "--roots", str(wanted), **named)
    assert (done.exit_code, wanted.exists()) == (2, False)
    assert "replace key and certificate" in await shell.refused("seal", "renew", **named)


async def test_renewed_seal_leaves_the_old_one_known_and_its_key_gone(shell: Shell) -> None:
    first = (await shell.answer("seal", "show"))["sha256"]
    key = (shell.folder / "data" / "seal" / "key.pem").read_bytes()
    second = (await shell.answer("seal", "renew"))["sha256"]
    assert [one["sha256"] for one in (await shell.answer("seal", "list"))["seals"]] == [second, first]
    assert (await shell.answer("seal", "show"))["sha256"] == second
    assert all(key not in path.read_bytes() for path in (shell.folder / "data").rglob("*") if path.is_file())
    table = await shell.said("seal", "list")
    assert second in table
    assert "restart" in await shell.said("seal", "renew")


async def test_earlier_seal_is_made_known(shell: Shell) -> None:
    await shell.said("seal", "show", "--out", str(shell.folder / "seal.pem"))
    added = await shell.answer("seal", "add", str(shell.folder / "seal.pem"))
    assert added["sha256"] in await shell.said("seal", "add", str(shell.folder / "seal.pem"))
    assert [one["sha256"] for one in (await shell.answer("seal", "list"))["seals"]] == [added["sha256"]]
    (shell.folder / "other.pem").write_bytes(b"no certificate")
    await shell.refused("seal", "add", str(shell.folder / "other.pem"))
