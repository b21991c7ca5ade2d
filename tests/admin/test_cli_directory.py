"""The operator's commands: agencies, systems, certificates, authorities, accounts, settings, schema."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from admin.cli import main
from exchange.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

A, B = "H08.02", "H08.30"


class Shell:
    """Runs commands against one database."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.folder = folder
        self.environment = {"LIENTHONG_DATABASE_URL": dsn, "LIENTHONG_DATA_DIR": str(folder / "data")}

    async def run(self, *words: str, given: str = "", **environment: str) -> Result:
        """What the command answered."""
        found = self.environment | environment
        return await asyncio.to_thread(CliRunner().invoke, main, words, input=given, env=found)

    async def said(self, *words: str, given: str = "") -> str:
        """What a command that must succeed printed."""
        done = await self.run(*words, given=given)
        assert done.exit_code == 0, done.output
        return done.stdout

    async def answer(self, *words: str, given: str = "") -> Any:
        """The JSON of a command that must succeed."""
        return json.loads(await self.said(*words, "--json", given=given))

    async def refused(self, *words: str, given: str = "", **environment: str) -> str:
        """The one line a command that must be refused printed."""
        done = await self.run(*words, given=given, **environment)
        assert (done.exit_code, done.stdout) == (1, ""), done.output
        assert done.stderr.count("\n") == 1
        assert " / " in done.stderr
        return done.stderr


@pytest.fixture
async def shell(dsn: str, tmp_path: Path) -> Shell:
    """A shell with agency A in the directory."""
    made = Shell(dsn, tmp_path)
    await made.said("agency", "add", A, "--name", "Sở Nội vụ", "--level", "so")
    return made


async def test_agencies_are_added_and_listed(shell: Shell) -> None:
    added = await shell.answer("agency", "add", B, "--name", "UBND huyện B", "--level", "huyen", "--parent", A)
    assert (added["code"], added["level"], added["parent"], added["locked_at"]) == (B, "huyen", A, None)
    listed = await shell.answer("agency", "list")
    assert [one["code"] for one in listed["agencies"]] == [A, B]
    table = await shell.said("agency", "list")
    for shown in ("Mã / code", "UBND huyện B", "sở, ngành", "hoạt động"):
        assert shown in table


async def test_agency_is_locked_and_unlocked(shell: Shell) -> None:
    assert "Đã khóa đơn vị" in await shell.said("agency", "lock", A)
    assert "khóa từ" in await shell.said("agency", "list")
    assert (await shell.answer("agency", "unlock", A))["locked_at"] is None


async def test_system_answers_with_credential_and_secret(shell: Shell) -> None:
    made = await shell.answer("system", "add", "qlvb.a", "--agency", A, "--allow-unsigned")
    assert set(made) == {"system", "credential", "secret"}
    assert made["system"] == "qlvb.a"
    listed = await shell.answer("system", "list")
    credentials = [{"expires_at": None}]
    policy = {"allow_unsigned": True, "strict": False, "weak_until": None}
    told = {"system": "qlvb.a", "agencies": [A], "below": [], **policy, "credentials": credentials}
    assert listed == {"systems": [told]}
    assert "không hạn" in await shell.said("system", "list")
    assert made["credential"] not in await shell.said("system", "list")


async def test_policy_of_a_system_is_chosen_and_shown(shell: Shell) -> None:
    await shell.answer("system", "add", "qlvb.a", "--agency", A)
    assert "cảnh báo" in await shell.said("system", "list")
    await shell.answer("system", "add", "qlvb.strict", "--agency", A, "--strict")
    assert "từ chối" in await shell.said("system", "list")
    listed = (await shell.answer("system", "list"))["systems"]
    assert [(one["system"], one["strict"]) for one in listed] == [("qlvb.a", False), ("qlvb.strict", True)]


