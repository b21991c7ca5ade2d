"""The exchange's seal: what receipts are checked by, and how it is changed. `lienthong seal show|list|add|renew`."""

from __future__ import annotations

from pathlib import Path
from ssl import DER_cert_to_PEM_cert
from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_certificate import told as told_certificate
from admin.cli_database import settings_or_exit, told, with_database
from admin.cli_session import AS_JSON, FILE, InFull
from exchange import seals
from exchange.sealing import load_seal
from signing.certificates import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signing.certificates import CertificateFacts
    from signing.seal import Seal
    from storage.seals import SealRow

NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(cls=InFull)
def seal() -> None:
    """Con dấu của trục / the exchange's seal, by which receipts are checked."""


@seal.command()
@click.option("--out", type=NEW_FILE, help="Ghi chứng thư của con dấu (PEM) / write the seal's certificate")
@click.option("--roots", type=NEW_FILE, help="Ghi các chứng thư cấp trên (PEM) / write the authorities above it")
@AS_JSON
def show(out: Path | None, roots: Path | None, *, as_json: bool) -> None:
    """Con dấu đang dùng, cho người kiểm tra biên nhận / the present seal, for whoever checks receipts."""
    with told():
        found = load_seal(settings_or_exit())
        above = "".join(DER_cert_to_PEM_cert(der) for der in found.authorities)
        if roots and not above:
            raise click.UsageError("tệp chứng thư không kèm cấp trên / no authorities are known: ask who issued it")
        if out:
            out.write_bytes(found.certificate_pem)
        if roots:
            roots.write_text(above, encoding="ascii")
    facts = [describe(found.certificate_pem), *(describe(der) for der in found.authorities)]
    if as_json:
        pems = {"pem": found.certificate_pem.decode(), "authorities_pem": above}
        cli_show.as_json(
            told_certificate(facts[0]) | {"authorities": [told_certificate(one) for one in facts[1:]]} | pems
        )
        return
    cli_show.say(*_lines("Con dấu / seal", facts[0]))
    for one in facts[1:]:
        cli_show.say(*_lines("Cấp trên / authority", one))
    cli_show.say("Ai có chứng thư gốc thì kiểm tra được / with the root anybody can check a receipt:")
    cli_show.say("  lienthong seal show --roots root.pem", "  lienthong verify receipt.xml --roots root.pem")


def _lines(label: str, facts: CertificateFacts) -> tuple[str, ...]:
    span = f"{cli_show.day(facts.not_before)} – {cli_show.day(facts.not_after)}"
    return f"{label}: {facts.subject} ({span})", f"  SHA-256 {facts.sha256.hex()}"


@seal.command(name="list")
@AS_JSON
def list_(*, as_json: bool) -> None:
    """Mọi con dấu trục từng dùng / every seal there was, newest first."""
    rows = with_database(seals.list_seals)
    if as_json:
        cli_show.as_json({"seals": [_told(row) for row in rows]})
        return
    columns = ("SHA-256", "Tên / subject", "Hiệu lực / valid", "Biết từ / known since")
    shown = (
        (
            row.sha256.hex(),
            row.subject,
            f"{cli_show.day(row.not_before)} – {cli_show.day(row.not_after)}",
            cli_show.moment(row.first_seen_at),
        )
        for row in rows
    )
    cli_show.table(f"Con dấu / seals: {len(rows)}", columns, shown)


def _told(row: SealRow) -> dict[str, object]:
    return {
        "sha256": row.sha256.hex(),
        "subject": row.subject,
        "not_before": row.not_before,
        "not_after": row.not_after,
        "first_seen_at": row.first_seen_at,
        "pem": DER_cert_to_PEM_cert(row.der),
    }


@seal.command()
@click.argument("file", type=FILE)
@AS_JSON
def add(file: Path, *, as_json: bool) -> None:
    """Cho biết một con dấu cũ, để đối chiếu biên nhận cũ / make an earlier seal known to audits."""
    data = file.read_bytes()
    facts = with_database(lambda database: seals.add_seal(database, data))
    if as_json:
        cli_show.as_json(told_certificate(facts))
        return
    cli_show.say(*_lines("Đã ghi nhận con dấu / seal known", facts))


@seal.command()
@AS_JSON
def renew(*, as_json: bool) -> None:
    """Tạo khóa mới cho con dấu tự tạo / make a new key for a seal made here; processes use it once restarted."""
    settings = settings_or_exit()

    made: Seal = with_database(lambda database: seals.renew_seal(database, settings))
    facts = describe(made.certificate_pem)
    if as_json:
        cli_show.as_json(told_certificate(facts))
        return
    cli_show.say(*_lines("Con dấu mới / new seal", facts))
    cli_show.say(
        "Hãy khởi động lại dịch vụ, rồi gửi chứng thư gốc mới / restart the service, and hand out the new root:"
    )
    cli_show.say("  lienthong seal show --roots root.pem")


COMMANDS: Sequence[click.Command] = (seal,)
