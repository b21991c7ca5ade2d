"""An agency's signing key: `lienthong key new|request|show`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from admin import cli_show
from admin.cli_session import AS_JSON, FILE, FOLDER, CannotHere, InFull
from admin.cli_signing import key_named
from signing.key_facts import key_id, what_is
from signing.key_rules import KeyUnusable
from signing.keys import KeyKind, key_pem, kind_of, new_key, write_secret
from signing.requests import make_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from admin.cli_signing import NamedKey
    from signing.key_facts import Found

KEY_FILE = "key.pem"
KINDS = {
    "key": "khóa riêng / private key",
    "certificate": "chứng thư số / certificate",
    "request": "yêu cầu cấp chứng thư / certificate request",
    "revocation_list": "danh sách thu hồi / revocation list",
}
"""What `key show` calls what it finds."""


@click.group(cls=InFull)
def key() -> None:
    """Khóa ký của đơn vị: tạo, xin chứng thư, xem / an agency's signing key: make, certify, look."""


@key.command()
@click.option("--out", type=FOLDER, required=True, help="Thư mục ghi key.pem / folder for key.pem")
@click.option(
    "--kind", type=click.Choice(get_args(KeyKind)), default="p256", show_default=True, help="Loại khóa / kind of key"
)
@click.option("--encrypt", is_flag=True, help="Đặt mật khẩu cho khóa / protect it by a password, which is asked for")
@click.option("--password-file", type=FILE, help="Tệp mật khẩu của khóa, thay vì hỏi / the password, instead of asking")
@AS_JSON
def new(*, out: Path, kind: KeyKind, encrypt: bool, password_file: Path | None, as_json: bool) -> None:
    """Tạo khóa ký mới / make a new signing key.

    Không ghi đè khóa đã có / a key that is there already is not overwritten.
    """
    password = _password(password_file) if encrypt or password_file else None
    made = new_key(kind)
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_secret(out / KEY_FILE, key_pem(made, password))
    except FileExistsError:
        raise CannotHere(f"{out / KEY_FILE}: đã có khóa ở đây / there is a key here already") from None
    except OSError as error:
        raise CannotHere(f"{error.filename or out}: {error.strerror or error}") from None
    if as_json:
        cli_show.as_json({"key": str(out / KEY_FILE), "kind": kind_of(made), "key_id": key_id(made.public_key())})
        return
    cli_show.say(
        f"Đã tạo khóa / made a key: {out / KEY_FILE} ({kind_of(made)})",
        f"Xin chứng thư / ask for a certificate: lienthong key request --key {out / KEY_FILE}",
    )


def _password(file: Path | None) -> bytes:
    if file is None:
        text: str = click.prompt(
            "Mật khẩu mới / new password", hide_input=True, confirmation_prompt="Nhập lại / again", err=True
        )
        return text.encode()
    found = file.read_bytes().rstrip(b"\r\n")
    if not found:
        raise click.UsageError(f"{file}: không có mật khẩu / holds no password")
    return found


@key.command()
@click.option("--agency", envvar="LIENTHONG_AS", required=True, metavar="CODE", help="Mã đơn vị / agency code")
@click.option("--name", required=True, help="Tên đơn vị / the agency's name")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="request.csr", show_default=True)
@key_named
def request(*, named: NamedKey, agency: str, name: str, out: Path) -> None:
    """Yêu cầu cấp chứng thư cho khóa / ask for a certificate for a key: a PKCS 10 request (CSR).

    Gửi tệp này cho CA; khóa riêng ở lại / send the file to the authority; the key stays.
    """
    bare = named.bare()
    try:
        data = make_request(bare, agency=agency, name=name)
        out.write_bytes(data)
    except KeyUnusable:  # told where it is the same for every command
        raise
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise CannotHere(f"{out}: {error.strerror}") from None
    cli_show.say(
        f"{out}: yêu cầu cấp chứng thư / certificate request of {agency} {name} ({kind_of(bare)})",
        f"  mã khóa / key id: {key_id(bare.public_key())}",
    )


@key.command()
@click.argument("files", type=FILE, nargs=-1)
@AS_JSON
@key_named
def show(*, named: NamedKey, files: tuple[Path, ...], as_json: bool) -> None:
    """Xem tệp khóa, chứng thư, yêu cầu là gì, hoặc thiết bị ký số có gì / what files are, or what is on a token.

    Khóa và chứng thư thuộc về nhau có cùng mã khóa / a key and its certificate have the same key id.
    """
    if not files:
        _show_token(named, as_json=as_json)
        return
    found = [(file, one) for file in files for one in _found(file, named)]
    if as_json:
        cli_show.as_json({"found": [{"file": str(file), "what": one} for file, one in found]})
        return
    for file, one in found:
        cli_show.say(f"{file}: {KINDS[one.kind]}", *(f"  {line}" for line in _lines(one)))
        cli_show.faults(one.faults, word="Lưu ý")


def _found(file: Path, named: NamedKey) -> list[Found]:
    try:
        password = named.password.read_bytes().rstrip(b"\r\n") if named.password else None
        return what_is(file.read_bytes(), datetime.now(UTC), password)
    except KeyUnusable as unusable:
        raise CannotHere(f"{file}:\n  {unusable.fault.vi}\n  {unusable.fault.en}") from None
    except OSError as error:
        raise CannotHere(f"{file}: {error.strerror}") from None


def _lines(one: Found) -> list[str]:
    period = f"{cli_show.moment(one.begins)} – {cli_show.moment(one.ends)}" if one.begins else None
    locked = {True: "có / yes", False: "không / no", None: None}[one.locked]
    labelled = (
        ("loại / kind", one.algorithm),
        ("mật khẩu / password", locked),
        ("mã khóa / key id", one.key_id),
        ("đơn vị / agency", one.agency),
        ("chủ thể / subject", one.subject),
        ("nơi cấp / issuer", one.issuer),
        ("SHA-256", one.sha256),
        ("hiệu lực / valid", period),
    )
    return [f"{label}: {text}" for label, text in labelled if text]


def _show_token(named: NamedKey, *, as_json: bool) -> None:
    """The tokens that are plugged in; the keys of one, where there is a PIN."""
    if named.token is None:
        raise click.UsageError("chưa nêu tệp hoặc thiết bị / name a file, or a token: --token MODULE")
    from signing import tokens

    try:
        present = tokens.list_tokens(named.token)
        chosen = [one for one in present if named.token_label in (None, one.label, one.serial)]
        keys = tokens.list_keys(named.place(), named.read_pin()) if len(chosen) == 1 else []
    except OSError as error:
        raise CannotHere(f"{error.filename}: {error.strerror}") from None
    if as_json:
        cli_show.as_json({"tokens": present, "keys": keys})
        return
    cli_show.table(
        f"Thiết bị ký số / tokens: {len(present)}",
        ("Nhãn / label", "Sê-ri / serial", "Hãng / maker"),
        ((one.label, one.serial, one.maker) for one in present),
    )
    if len(chosen) == 1:
        cli_show.table(
            f"Khóa trên {chosen[0].label} / keys: {len(keys)}",
            ("Nhãn / label", "Mã / id", "Loại / kind", "Chứng thư / certificate"),
            ((one.label, one.id, one.kind, one.subject or "") for one in keys),
        )


COMMANDS: Sequence[click.Command] = (key,)