async def test_weak_signatures_are_allowed_until_a_day_and_no_more(shell: Shell) -> None:
    await shell.answer("system", "add", "qlvb.a", "--agency", A)
    assert "không / never" in await shell.said("system", "list")
    until = datetime.now(UTC) + timedelta(days=90)
    for given in (until.strftime("%d/%m/%Y"), until.strftime("%Y-%m-%d")):
        made = await shell.answer("system", "weak", "qlvb.a", "--until", given)
        assert made == {"system": "qlvb.a", "weak_until": until.date().isoformat()}
    [listed] = (await shell.answer("system", "list"))["systems"]
    assert listed["weak_until"] == until.date().isoformat()
    assert until.strftime("%d/%m/%Y") in await shell.said("system", "list")
    assert "không tính là đã ký" in await shell.said("system", "weak", "qlvb.a", "--until", given)
    assert "không nhận" in (await shell.said("system", "weak", "qlvb.a", "--never")).lower()
    assert (await shell.answer("system", "list"))["systems"][0]["weak_until"] is None


async def test_weak_signatures_of_nobody_and_of_the_past_are_not_allowed(shell: Shell) -> None:
    await shell.answer("system", "add", "qlvb.a", "--agency", A)
    assert "qlvb.b" in await shell.refused("system", "weak", "qlvb.b", "--until", "2099-12-31")
    assert "đã qua" in await shell.refused("system", "weak", "qlvb.a", "--until", "01/01/2026")
    for wrong in ((), ("--never", "--until", "2099-12-31"), ("--until", "soon")):
        assert (await shell.run("system", "weak", "qlvb.a", *wrong)).exit_code == 2


async def test_rotation_answers_with_another_credential(shell: Shell) -> None:
    first = await shell.answer("system", "add", "qlvb.a", "--agency", A)
    second = await shell.answer("system", "rotate", "qlvb.a", "--overlap-hours", "0.5")
    assert second["credential"] != first["credential"]
    assert second["ending"] == 1
    [listed] = (await shell.answer("system", "list"))["systems"]
    [old, new] = [one["expires_at"] for one in listed["credentials"]]
    left = datetime.fromisoformat(old) - datetime.now(UTC)
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)
    assert new is None
    assert "hết hiệu lực sau 24 giờ" in await shell.said("system", "rotate", "qlvb.a")


async def test_development_authority_issues_a_registered_certificate(shell: Shell) -> None:
    out = shell.folder / "keys"
    made = await shell.answer("ca", "dev", "--for", A, "--out", str(out))
    assert made["root"] == str(shell.folder / "data" / "ca" / "root.pem")
    assert (out / "key.pem").stat().st_mode & 0o777 == 0o600
    listed = await shell.answer("certificate", "list", A)
    assert [one["sha256"] for one in listed["certificates"]] == [made["certificate"]["sha256"]]
    again = await shell.answer("ca", "dev")
    assert again["revocation_list"]["issuer"] == made["revocation_list"]["issuer"]
    assert again["certificate"] is None
    await shell.said("certificate", "add", A, str(out / "certificate.pem"))
    assert "đang dùng" in await shell.said("certificate", "list")


async def test_certificate_is_revoked_by_its_first_digits(shell: Shell) -> None:
    made = await shell.answer("ca", "dev", "--for", A, "--out", str(shell.folder / "keys"))
    revoked = await shell.answer("certificate", "revoke", made["certificate"]["sha256"][:10])
    assert revoked["agency"] == A
    assert "thu hồi" in await shell.said("certificate", "list")


async def test_root_and_list_are_trusted_from_files(shell: Shell) -> None:
    folder = shell.folder / "other"
    other = Shell(shell.environment["LIENTHONG_DATABASE_URL"], folder)
    await other.said("ca", "dev")
    root = folder / "data" / "ca" / "root.pem"
    trusted = await shell.answer("ca", "trust", str(root))
    assert trusted["subject"].startswith("CN=Lienthong development CA")
    assert "lienthong ca crl FILE" in await shell.said("ca", "trust", str(root))
    assert "CRL" in await shell.refused("ca", "crl", str(root))


