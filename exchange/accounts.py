"""Accounts: who may sit at the desk. Passwords are kept as argon2id, guessing is slowed, and unknown names look like
wrong passwords (TM-45)."""

from __future__ import annotations

import asyncio
import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Self

import asyncpg
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from envelopes.faults import Refused
from exchange import certification_rules
from exchange import directory_rules as rules
from exchange.directory import own_codes, unknown_agencies
from exchange.throttle import ACCOUNT, ADDRESS, Throttle
from storage import accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envelopes.faults import Fault
    from exchange.exchange import Exchange
    from storage.accounts import AccountRow
    from storage.database import Database

ROLES = ("clerk", "administrator")
NAME = re.compile(r"[0-9A-Za-z._-]{1,64}", re.ASCII)

PASSWORD_LEAST = 10
PASSWORD_MOST = 200
"""Long enough for a sentence, short enough that hashing it costs nothing."""

HASHED_AT_ONCE = 2
"""Argon2id takes 64 MiB and a core for a moment; more guesses at once must not starve the exchange."""

HASHER = PasswordHasher()
"""RFC 9106's second recommended choice, argon2-cffi's default: 3 passes over 64 MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who is signed in: a clerk of `agency`, or an administrator (`agency` is None)."""

    name: str
    agency: str | None

    @property
    def is_administrator(self) -> bool:
        """Whether it sees every agency."""
        return self.agency is None


class SignInRefused(Exception):  # noqa: N818 - says what happened
    """Wrong name or password; never says which."""


class TooManyTries(Exception):  # noqa: N818 - says what is the case
    """This name or address has guessed too often; the next try is heard after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Porter:
    """One process's memory of failed sign-ins."""

    names: Throttle = field(default_factory=lambda: Throttle(ACCOUNT))
    addresses: Throttle = field(default_factory=lambda: Throttle(ADDRESS))
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HASHED_AT_ONCE))

    @classmethod
    def with_clock(cls, clock: Callable[[], float]) -> Self:
        """A porter whose time is the caller's."""
        return cls(names=Throttle(ACCOUNT, clock=clock), addresses=Throttle(ADDRESS, clock=clock))


async def sign_in(exchange: Exchange, porter: Porter, *, name: str, password: str, address: str) -> Account:
    """The account of this name and password. Raises `SignInRefused`, `TooManyTries`, `DatabaseAway`."""
    name = name if NAME.fullmatch(name) else ""  # nobody is called so, and a long name must not fill the memory
    wait = max(porter.names.wait(name), porter.addresses.wait(address))
    if wait > 0:
        raise TooManyTries(wait)
    porter.names.begin(name)
    porter.addresses.begin(address)
    async with exchange.database.acquire() as conn:
        row = await accounts.account(conn, name)
    alive = row if row is not None and row.disabled_at is None else None
    async with porter.turn:
        hashed = alive.password_hash if alive else await exchange.threads.run(_hash_of_nobody)
        right = await exchange.threads.run(_matches, hashed, _normal(password))
    if alive is None or not right:
        raise SignInRefused
    porter.names.forget(name)
    porter.addresses.take_back(address)  # not forgotten: one's own account must not pay for guessing at others
    return Account(name=alive.name, agency=alive.agency)


async def account(exchange: Exchange, name: str) -> Account | None:
    """The account, unless it is gone or disabled."""
    async with exchange.database.acquire() as conn:
        row = await accounts.account(conn, name)
    return Account(name=row.name, agency=row.agency) if row and row.disabled_at is None else None


async def administrator(database: Database, name: str, password: str) -> str:
    """The name of the administrator who proves it by password, at the command line. Raises `Refused`.

    Guessing is not slowed here: whoever runs commands can read the hashes.
    """
    async with database.acquire() as conn:
        row = await accounts.account(conn, name)
    alive = row is not None and row.disabled_at is None and row.role == "administrator"
    hashed = row.password_hash if row is not None and alive else await asyncio.to_thread(_hash_of_nobody)
    if not await asyncio.to_thread(_matches, hashed, _normal(password)) or not alive:
        certification_rules.ADMINISTRATOR_UNPROVEN.refuse("as", name)
    return name


async def list_accounts(database: Database) -> list[AccountRow]:
    """Every account, by name."""
    async with database.acquire() as conn:
        return await accounts.accounts(conn)


async def add_account(database: Database, *, name: str, role: str, agency: str | None, password: str) -> None:
    """Add a clerk of an agency, or an administrator. Raises `Refused`."""
    password = _normal(password)
    hashed = await asyncio.to_thread(HASHER.hash, password[:PASSWORD_MOST])
    try:
        async with database.transaction() as conn:
            unknown = await unknown_agencies(conn, [agency]) if agency else []
            faults = [*_faults(name, role, agency, password), *unknown]
            if faults:
                raise Refused(*faults)
            own = (await own_codes(conn, [agency]))[0] if agency else None
            await accounts.add_account(conn, name=name, role=role, agency=own, password_hash=hashed)
    except asyncpg.UniqueViolationError:
        rules.ACCOUNT_TAKEN.refuse("name", name, name=name)


def _faults(name: str, role: str, agency: str | None, password: str) -> Iterator[Fault]:
    if not NAME.fullmatch(name):
        yield rules.ACCOUNT_MALFORMED.at("name", name, name=name)
    if role == "clerk" and agency is None:
        yield rules.ACCOUNT_WITHOUT_AGENCY.at("agency", name=name)
    if role == "administrator" and agency is not None:
        yield rules.ACCOUNT_WITH_AGENCY.at("agency", agency, name=name)
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        yield rules.PASSWORD_SHORT.at("password", least=PASSWORD_LEAST, most=PASSWORD_MOST)


def _normal(password: str) -> str:
    """One form of each letter: keyboards differ in how they write «ế»."""
    return unicodedata.normalize("NFC", password)


@cache
def _hash_of_nobody() -> str:
    """What an unknown name's password is compared with, so that both cases do the same work."""
    return HASHER.hash(secrets.token_hex(16))


def _matches(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, password[:PASSWORD_MOST])
    except (VerificationError, InvalidHashError):
        return False
