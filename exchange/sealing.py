"""The key of the exchange's seal: the one the settings name, in a file or on a token, else one made once in the data
directory."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from signing.authority import Authority
from signing.key_rules import KeyUnusable
from signing.keys import read_certificates
from signing.seal import Seal
from signing.sign import Signer
from signing.tokens import TokenPlace, open_identity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography import x509
    from pydantic import SecretStr

    from exchange.settings import Settings

SEAL_NAME = "lienthong seal"
"""Common name of a seal certificate made here; a province's own is named by its settings."""

ROOT_FILE = "root.pem"
"""Beside a seal made here: the certificate that receipts lead to, for whoever checks them."""


class SealWrong(Exception):  # noqa: N818 - says what is the case
    """The named key or certificate cannot be used; the text says which file and what to do."""


def load_seal(settings: Settings) -> Seal:
    """The seal, made and kept in `data_dir/seal` if the settings name none. Blocking. Raises `SealWrong`.

    The certificate's file may hold the authorities it leads through as well.
    """
    try:
        if settings.seal_token is not None:
            return _on_token(settings, settings.seal_token)
        named = _named(settings)
        return _in_files(*named, settings.seal_key_password) if named else _made_here(settings.data_dir / "seal")
    except OSError as error:
        raise SealWrong(f"the seal's file cannot be read: {error.strerror}: {error.filename}") from error
    except KeyUnusable as error:
        raise SealWrong(f"{_where(settings)}: {error.fault.vi} / {error.fault.en}") from error


def _in_files(key: Path, certificate: Path, password: SecretStr | None = None) -> Seal:
    found = read_certificates(certificate.read_bytes())
    return _seal(Signer.load(key.read_bytes(), certificate.read_bytes(), _bytes(password)), found)


def _made_here(folder: Path) -> Seal:
    key, certificate = _own(folder)
    root = folder / ROOT_FILE
    signer = Signer.load(key.read_bytes(), certificate.read_bytes())
    return _seal(signer, read_certificates(root.read_bytes()) if root.exists() else [])


def _on_token(settings: Settings, module: Path) -> Seal:
    if settings.seal_key_file is not None:
        raise SealWrong("LIENTHONG_SEAL_KEY_FILE and LIENTHONG_SEAL_TOKEN both name a key: set one of them")
    file = settings.seal_certificate_file
    found = read_certificates(file.read_bytes()) if file else []
    place = TokenPlace(module=str(module), token=settings.seal_token_label, key=settings.seal_token_key_label)
    pin = settings.seal_token_pin
    return _seal(Signer.of(open_identity(place, pin.get_secret_value() if pin else None, found)), found)


def _seal(signer: Signer, found: Sequence[x509.Certificate]) -> Seal:
    return Seal(signer, [one for one in found if one != signer.certificate])


def _bytes(secret: SecretStr | None) -> bytes | None:
    return secret.get_secret_value().encode() if secret else None


def _where(settings: Settings) -> str:
    """The key's place, for whoever has to see to it."""
    place = settings.seal_token or settings.seal_key_file or settings.data_dir / "seal"
    return f"{place}, {settings.seal_certificate_file}" if settings.seal_certificate_file else str(place)


def make_anew(settings: Settings) -> None:
    """Put a new key and certificate in the place of those in `data_dir/seal`. Blocking. Raises `SealWrong`."""
    if settings.seal_token is not None or _named(settings):
        raise SealWrong(
            f"con dấu do cấu hình chỉ định: hãy thay khóa và chứng thư ở đó rồi khởi động lại / "
            f"the settings name the seal: replace key and certificate there and restart: {_where(settings)}"
        )
    _own(settings.data_dir / "seal", anew=True)


def _named(settings: Settings) -> tuple[Path, Path] | None:
    key, certificate = settings.seal_key_file, settings.seal_certificate_file
    if key is not None and certificate is not None:
        return key, certificate
    if key is not None or certificate is not None:
        raise SealWrong("LIENTHONG_SEAL_KEY_FILE and LIENTHONG_SEAL_CERTIFICATE_FILE go together: set both or none")
    return None


def _own(folder: Path, *, anew: bool = False) -> tuple[Path, Path]:
    """The key and certificate in `folder`, made first by whichever process comes first; `anew`: made in any case."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if anew:
            certificate.unlink(missing_ok=True)  # first: without it whoever comes next makes all of them anew
        if not certificate.exists():
            authority = Authority.make(f"{SEAL_NAME} root")
            made_key, made_certificate = authority.issue_seal(SEAL_NAME)
            (folder / ROOT_FILE).write_bytes(authority.root_pem)
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
