"""Accounts for looking at the demonstration's desk; their passwords stay in the demonstration's folder."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from envelopes.faults import Refused
from exchange.accounts import add_account

if TYPE_CHECKING:
    from pathlib import Path

    from admin.demo_play import Player
    from storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """Who may sign in, and as what."""

    name: str
    password: str
    what: str


async def demo_accounts(database: Database, folder: Path, players: tuple[Player, ...]) -> list[DemoAccount]:
    """One clerk of each agency and an administrator, added the first time."""
    place = folder / "accounts.json"
    if place.exists():
        return [DemoAccount(**one) for one in json.loads(place.read_text(encoding="utf-8"))]
    clerks = [(f"vanthu.{player.code}", player.code, f"văn thư / clerk, {player.name}") for player in players]
    made = [
        await _account(database, name, agency, what)
        for name, agency, what in (*clerks, ("quantri", None, "quản trị / administrator"))
    ]
    place.touch(mode=0o600)
    place.write_text(json.dumps([asdict(one) for one in made], ensure_ascii=False, indent=1), encoding="utf-8")
    return made


async def _account(database: Database, name: str, agency: str | None, what: str) -> DemoAccount:
    password = secrets.token_urlsafe(9)
    role = "clerk" if agency else "administrator"
    try:
        await add_account(database, name=name, role=role, agency=agency, password=password)
    except Refused:  # a name from before this folder was made; its password is not ours to know or to change
        password = "(không đổi / unchanged)"  # noqa: S105 - words for the reader
    return DemoAccount(name=name, password=password, what=what)
