"""`lienthong calendar` and `lienthong late`: as an operator meets them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from exchange import lateness
from exchange.chores import Turn
from storage import chores
from tests.admin.letters import A, B, C, Letter, people, put
from tests.admin.test_cli_directory import Shell

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database

OFFICE = "07:30-11:30,13:00-17:00"


@pytest.fixture
async def shell(database: Database, dsn: str, tmp_path: Path) -> Shell:
    """A shell beside an exchange with people in it."""
    await people(database)
    return Shell(dsn, tmp_path)


async def test_calendar_of_a_year_is_shown_with_where_it_comes_from(shell: Shell) -> None:
    told = await shell.answer("calendar", "show", "2026")
    [week] = told["weeks"]
    assert (week["hours"]["mon"], week["hours"]["sun"]) == (OFFICE, "")
    days = {one["day"]: one for one in told["days"]}
    assert (days["2026-09-02"]["hours"], days["2026-08-22"]["hours"]) == ("", None)
    assert "9441" in days["2026-09-02"]["source"]
    assert {
        "duty": "receive",
        "urgency": 3,
        "valid_from": "2000-01-01",
        "amount": 15,
        "unit": "minutes",
    }.items() <= next(one for one in told["rules"] if (one["duty"], one["urgency"]) == ("receive", 3)).items()
    shown = await shell.said("calendar", "show", "2026")
    for words in ("02/09/2026", "Quốc khánh", "nghỉ / off", "làm việc như ngày thường", "hỏa tốc", "480", OFFICE):
        assert words in shown, words
    assert "2027" not in shown
    assert str(datetime.now(UTC).year) in await shell.said("calendar", "show")


async def test_days_are_set_and_forgotten(shell: Shell) -> None:
    assert (await shell.answer("calendar", "set", "23/11/2026", "25/11/2026", "--off", "--name", "Bão số 13"))[
        "days"
    ] == [
        "2026-11-23",
        "2026-11-24",
        "2026-11-25",
    ]
    assert "28/11/2026: 08:00-12:00" in await shell.said(
        "calendar", "set", "2026-11-28", "--hours", "08:00-12:00", "--name", "Làm bù"
    )
    assert "như ngày thường" in await shell.said("calendar", "set", "2026-11-29", "--work", "--name", "Làm bù")
    shown = await shell.said("calendar", "show", "2026")
    assert shown.count("Bão số 13") == 3
    assert "(nhập tại đây / entered here)" in shown
    assert "forgotten" in await shell.said("calendar", "unset", "23/11/2026", "25/11/2026")
    assert "Bão số 13" not in await shell.said("calendar", "show", "2026")
    assert "2026-11-23" in await shell.refused("calendar", "unset", "2026-11-23")


@pytest.mark.parametrize(
    "words",
    [
        ("set", "2026-11-28", "--name", "?"),
        ("set", "2026-11-28", "--off", "--work", "--name", "?"),
        ("set", "2026-11-28", "--hours", "9 to 5", "--name", "?"),
        ("set", "28.11.2026", "--off", "--name", "?"),
        ("hours", "mon-fry=07:30-11:30"),
        ("hours", "fri-mon=07:30-11:30"),
        ("hours", "mon-fri=07:30-11:30", "T6=07:30-11:30"),
        ("hours", "mon"),
        ("rule", "receive"),
        ("rule", "receive", "--minutes", "5", "--none"),
        ("rule", "receive", "--minutes", "5", "--urgency", "5"),
        ("rule", "answer", "--minutes", "5"),
    ],
)
async def test_what_cannot_be_meant_is_wrong_usage(shell: Shell, words: tuple[str, ...]) -> None:
    assert (await shell.run("calendar", *words)).exit_code == 2


async def test_hours_of_the_week_in_either_language(shell: Shell) -> None:
    made = await shell.answer("calendar", "hours", f"T2-T6={OFFICE}", "sat=07:30-11:30", "--from", "01/12/2026")
    assert (made["valid_from"], made["hours"]["fri"], made["hours"]["sat"]) == ("2026-12-01", OFFICE, "07:30-11:30")
    assert made["hours"]["sun"] == "nghỉ / off"
    assert "sat: 07:30-11:30" in await shell.said("calendar", "hours", "mon-sat=07:30-11:30", "--from", "01/01/2027")
    assert len((await shell.answer("calendar", "show"))["weeks"]) == 3


async def test_rules_are_set_for_some_or_all_urgencies_and_from_a_day(shell: Shell) -> None:
    words = ("--working-hours", "7.5", "--urgency", "0", "--urgency", "1", "--from", "2027-01-01", "--source", "QĐ 12")
    made = (await shell.answer("calendar", "rule", "receive", *words))["rules"]
    assert [(one["urgency"], one["amount"], one["unit"]) for one in made] == [
        (n, 450, "working_minutes") for n in (0, 1)
    ]
    assert {(one["valid_from"], one["source"]) for one in made} == {("2027-01-01", "QĐ 12")}
    shown = await shell.said("calendar", "rule", "send", "--none")
    assert shown.count("không / none") == 5
    assert "phút" in await shell.refused("calendar", "rule", "complete", "--minutes", "5")
    assert len((await shell.answer("calendar", "show"))["rules"]) == 15 + 2 + 5


async def test_file_is_tried_then_entered_and_faults_are_told(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text("day,hours,name,source\n2028-01-01,,Tết Dương lịch,BLLĐ\n", encoding="utf-8")
    assert "added: 1" in await shell.said("calendar", "import", str(file), "--dry-run")
    assert (await shell.answer("calendar", "import", str(file)))["imported"]["added"] == ["2028-01-01"]
    assert "unchanged: 1" in await shell.said("calendar", "import", str(file))
    file.write_text("day,hours,name\n2028-02-30,,Tết\n", encoding="utf-8")
    assert "Line 2" in await shell.refused("calendar", "import", str(file))


async def test_late_ones_are_listed_by_recipient_with_what_is_owed(shell: Shell, database: Database) -> None:
    assert await shell.answer("late") == {"late": []}
    assert "late: 0" in await shell.said("late")
    old = datetime.now(UTC) - timedelta(days=40)
    await put(database, Letter(number="1", recipients=(B, C), accepted_at=old, urgency=1))
    ids = await put(database, Letter(number="2", state="accepted", accepted_at=old))
    async with database.transaction() as conn:
        await conn.execute("UPDATE deliveries SET due_on = $2 WHERE id = $1", ids[B], date(2026, 1, 15))
        claim = await chores.claim(conn, "lateness", worker="test", lease_seconds=60)
    await mark(database, claim.token or 0)
    told = (await shell.answer("late"))["late"]
    assert sorted((one["recipient"], one["state"]) for one in told) == [(B, "accepted"), (B, "waiting"), (C, "waiting")]
    [overdue] = [one for one in told if one["state"] == "accepted"]
    assert (overdue["due_on"], overdue["late_to_receive_since"]) == ("2026-01-15", None)
    shown = await shell.said("late", C)
    for words in ("late: 1", "Ủy ban nhân dân xã Phước Sơn", f"{A} → {C}", "1/SNV-VP", "chậm tiếp nhận", "khẩn"):
        assert words in shown, words
    assert "hạn / due 15/01/2026" in await shell.said("late", B)
    assert "H99" in await shell.refused("late", "H99")


async def mark(database: Database, token: int) -> None:
    """Do what the chore does, without a service around it."""

    class Opened:
        """What the chore needs of an exchange."""

    Opened.database = database  # type: ignore[attr-defined]
    async for _ in lateness.mark_late(Opened(), Turn(name="lateness", token=token)):  # type: ignore[arg-type]
        pass
