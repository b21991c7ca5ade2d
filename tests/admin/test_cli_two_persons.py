"""The right to sign, at the command line: two administrators for certificates and delegations, and who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exchange.development_authority import open_authority
from storage import accounts
from tests.admin.conftest import PASSWORD
from tests.admin.test_cli_directory import A, B, Shell

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database

FIRST, SECOND, CLERK = "quantri.1", "quantri.2", "vanthu.a"


@pytest.fixture
async def shell(database: Database, dsn: str, tmp_path: Path, password_hash: str) -> Shell:
    """A shell with agencies A and B, two administrators and a clerk, and a certificate of A in `a/`."""
    made = Shell(dsn, tmp_path)
    for code, name in ((A, "Sở Nội vụ"), (B, "UBND huyện B")):
        await made.said("agency", "add", code, "--name", name)
    people = ((FIRST, "administrator", None), (SECOND, "administrator", None), (CLERK, "clerk", A))
    async with database.transaction() as conn:
        for name, role, agency in people:
            await accounts.add_account(conn, name=name, role=role, agency=agency, password_hash=password_hash)
    await made.said("ca", "dev", "--for", B, "--out", str(tmp_path / "b"))
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    (tmp_path / "wrong").write_text("không phải mật khẩu")
    return made


def two_persons(shell: Shell) -> None:
    """From now on everything takes two."""
    shell.environment["LIENTHONG_TWO_PERSON_CERTIFICATES"] = "true"


def by(shell: Shell, name: str, password: str = "password") -> tuple[str, ...]:
    """The options of an administrator."""
    return "--as", name, "--password-file", str(shell.folder / password)


async def a_certificate(shell: Shell) -> str:
    """A certificate that is registered to nobody yet."""
    out = shell.folder / "a"
    made = await shell.answer("ca", "dev", "--for", A, "--out", str(out))
    await shell.said("certificate", "revoke", made["certificate"]["sha256"])
    authority = open_authority(shell.folder / "data" / "ca")
    (out / "new.pem").write_bytes(authority.issue("Sở Nội vụ")[1])
    return str(out / "new.pem")


async def test_certificate_waits_for_another_administrator(shell: Shell) -> None:
    file = await a_certificate(shell)
    two_persons(shell)
    assert "--as" in await shell.refused("certificate", "add", A, file)
    added = await shell.answer("certificate", "add", A, file, *by(shell, FIRST))
    assert added["pending"] is True
    assert await state_of(shell, added["sha256"]) == "pending"
    assert "may not approve" in await shell.refused("certificate", "approve", added["sha256"], *by(shell, FIRST))
    await shell.said("certificate", "approve", added["sha256"][:8], *by(shell, SECOND))
    assert await state_of(shell, added["sha256"]) == "in_use"
    assert "nothing to approve" in await shell.refused("certificate", "approve", added["sha256"], *by(shell, SECOND))
    history = (await shell.answer("certificate", "history", A))["events"]
    assert [(one["event"], one["by"]) for one in history if one["certificate"] == added["sha256"]] == [
        ("added", FIRST),
        ("approved", SECOND),
    ]


async def state_of(shell: Shell, sha256: str) -> str:
    """What the list says of the certificate."""
    [found] = [one for one in (await shell.answer("certificate", "list"))["certificates"] if one["sha256"] == sha256]
    assert isinstance(found["state"], str)
    return found["state"]


async def test_one_administrator_alone_changes_nothing(shell: Shell) -> None:
    file = await a_certificate(shell)
    two_persons(shell)
    added = await shell.answer("certificate", "add", A, file, *by(shell, FIRST))
    for name, password in ((SECOND, "wrong"), (CLERK, "password"), ("nobody", "password")):
        said = await shell.refused("certificate", "approve", added["sha256"], *by(shell, name, password))
        assert "administrator's name or password is wrong" in said
    again = await shell.answer("certificate", "add", A, file, *by(shell, SECOND))  # entering it again approves nothing
    assert again["sha256"] == added["sha256"]
    assert await state_of(shell, added["sha256"]) == "pending"
    assert "--as" in await shell.refused("ca", "dev", "--for", A, "--out", str(shell.folder / "sly"))
    assert not (shell.folder / "sly").exists()


async def test_pending_certificate_that_was_revoked_is_not_approved(shell: Shell) -> None:
    file = await a_certificate(shell)
    two_persons(shell)
    added = await shell.answer("certificate", "add", A, file, *by(shell, FIRST))
    await shell.said("certificate", "revoke", added["sha256"], *by(shell, SECOND))
    assert "revoked" in await shell.refused("certificate", "approve", added["sha256"], *by(shell, SECOND))
    assert await state_of(shell, added["sha256"]) == "revoked"


async def test_delegation_waits_for_another_administrator(shell: Shell) -> None:
    two_persons(shell)
    words = ("delegation", "add", A, "--to", B, "--until", "31/12/2099")
    assert "--as" in await shell.refused(*words)
    made = await shell.answer(*words, *by(shell, FIRST))
    assert (made["state"], made["agency"], made["delegate"]) == ("pending", A, B)
    assert made["valid_until"] == "2099-12-31T17:00:00.000Z"
    assert "may not approve" in await shell.refused("delegation", "approve", str(made["id"]), *by(shell, FIRST))
    assert (await shell.answer("delegation", "approve", str(made["id"]), *by(shell, SECOND)))["state"] == "in_force"
    ended = await shell.answer("delegation", "end", str(made["id"]), *by(shell, FIRST))
    assert ended["state"] == "over"
    assert "is over" in await shell.refused("delegation", "end", str(made["id"]))
    history = (await shell.answer("certificate", "history", A))["events"]
    assert [(one["event"], one["by"]) for one in history if one["delegation"] == made["id"]] == [
        ("added", FIRST),
        ("approved", SECOND),
        ("ended", FIRST),
    ]


async def test_delegation_of_a_pair_in_force_is_refused_and_a_later_one_is_not(shell: Shell) -> None:
    first = await shell.answer("delegation", "add", A, "--to", B, "--until", "31/12/2098")
    said = await shell.refused("delegation", "add", A, "--to", B)
    assert f"by delegation {first['id']} until 01/01/2099 00:00" in said
    assert f"lienthong delegation end {first['id']}" in said
    later = await shell.answer("delegation", "add", A, "--to", B, "--from", "01/01/2099")
    assert later["state"] == "future"
    assert (await shell.answer("delegation", "add", B, "--to", A))["state"] == "in_force"
    await shell.answer("delegation", "end", str(first["id"]))
    assert (await shell.answer("delegation", "add", A, "--to", B, "--until", "31/12/2098"))["state"] == "in_force"


async def test_delegation_that_makes_no_sense_is_refused(shell: Shell) -> None:
    for words, shown in (
        ((A, "--to", A), "to itself"),
        ((A, "--to", "H99"), "is not in the directory"),
        ((A, "--to", B, "--until", "01/01/2020"), "not in the past"),
        ((A, "--to", B, "--from", "02/01/2099", "--until", "31/12/2098"), "after it begins"),
    ):
        assert shown in await shell.refused("delegation", "add", *words)
    assert "no delegation 7" in await shell.refused("delegation", "end", "7")
    assert (await shell.answer("delegation", "list"))["delegations"] == []


async def test_one_person_is_enough_unless_settings_say_otherwise(shell: Shell) -> None:
    made = await shell.answer("delegation", "add", A, "--to", B)
    assert (made["state"], made["valid_until"]) == ("in_force", None)
    assert "có hiệu lực" in await shell.said("delegation", "list", A)
    added = await shell.answer("certificate", "add", A, await a_certificate(shell))
    assert added["pending"] is False
    revoked = await shell.answer("certificate", "revoke", added["sha256"], "--since", "20/11/2026 08:30")
    assert revoked["sha256"] == added["sha256"]
    [listed] = [
        one for one in (await shell.answer("certificate", "list"))["certificates"] if one["sha256"] == added["sha256"]
    ]
    assert listed["invalid_from"] == "2026-11-20T01:30:00.000Z"
    assert "in the future" in await shell.refused("certificate", "revoke", added["sha256"], "--since", "01/01/2099")
    assert "thu hồi / revoked" in await shell.said("certificate", "history", A)


async def test_password_is_asked_for_unseen(shell: Shell) -> None:
    two_persons(shell)
    done = await shell.run("delegation", "add", A, "--to", B, "--as", FIRST, given=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