async def test_account_password_comes_from_stdin_or_is_asked_for(shell: Shell) -> None:
    password = "một mật khẩu dài"
    words = ("account", "add", "clerk.a", "--agency", A)
    made = await shell.answer(*words, "--password-stdin", given=f"{password}\n")
    assert made == {"account": "clerk.a", "role": "clerk", "agency": A}
    asked = await shell.run("account", "add", "root", "--role", "administrator", given=f"{password}\n{password}\n")
    assert asked.exit_code == 0
    assert password not in asked.output
    listed = await shell.answer("account", "list")
    assert [(one["account"], one["role"]) for one in listed["accounts"]] == [
        ("clerk.a", "clerk"),
        ("root", "administrator"),
    ]
    assert "mọi đơn vị" in await shell.said("account", "list")
    assert "đã có" in await shell.refused(*words, "--password-stdin", given=f"{password}\n")


async def test_empty_lists_are_lists(shell: Shell) -> None:
    for noun, key in (("system", "systems"), ("certificate", "certificates"), ("account", "accounts")):
        assert await shell.answer(noun, "list") == {key: []}


async def test_refusals_are_one_line_each_in_both_languages(shell: Shell) -> None:
    await shell.said("system", "add", "qlvb.a", "--agency", A)
    for words, shown in (
        (("agency", "add", "H 1", "--name", "x"), "không hợp lệ"),
        (("agency", "lock", "H99"), "is not in the directory"),
        (("system", "add", "qlvb.a", "--agency", A), "is taken"),
        (("system", "rotate", "x"), "There is no system"),
        (("certificate", "revoke", "0" * 64), "Không có chứng thư"),
    ):
        assert shown in await shell.refused(*words)


async def test_every_fault_is_told(shell: Shell) -> None:
    done = await shell.run("system", "add", "a b", "--agency", "H98", "--agency", "H99")
    assert done.exit_code == 1
    assert done.stderr.count("Lỗi / error:") == 3


async def test_wrong_settings_are_refused_without_traceback(shell: Shell) -> None:
    assert "LIENTHONG_PROT" in await shell.refused("agency", "list", LIENTHONG_PROT="1")
    assert "LIENTHONG_PORT" in await shell.refused("settings", LIENTHONG_PORT="x")
    assert "postgresql://" in await shell.refused("agency", "list", LIENTHONG_DATABASE_URL="mysql://x")
    missing = shell.environment["LIENTHONG_DATABASE_URL"].replace("/test_", "/none_")
    assert "does not exist" in await shell.refused("agency", "list", LIENTHONG_DATABASE_URL=missing)


async def test_database_that_is_away_asks_to_try_later(shell: Shell) -> None:
    done = await shell.run("agency", "list", LIENTHONG_DATABASE_URL="postgresql://x@127.0.0.1:1/y")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "không kết nối được cơ sở dữ liệu" in done.stderr
    assert done.stderr.count("\n") == 1


async def test_settings_are_printed_with_meaning_and_without_secrets(shell: Shell) -> None:
    listed = (await shell.answer("settings"))["settings"]
    assert {one["name"] for one in listed} == {f"LIENTHONG_{name.upper()}" for name in Settings.model_fields}
    assert all(one["description"] for one in listed)
    values = {one["name"]: one["value"] for one in listed}
    assert values["LIENTHONG_DATABASE_URL"] == "********"
    table = await shell.said("settings")
    assert "Biến môi trường" in table
    assert "postgresql://" not in table


async def test_migrate_brings_to_the_schema_and_prints_its_sql(shell: Shell) -> None:
    assert "Không có gì phải nâng cấp" in await shell.said("migrate")
    script = await shell.said("migrate", "--sql")
    assert "CREATE TABLE agencies" in script
    assert "alembic_version" in script


async def test_commands_are_explained_in_both_languages(shell: Shell) -> None:
    for noun in ("agency", "system", "certificate", "ca", "account"):
        lines = (await shell.said(noun, "--help")).partition("Commands:")[2].strip().splitlines()
        assert lines
        assert all(" / " in line or line.startswith("    ") for line in lines), lines
