"""What this machine fetched and where it put it, so that a confirmation speaks of the file that is really there."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from envelopes.file_names import safe_file_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One fetched envelope: the delivery, and the file's absolute path."""

    delivery: str
    path: str


class Memory:
    """A folder with one small file for each fetched delivery; losing it loses convenience, nothing else."""

    def __init__(self, folder: Path | None = None) -> None:
        base = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
        self._folder = folder or Path(base) / "lienthong" / "fetched"

    def remember(self, stored: Stored) -> None:
        """Write it down; a machine without a place for it is told to name files itself."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            target = self._place(stored.delivery)
            aside = target.with_name(f".{target.name}")
            aside.write_text(json.dumps(asdict(stored)), encoding="utf-8")
            aside.replace(target)
        except OSError as error:
            click.echo(f"{self._folder}: {error.strerror}; `confirm … --file {stored.path}`", err=True)

    def find(self, delivery: str) -> Stored | None:
        """What was written down for a delivery."""
        try:
            known = json.loads(self._place(delivery).read_text(encoding="utf-8"))
            return Stored(**known)
        except (OSError, ValueError, TypeError):
            return None

    def all(self) -> list[Stored]:
        """Everything written down, oldest first: delivery ids count time."""
        names = sorted(path.name for path in self._folder.glob("[!.]*")) if self._folder.is_dir() else []
        return [stored for stored in map(self.find, names) if stored]

    def forget(self, delivery: str) -> None:
        """Remove a delivery that is finished."""
        self._place(delivery).unlink(missing_ok=True)

    def _place(self, delivery: str) -> Path:
        return self._folder / safe_file_name(delivery)
