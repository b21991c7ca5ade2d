"""Who plays in the demonstration: three agencies with names, systems, certificates and folders of their own.

Done again it changes nothing but the credentials, which are given out anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from admin.demo_play import Player
from envelopes.faults import Refused
from exchange import certification, directory
from exchange.development_authority import open_authority, renew
from signing.sign import Signer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from signing.authority import Authority
    from storage.database import Database

AGENCIES = (
    ("H08.02", "Sở Nội vụ tỉnh Bình Định", "so"),
    ("H08.30", "Ủy ban nhân dân huyện Tuy Phước", "huyen"),
    ("H08.31", "Ủy ban nhân dân xã Phước Sơn", "xa"),
)
"""A sends, B handles, C refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the demonstration's things are: the directory, its folder, and what is told of each step."""

    database: Database
    folder: Path
    tell: Callable[[str], None]


async def cast(stage: Stage, authority_folder: Path) -> tuple[Player, Player, Player]:
    """The three players, ready to play. Raises `Refused`, `DatabaseAway`."""
    stage.tell("tổ chức chứng thực thử nghiệm / development certificate authority")
    authority = open_authority(authority_folder)
    await renew(stage.database, authority)
    first, second, third = [await _player(stage, authority, *agency) for agency in AGENCIES]
    return first, second, third


async def _player(stage: Stage, authority: Authority, code: str, name: str, level: str) -> Player:
    stage.tell(f"{code} {name}")
    await directory.add_agency(stage.database, code=code, name=name, level=level)
    folder = stage.folder / code
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    signer = await _signer(stage, authority, code, name, folder)
    credential = await _credential(stage, code)
    place = folder / "credential"
    place.touch(mode=0o600)
    place.write_text(credential, encoding="ascii")
    return Player(code=code, name=name, credential=credential, signer=signer, folder=folder)


async def _signer(stage: Stage, authority: Authority, code: str, name: str, folder: Path) -> Signer:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    if not certificate.exists():
        made_key, made_certificate = authority.issue(name)
        key.touch(mode=0o600)
        key.write_bytes(made_key)
        certificate.write_bytes(made_certificate)
    await certification.add_certificate(stage.database, code, certificate.read_bytes())
    return Signer.load(key.read_bytes(), certificate.read_bytes())


async def _credential(stage: Stage, code: str) -> str:
    system = f"demo.{code}"
    try:
        return (await directory.add_system(stage.database, system=system, agencies=[code])).credential
    except Refused:  # it is there from an earlier demonstration
        return (await directory.rotate(stage.database, system, overlap_hours=0)).credential
