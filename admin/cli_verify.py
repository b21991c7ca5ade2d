"""Looking at an edXML file on this machine: what it is, who signed it, and everything that an exchange would refuse."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from admin import cli_show
from admin.cli_progress import bytes_bar
from admin.cli_session import AS_JSON, FILE, REFUSED, CannotHere
from admin.cli_verify_receipt import show_receipt
from admin.cli_verify_show import show_verification
from envelopes.faults import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from signing.appraising import Given

T = TypeVar("T")

_PEM = "(PEM, DER), repeatable"


@click.command()
@click.argument("file", type=FILE)
@click.option("--certificate", type=FILE, multiple=True, help=f"Chứng thư của người ký / who may have signed {_PEM}")
@click.option("--roots", type=FILE, multiple=True, help=f"Chứng thư gốc được tin cậy / trusted root {_PEM}")
@click.option("--crl", type=FILE, multiple=True, help=f"Danh sách thu hồi / revocation list {_PEM}")
@click.option("--file", "letter", type=FILE, help="Tệp mà biên nhận nói tới / the file a receipt is of, to compare")
@click.option(
    "--strict", is_flag=True, help="Theo đúng chuẩn, không du di / refuse whatever is not as the standard says"
)
@AS_JSON
def verify(
    *,
    file: Path,
    certificate: tuple[Path, ...],
    roots: tuple[Path, ...],
    crl: tuple[Path, ...],
    letter: Path | None,
    strict: bool,
    as_json: bool,
) -> None:
    """Kiểm tra một tệp edXML trên máy này / explain an edXML file, without an exchange.

    Mã thoát 0: tệp sẽ được nhận, 1: bị từ chối / exit code 0: it would be taken, 1: it would be refused.
    Biên nhận của trục thì cần --roots hoặc --certificate / a receipt takes --roots, or the exchange's --certificate.
    """
    from exchange.verification import verify_file  # what checks signatures takes long to import

    given = _given(certificate, roots, crl)
    with bytes_bar("Đang đọc / reading") as moved:
        found = _here(lambda: verify_file(file, given=given, at=datetime.now(UTC), lenient=not strict, moved=moved))
    if found.is_receipt:
        _verify_receipt(file, given, letter, as_json=as_json)
        return
    if letter is not None:
        raise click.UsageError("--file đi với biên nhận / --file goes with a receipt")
    cli_show.as_json(found) if as_json else show_verification(found)
    if not found.accepted:
        raise SystemExit(REFUSED)


def _verify_receipt(file: Path, given: Given, letter: Path | None, *, as_json: bool) -> None:
    from exchange.receipt_proof import prove_receipt

    if not given.certificates and not given.roots:
        raise click.UsageError(
            "đây là biên nhận; hãy cho chứng thư gốc hoặc con dấu của trục / "
            "this is a receipt: give --roots or the exchange's --certificate"
        )
    found = _here(lambda: prove_receipt(file, given=given, now=datetime.now(UTC), file=letter))
    cli_show.as_json(found) if as_json else show_receipt(found)
    if not found.accepted:
        raise SystemExit(REFUSED)


def _given(certificates: Sequence[Path], roots: Sequence[Path], crls: Sequence[Path]) -> Given:
    from signing.appraising import Given
    from signing.certificates import check_root, crl_facts, describe

    def root(data: bytes) -> bytes:
        der = describe(data).der
        check_root(der)
        return der

    return Given(
        certificates=tuple(_loaded(path, lambda data: describe(data).der) for path in certificates),
        roots=tuple(_loaded(path, root) for path in roots),
        crls=tuple(_loaded(path, lambda data: crl_facts(data).der) for path in crls),
    )


def _loaded(path: Path, read: Callable[[bytes], bytes]) -> bytes:
    try:
        return read(_here(path.read_bytes))
    except Refused as refused:
        fault = refused.faults[0]
        raise CannotHere(f"{path}: {fault.vi} / {fault.en}") from None


def _here(work: Callable[[], T]) -> T:
    try:
        return work()
    except OSError as error:
        raise CannotHere(f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")) from None


COMMANDS: Sequence[click.Command] = (verify,)
