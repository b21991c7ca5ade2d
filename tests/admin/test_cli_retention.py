"""`lienthong retention`: codes and rules are kept by named administrators, looked at before they act, and ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from exchange import removing
from storage import accounts
from tests.admin.conftest import PASSWORD
from tests.admin.letters import Letter, people, put
from tests.admin.test_cli_directory import Shell
from tests.support.exchanges import do, exchange_of, execute

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database


@pytest.fixture
async def shell(database: Database, dsn: str, tmp_path: Path, password_hash: str) -> Shell:
    """A shell beside an exchange with the administrator Lan, three agencies, and an old and a new letter."""
    await people(database)
    async with database.transaction() as conn:
        await accounts.add_account(conn, name="lan", role="administrator", agency=None, password_hash=password_hash)
    (tmp_path / "password").write_text(PASSWORD, encoding="utf-8")
    now = datetime.now(UTC)
    for number, days in (("1", 500), ("2", 5)):
        letter = Letter(number=number, files=("a.txt", "b.txt"), state="collected", accepted_at=now - timedelta(days))
        await put(database, letter)
    async with database.transaction() as conn:
        await conn.execute("UPDATE envelopes SET document_type = 'công văn'")
        await conn.execute("UPDATE deliveries SET confirmed_at = accepted_at")
        await conn.execute("UPDATE pdf_checks SET state = 'none', checked_at = clock_timestamp()")
    return Shell(dsn, tmp_path)


def lan(shell: Shell) -> tuple[str, ...]:
    return ("--as", "lan", "--password-file", str(shell.folder / "password"))


async def test_without_a_rule_everything_is_kept(shell: Shell) -> None:
    shown = await shell.said("retention", "show")
    for words in ("everything is kept for ever", "Vĩnh viễn", "70 năm / 70 years", "Quy tắc / rules: 0"):
        assert words in shown, words
    answer = await shell.answer("retention", "show")
    assert [one["code"] for one in answer["levels"]] == ["01", "02", "03", "04", "05", "06"]
    assert (answer["rules"], answer["acts_from"]) == ([], None)
    assert (await shell.answer("retention", "due"))["rules"] == []


async def test_rule_is_entered_by_code_seen_first_and_ended(shell: Shell) -> None:
    level = await shell.answer("retention", "level", "08", "--name", "1 năm", "--years", "1")
    assert (level["code"], level["months"]) == ("08", 12)
    made = await shell.answer("retention", "rule", "công  VĂN", "--level", "08", "--source", "TT 1", *lan(shell))
    assert (made["rule"], made["type"], made["months"], made["level"], made["entered_by"]) == (
        1,
        "Công văn",
        12,
        "08",
        "lan",
    )
    await shell.said("retention", "level", "08", "--name", "1 tháng", "--months", "1")
    [kept] = (await shell.answer("retention", "show"))["rules"]
    assert kept["months"] == 12  # what the code means now is for rules to come
    due = await shell.answer("retention", "due", "--list", "10")
    [found] = due["rules"]
    assert (found["rule"], found["documents"], found["files"], len(found["list"])) == (1, 1, 2, 1)
    assert due["acts_from"] is not None
    shown = await shell.said("retention", "due", "--list", "10")
    for words in ("Công văn: 1 năm / 1 year", "nothing is removed before", found["list"][0]["id"]):
        assert words in shown, words
    later = await shell.answer("retention", "due", "--on", "2099-01-01")
    assert later["rules"][0]["documents"] == 2
    assert "ended rule 1" in await shell.said("retention", "end", "1", *lan(shell))
    assert (await shell.answer("retention", "due"))["rules"] == []
    [ended] = (await shell.answer("retention", "show"))["rules"]
    assert ended["ended_by"] == "lan"
    assert "No rule 1 holds" in await shell.refused("retention", "end", "1", *lan(shell))


async def test_rule_of_an_unlisted_type_is_entered_with_a_word_of_caution(shell: Shell) -> None:
    said = await shell.said("retention", "rule", "Nghị định", "--forever", *lan(shell))
    assert "not in the list of types" in said
    assert "for ever" in said
    assert "not in the list" not in await shell.said("retention", "rule", "QĐ", "--years", "20", *lan(shell))


async def test_later_rule_for_the_same_type_and_day_takes_the_place_of_the_first(shell: Shell) -> None:
    for years in ("5", "10"):
        await shell.said("retention", "rule", "--any", "--years", years, "--from", "01/01/2026", *lan(shell))
    rules = (await shell.answer("retention", "show"))["rules"]
    assert [(one["months"], one["type"], one["ended_by"]) for one in rules] == [(60, None, "lan"), (120, None, None)]


async def test_what_was_removed_is_listed(shell: Shell, dsn: str) -> None:
    await shell.said("retention", "rule", "--any", "--months", "12", *lan(shell))
    async with exchange_of(dsn, shell.folder) as exchange:
        await execute(exchange, "UPDATE retention_rules SET entered_at = entered_at - interval '2 days'")
        await do(exchange, removing.CHORE)
    [line] = (await shell.answer("retention", "removed"))["removed"]
    assert (line["rule"], line["by"], line["files"], line["document_type"]) == (1, "lan", 2, "công văn")
    shown = await shell.said("retention", "removed")
    for words in (line["envelope"], "quy tắc / rule 1 (lan)", "removed: 1"):
        assert words in shown, words
    audited = await shell.run("audit", "--json")
    assert '"removed": 2' in audited.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rule", "QĐ", "--level", "77"), "no retention code 77"),
        (("rule", " ", "--years", "1"), "No type of document"),
        (("level", "a b", "--name", "x", "--years", "1"), "cannot be a code"),
        (("level", "09", "--name", " ", "--years", "1"), "has no name"),
    ],
)
async def test_what_is_wrong_is_one_line(shell: Shell, words: tuple[str, ...], said: str) -> None:
    assert said in await shell.refused("retention", *words, *lan(shell))


@pytest.mark.parametrize(
    "words",
    [
        ("rule", "QĐ"),
        ("rule", "QĐ", "--years", "1", "--months", "2"),
        ("rule", "QĐ", "--level", "06", "--forever"),
        ("rule", "QĐ", "--any", "--forever"),
        ("rule", "--forever"),
        ("rule", "QĐ", "--years", "0"),
        ("rule", "QĐ", "--years", "101"),
    ],
)
async def test_wrong_usage_is_told_as_such(shell: Shell, words: tuple[str, ...]) -> None:
    assert (await shell.run("retention", *words, *lan(shell))).exit_code == 2


async def test_nobody_enters_a_rule_without_a_name(shell: Shell) -> None:
    assert (await shell.run("retention", "rule", "QĐ", "--years", "1")).exit_code == 2
    wrong = shell.folder / "wrong"
    wrong.write_text("not the password", encoding="utf-8")
    done = await shell.run("retention", "rule", "QĐ", "--years", "1", "--as", "lan", "--password-file", str(wrong))
    assert done.exit_code == 1
    assert (await shell.answer("retention", "show"))["rules"] == []
