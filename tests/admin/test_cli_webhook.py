"""`lienthong webhook`: set up, looked at, told as a test, given up, told again, ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from storage import accounts
from tests.admin.conftest import PASSWORD
from tests.admin.letters import people
from tests.admin.test_cli_directory import Shell

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database

B_SYSTEM, C_SYSTEM = "qlvb.b", "qlvb.c"
URL = "https://hook.example/lienthong"
NETWORK = ("--network", "10.20.0.0/16")


@pytest.fixture
async def shell(database: Database, dsn: str, tmp_path: Path) -> Shell:
    """A shell beside an exchange with a system of B and one of C."""
    await people(database)
    made = Shell(dsn, tmp_path)
    await made.said("system", "add", B_SYSTEM, "--agency", "H08.30")
    await made.said("system", "add", C_SYSTEM, "--agency", "H08.31")
    return made


async def notice(database: Database, webhook: int, state: str) -> str:
    """Some notice in this state, tried once; its id."""
    ended = "NULL" if state == "waiting" else "clock_timestamp()"
    async with database.transaction() as conn:
        made = await conn.fetchval(
            f"""INSERT INTO notices (webhook, event, state, attempts, ended_at)
                VALUES ($1, 'delivery.waiting', $2, 1, {ended}) RETURNING id""",
            webhook,
            state,
        )
        await conn.execute(
            """INSERT INTO notice_attempts (notice, n, ended_at, status, failure)
               VALUES ($1, 1, clock_timestamp(), 503, 'HTTP 503')""",
            made,
        )
    return str(made)


async def test_webhook_is_added_listed_and_ended(shell: Shell) -> None:
    said = await shell.said("webhook", "add", B_SYSTEM, URL, *NETWORK, "--port", "443", "--port", "8443")
    assert "secret: whsec_" in said
    made = await shell.answer("webhook", "add", C_SYSTEM, URL, *NETWORK, "--event", "status.waiting")
    assert (made["events"], made["ports"], made["networks"]) == (["status.waiting"], [443], ["10.20.0.0/16"])
    [first] = (await shell.answer("webhook", "list", B_SYSTEM))["webhooks"]
    assert (first["url"], first["state"], first["ports"]) == (URL, "active", [443, 8443])
    listed = await shell.run("webhook", "list", "--json")
    assert len(json.loads(listed.stdout)["webhooks"]) == 2
    assert made["secret"] not in listed.stdout  # told once
    shown = await shell.said("webhook", "list")
    for words in ("Webhook: 2", B_SYSTEM, "10.20.0.0/16", "hoạt động / active"):
        assert words in shown, words
    await shell.said("webhook", "end", str(first["webhook"]))
    assert "Webhook: 0" in await shell.said("webhook", "list", B_SYSTEM)


async def test_what_is_wrong_is_one_line(shell: Shell) -> None:
    assert "Add --network" in await shell.refused("webhook", "add", B_SYSTEM, URL)
    assert "outside the networks" in await shell.refused("webhook", "add", B_SYSTEM, "https://127.0.0.1/", *NETWORK)
    assert "add --allow-http" in await shell.refused("webhook", "add", B_SYSTEM, "http://10.20.0.1/", *NETWORK)
    assert "no webhook 9" in await shell.refused("webhook", "rotate", "9")
    assert "no webhook 9" in await shell.refused("webhook", "notices", "9")


async def test_secret_is_rotated_with_an_overlap(shell: Shell) -> None:
    first = await shell.answer("webhook", "add", B_SYSTEM, URL, *NETWORK)
    second = await shell.answer("webhook", "rotate", str(first["webhook"]))
    assert second["ending"] == 1
    assert second["secret"] != first["secret"]
    assert "24 h" in await shell.said("webhook", "rotate", str(first["webhook"]))


async def test_two_administrators_set_one_up(
    shell: Shell, database: Database, tmp_path: Path, password_hash: str
) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    async with database.transaction() as conn:
        for name in ("an", "binh"):
            await accounts.add_account(conn, name=name, role="administrator", agency=None, password_hash=password_hash)
    shell.environment["LIENTHONG_TWO_PERSON_CERTIFICATES"] = "true"
    assert "two administrators" in await shell.refused("webhook", "add", B_SYSTEM, URL, *NETWORK)
    by = ("--password-file", str(password), "--as")
    said = await shell.said("webhook", "add", B_SYSTEM, URL, *NETWORK, *by, "an")
    assert "lienthong webhook approve 1 --as NAME" in said
    assert "may not approve" in await shell.refused("webhook", "approve", "1", *by, "an")
    assert (await shell.answer("webhook", "list"))["webhooks"][0]["state"] == "pending"
    assert "approved webhook 1" in await shell.said("webhook", "approve", "1", *by, "binh")
    [row] = (await shell.answer("webhook", "list"))["webhooks"]
    assert (row["added_by"], row["approved_by"], row["state"]) == ("an", "binh", "active")


async def test_given_up_notices_are_listed_and_told_again(shell: Shell, database: Database) -> None:
    b = (await shell.answer("webhook", "add", B_SYSTEM, URL, *NETWORK))["webhook"]
    c = (await shell.answer("webhook", "add", C_SYSTEM, URL, *NETWORK))["webhook"]
    dead = [await notice(database, webhook, "dead") for webhook in (b, b, c)]
    await notice(database, b, "waiting")
    assert len((await shell.answer("webhook", "dead"))["notices"]) == 3
    [other] = (await shell.answer("webhook", "dead", str(c)))["notices"]
    assert (other["id"], other["tries"][0]["failure"]) == (dead[2], "HTTP 503")
    shown = await shell.said("webhook", "dead", str(b))
    for words in ("given up: 2", "HTTP 503", "đã bỏ / given up", dead[0]):
        assert words in shown, words
    assert (await shell.answer("webhook", "resend", "--notice", dead[0]))["resent"] == 1
    assert "No notice" in await shell.refused("webhook", "resend", "--notice", dead[0])
    assert (await shell.answer("webhook", "resend", str(b)))["resent"] == 1
    assert (await shell.answer("webhook", "resend", "--all"))["resent"] == 1
    assert (await shell.run("webhook", "resend")).exit_code == 2
    assert (await shell.answer("webhook", "dead"))["notices"] == []
    assert len((await shell.answer("webhook", "notices", str(b)))["notices"]) == 3


async def test_test_is_told_soon(shell: Shell) -> None:
    made = await shell.answer("webhook", "add", B_SYSTEM, URL, *NETWORK)
    told = await shell.answer("webhook", "test", str(made["webhook"]))
    [waiting] = (await shell.answer("webhook", "notices", str(made["webhook"])))["notices"]
    assert (waiting["id"], waiting["event"], waiting["state"]) == (told["notice"], "webhook.test", "waiting")
