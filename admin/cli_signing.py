"""Which key signs: a file (PEM, DER, PKCS 12) or a token (PKCS 11), named by options or by the environment."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from admin import cli_show
from admin.cli_session import FILE, CannotHere, Command
from signing.key_rules import KEY_LOCKED, PIN_MISSING, KeyUnusable

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography import x509

    from signing.keys import Identity, Key
    from signing.sign import Signer
    from signing.tokens import TokenPlace

T = TypeVar("T")

PIN_VARIABLE = "LIENTHONG_SIGN_TOKEN_PIN"
"""The PIN itself, for programs; it is no option, because every process of the machine sees those."""

XADES = click.option("--xades", is_flag=True, help="Ký theo XAdES-B, có ghi giờ ký / as XAdES-B, with a signing time")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedKey:
    """The key that options and environment name; nothing is opened before it is asked for."""

    key: Path | None
    certificate: Path | None
    password: Path | None
    token: str | None
    token_label: str | None
    key_label: str | None
    pin: Path | None

    def signer(self) -> Signer | None:
        """The signer, None when no key is named. Ends the program when it cannot be used."""
        if self.key is None and self.token is None and self.certificate is None:
            return None
        from signing.sign import Signer  # what checks signatures takes long to import, and most commands sign nothing

        return self._opened(lambda: Signer.of(self._identity()))

    def bare(self) -> Key:
        """The key without a certificate. Ends the program when none is named or it cannot be used."""
        from signing import keys

        if self.token is not None:
            from signing import tokens

            place = self.place()
            return self._opened(lambda: tokens.open_key(place, self.read_pin()))
        file = self._key_file()
        return self._opened(lambda: keys.read_key_file(file.read_bytes(), self.read_password(file)).key)

    def place(self) -> TokenPlace:
        """Where on a token the key is."""
        from signing.tokens import TokenPlace

        if self.key is not None:
            raise click.UsageError("chỉ dùng một: tệp khóa hoặc thiết bị ký số / either a key file or a token")
        return TokenPlace(module=self.token or "", token=self.token_label, key=self.key_label)

    def read_pin(self) -> str:
        """From the file, the environment, or whoever sits in front of it. Raises `KeyUnusable`."""
        if self.pin is not None:
            return self.pin.read_text(encoding="utf-8").strip()
        return os.environ.get(PIN_VARIABLE) or _asked(
            f"Mã PIN của {self.token_label or 'thiết bị ký số'} / the token's PIN",
            KeyUnusable(PIN_MISSING.at("token")),
        )

    def read_password(self, file: Path) -> bytes | None:
        """The key file's password, asked for only where it takes one. Raises `KeyUnusable`."""
        from signing.keys import needs_password

        if self.password is not None:
            return self.password.read_bytes().rstrip(b"\r\n")
        if not needs_password(file.read_bytes()):
            return None
        return _asked(f"Mật khẩu của {file} / its password", KeyUnusable(KEY_LOCKED.at("key"))).encode()

    def _identity(self) -> Identity:
        from signing import keys

        if self.token is not None:
            from signing import tokens

            return tokens.open_identity(self.place(), self.read_pin(), self._certificates())
        file = self._key_file()
        certificate = self.certificate.read_bytes() if self.certificate else None
        return keys.read_identity(file.read_bytes(), certificate, self.read_password(file))

    def _certificates(self) -> list[x509.Certificate]:
        from signing.keys import read_certificates

        return read_certificates(self.certificate.read_bytes()) if self.certificate else []

    def _key_file(self) -> Path:
        if self.key is None:
            raise click.UsageError(
                "chưa có khóa ký / no signing key: --key, --token, LIENTHONG_SIGN_KEY_FILE, LIENTHONG_SIGN_TOKEN"
            )
        return self.key

    def _opened(self, work: Callable[[], T]) -> T:
        named = ", ".join(str(one) for one in (self.key, self.token, self.certificate) if one)
        try:
            return work()
        except KeyUnusable as unusable:
            _end(f"không dùng được khóa ký / the signing key cannot be used ({named})", unusable)
        except OSError as error:
            raise CannotHere(f"{error.filename or named}: {error.strerror or error}") from None


def _asked(what: str, otherwise: KeyUnusable) -> str:
    """What a person types, unseen; without one, the error."""
    try:
        text: str = click.prompt(what, hide_input=True, err=True)
    except click.Abort:
        raise otherwise from None
    return text


def _end(what: str, unusable: KeyUnusable) -> NoReturn:
    fault = unusable.fault
    raise CannotHere(f"{cli_show.safe(what)}:\n  {cli_show.safe(fault.vi)}\n  {cli_show.safe(fault.en)}") from None


_OPTIONS = (
    click.option(
        *("--key", "--sign-key-file", "key"),
        envvar="LIENTHONG_SIGN_KEY_FILE",
        type=FILE,
        help="Khóa ký: PEM, DER, .p12, .pfx / signing key",
    ),
    click.option(
        *("--certificate", "--sign-certificate-file", "certificate"),
        envvar="LIENTHONG_SIGN_CERTIFICATE_FILE",
        type=FILE,
        help="Chứng thư số, nếu không kèm khóa / its certificate, if it is not beside the key",
    ),
    click.option(
        *("--key-password-file", "--sign-key-password-file", "password"),
        envvar="LIENTHONG_SIGN_KEY_PASSWORD_FILE",
        type=FILE,
        help="Tệp mật khẩu của khóa; không có thì hỏi / the key's password; asked for otherwise",
    ),
    click.option(
        "--token",
        envvar="LIENTHONG_SIGN_TOKEN",
        metavar="MODULE",
        help="Thiết bị ký số: tệp .so PKCS 11 / a token: its maker's PKCS 11 module",
    ),
    click.option(
        "--token-label", envvar="LIENTHONG_SIGN_TOKEN_LABEL", help="Nhãn hoặc sê-ri thiết bị / its label or serial"
    ),
    click.option(
        "--key-label", envvar="LIENTHONG_SIGN_TOKEN_KEY_LABEL", help="Nhãn hoặc mã khóa / label or id of the key on it"
    ),
    click.option(
        *("--token-pin-file", "pin"),
        envvar=f"{PIN_VARIABLE}_FILE",
        type=FILE,
        help="Tệp mã PIN; không có thì hỏi / its PIN; asked for otherwise",
    ),
)


def key_named(command: Command) -> Command:
    """Give a command the options that name a key, and a `NamedKey` as its argument `named`."""

    @functools.wraps(command)
    def with_key(**given: Any) -> Any:
        names = NamedKey.__dataclass_fields__
        named = NamedKey(**{name: given.pop(name) for name in names})
        try:
            return command(named=named, **given)
        except KeyUnusable as unusable:  # a token that was pulled out while it signed
            _end("không ký được / it cannot be signed", unusable)

    for option in reversed(_OPTIONS):
        with_key = option(with_key)
    return with_key


def signing(command: Command) -> Command:
    """Give a command the options that name the signing key; its argument `signer` is a function that loads it."""

    @key_named
    @functools.wraps(command)
    def with_signer(*, named: NamedKey, **rest: Any) -> Any:
        return command(signer=named.signer, **rest)

    return with_signer


def demanded(signer: Signer | None) -> Signer:
    """The signer, where a signature was asked for."""
    if signer is None:
        raise click.UsageError(
            "chưa có khóa ký / no signing key: hãy đặt / set LIENTHONG_SIGN_KEY_FILE (và / and "
            "LIENTHONG_SIGN_CERTIFICATE_FILE), LIENTHONG_SIGN_TOKEN"
        )
    return signer
