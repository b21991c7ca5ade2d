"""Accounts and guessing: what is refused, what is forgiven, and how the delay grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envelopes.faults import Refused
from exchange import accounts, directory
from exchange.throttle import ACCOUNT, FORGET_SECONDS, KEPT, Patience, Throttle

if TYPE_CHECKING:
    from storage.database import Database

A = "H08.02"
PASSWORD = "một mật khẩu dài"


class Clock:
    """Time that passes when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def directory_of_one(database: Database) -> Database:
    """A database with agency A."""
    await directory.add_agency(database, code=A, name="Sở Nội vụ")
    return database


async def test_account_is_listed_and_its_password_is_not_stored(directory_of_one: Database) -> None:
    await accounts.add_account(directory_of_one, name="van.thu", role="clerk", agency=A, password=PASSWORD)
    await accounts.add_account(directory_of_one, name="quan.tri", role="administrator", agency=None, password=PASSWORD)
    listed = await accounts.list_accounts(directory_of_one)
    assert [(row.name, row.role, row.agency) for row in listed] == [
        ("quan.tri", "administrator", None),
        ("van.thu", "clerk", A),
    ]
    assert all(row.password_hash.startswith("$argon2id$") for row in listed)
    assert listed[0].password_hash != listed[1].password_hash


@pytest.mark.parametrize(
    ("name", "role", "agency", "password", "expected"),
    [
        ("văn thư", "clerk", A, PASSWORD, ["account.malformed"]),
        ("clerk", "clerk", None, PASSWORD, ["account.without_agency"]),
        ("admin", "administrator", A, PASSWORD, ["account.with_agency"]),
        ("clerk", "clerk", "H99", PASSWORD, ["agency.unknown"]),
        ("clerk", "clerk", A, "short", ["password.short"]),
        ("clerk", "clerk", A, "x" * 201, ["password.short"]),
        ("a b", "clerk", None, "", ["account.malformed", "account.without_agency", "password.short"]),
    ],
)
async def test_wrong_account_is_refused_with_every_fault(
    directory_of_one: Database, name: str, role: str, agency: str | None, password: str, expected: list[str]
) -> None:
    with pytest.raises(Refused) as refused:
        await accounts.add_account(directory_of_one, name=name, role=role, agency=agency, password=password)
    assert [fault.code for fault in refused.value.faults] == expected
    assert await accounts.list_accounts(directory_of_one) == []


async def test_account_name_is_given_once(directory_of_one: Database) -> None:
    await accounts.add_account(directory_of_one, name="clerk", role="clerk", agency=A, password=PASSWORD)
    with pytest.raises(Refused) as refused:
        await accounts.add_account(directory_of_one, name="clerk", role="clerk", agency=A, password=PASSWORD)
    assert [fault.code for fault in refused.value.faults] == ["account.taken"]


def test_delay_doubles_after_the_free_tries_up_to_its_limit() -> None:
    patience = Patience(free=3, longest=60)
    assert [patience.delay(n) for n in range(1, 12)] == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert patience.delay(100_000) == 60


def test_thousand_guesses_take_hours() -> None:
    clock = Clock()
    throttle = Throttle(ACCOUNT, clock=clock)
    for _ in range(1000):
        clock.now += throttle.wait("clerk")
        throttle.begin("clerk")
    assert clock.now > 16 * 3600


def test_tries_at_once_are_not_all_free() -> None:
    throttle = Throttle(ACCOUNT, clock=Clock())
    heard = 0
    for _ in range(1000):
        if throttle.wait("clerk") == 0:
            throttle.begin("clerk")
            heard += 1
    assert heard == ACCOUNT.free


def test_other_names_do_not_wait() -> None:
    throttle = Throttle(ACCOUNT, clock=Clock())
    for _ in range(10):
        throttle.begin("clerk")
    assert throttle.wait("clerk") > 0
    assert throttle.wait("other") == 0


def test_failures_are_forgotten_after_a_quiet_quarter_of_an_hour() -> None:
    clock = Clock()
    throttle = Throttle(ACCOUNT, clock=clock)
    for _ in range(10):
        throttle.begin("clerk")
    clock.now += FORGET_SECONDS + 1
    throttle.begin("clerk")
    assert throttle.wait("clerk") == 0


def test_success_takes_back_its_own_try_and_no_earlier_failure() -> None:
    clock = Clock()
    throttle = Throttle(ACCOUNT, clock=clock)
    for _ in range(3):
        throttle.begin("10.0.0.1")
    clock.now += 1
    throttle.begin("10.0.0.1")
    throttle.take_back("10.0.0.1")
    assert throttle.wait("10.0.0.1") == 0
    throttle.begin("10.0.0.1")
    assert throttle.wait("10.0.0.1") == 2


def test_invented_names_do_not_fill_the_memory() -> None:
    throttle = Throttle(ACCOUNT, clock=Clock())
    for n in range(KEPT + 100):
        throttle.begin(str(n))
    assert len(throttle._records) == KEPT
