"""The key of the exchange's seal: the one the settings name, else one made once in the data directory."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from signing.authority import Authority
from signing.seal import Seal
from signing.sign import Signer

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.settings import Settings

SEAL_NAME = "lienthong seal"
"""Common name of a seal certificate made here; a province's own is named by its settings."""


class SealWrong(Exception):  # noqa: N818 - says what is the case
    """The named key or certificate cannot be used; the text says which file and what to do."""


def load_seal(settings: Settings) -> Seal:
    """The seal, made and kept in `data_dir/seal` if the settings name none. Blocking. Raises `SealWrong`."""
    named = (settings.seal_key_file, settings.seal_certificate_file)
    if any(named) and not all(named):
        raise SealWrong("LIENTHONG_SEAL_KEY_FILE and LIENTHONG_SEAL_CERTIFICATE_FILE go together: set both or none")
    key, certificate = named if all(named) else _own(settings.data_dir / "seal")
    assert key is not None
    assert certificate is not None
    try:
        return Seal(Signer.load(key.read_bytes(), certificate.read_bytes()))
    except OSError as error:
        raise SealWrong(f"the seal's file cannot be read: {error.strerror}: {error.filename}") from error
    except ValueError as error:
        raise SealWrong(f"{key} and {certificate} are no key and certificate in PEM that belong together") from error


def _own(folder: Path) -> tuple[Path, Path]:
    """The key and certificate in `folder`, made first by whichever process comes first."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not certificate.exists():
            authority = Authority.make(f"{SEAL_NAME} root")
            made_key, made_certificate = authority.issue(SEAL_NAME)
            (folder / "root.pem").write_bytes(authority.root_pem)
            _write(key, made_key)
            _write(certificate, made_certificate)
    finally:
        os.close(lock)
    return key, certificate


def _write(path: Path, data: bytes) -> None:
    """Durable and whole, or not there: a receipt must stay checkable after a power cut."""
    aside = path.with_suffix(".new")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
