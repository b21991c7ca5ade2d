"""Running PostgreSQL's programs without root's powers, also where the data folder lies below private folders.

PostgreSQL refuses to run as root. As root we hand the data folder to an ordinary uid and start the programs as that
uid with one capability left: looking through folders it does not own. No parent folder has to be opened up to others.
"""

from __future__ import annotations

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

CAPABILITIES = (("dac_read_search", 2), ("dac_override", 1))
"""Names and numbers (capability(7)) that let a uid pass foreign folders, the weaker first; containers often lack it."""

NOBODY = "nobody"
"""Account of every Unix that owns nothing; a service started as root keeps its embedded data under this uid."""


class PrivilegeMissing(Exception):  # noqa: N818 - says what is wrong
    """Started as root, but without the means to give root up; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """How to start a program on a data folder: under which uid and gid, with which command in front."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    def own(self, folder: Path) -> None:
        """Make `folder` private to the uid the programs run as."""
        os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)


def runner_for(data: Path) -> Runner:
    """How to run programs on `data`: as ourselves, or, as root, as its owner (`nobody` for a new folder).

    Raises `PrivilegeMissing`.
    """
    if os.geteuid() != 0:
        return Runner(uid=os.geteuid(), gid=os.getegid())
    uid, gid = _owner(data)
    ids = (f"--reuid={uid}", f"--regid={gid}", "--clear-groups")
    capability = _capability()
    caps = (f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}")
    return Runner(uid=uid, gid=gid, prefix=(_setpriv(), *ids, *caps, "--"))


def _owner(data: Path) -> tuple[int, int]:
    if data.exists() and data.stat().st_uid != 0:
        return data.stat().st_uid, data.stat().st_gid
    entry = pwd.getpwnam(NOBODY)
    return entry.pw_uid, entry.pw_gid


def _setpriv() -> str:
    found = shutil.which("setpriv")
    if found is None:
        raise PrivilegeMissing(
            "the embedded PostgreSQL cannot run as root and `setpriv` (package util-linux) is not installed: "
            "install it, start the service as an ordinary user, or set LIENTHONG_DATABASE_URL"
        )
    return found


def _capability() -> str:
    held = _status_mask("CapPrm") & _status_mask("CapBnd")
    for name, number in CAPABILITIES:
        if held >> number & 1:
            return name
    raise PrivilegeMissing(
        "the embedded PostgreSQL cannot run as root, and this container holds neither CAP_DAC_READ_SEARCH nor "
        "CAP_DAC_OVERRIDE: add one of them, start the service as an ordinary user, or set LIENTHONG_DATABASE_URL"
    )


def _status_mask(field: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value, 16)
    return 0
