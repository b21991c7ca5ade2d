"""Whom certificates lead to: trusted roots, revocation lists, and an authority for development.

`lienthong ca dev|trust|crl`
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_certificate import told as told_certificate
from admin.cli_database import settings_or_exit, with_database
from admin.cli_session import AS_JSON, FILE, FOLDER, InFull
from exchange import authorities, certification, development_authority

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from signing.certificates import CertificateFacts, CrlFacts
    from storage.database import Database


@click.group(cls=InFull)
def ca() -> None:
    """Tổ chức chứng thực được tin cậy / trusted authorities."""


@ca.command()
@click.argument("file", type=FILE)
@AS_JSON
def trust(file: Path, *, as_json: bool) -> None:
    """Tin cậy một chứng thư gốc / trust a root certificate."""
    data = file.read_bytes()
    facts = with_database(lambda database: authorities.trust_root(database, data))
    if as_json:
        cli_show.as_json(told_certificate(facts))
        return
    cli_show.say(
        f"Tin cậy chứng thư gốc / trusted root: {facts.subject}",
        "Văn bản bị tạm giữ cho tới khi có danh sách thu hồi / documents are held until its list is there:",
        "  lienthong ca crl FILE",
    )


@ca.command()
@click.argument("file", type=FILE)
@AS_JSON
def crl(file: Path, *, as_json: bool) -> None:
    """Nạp danh sách thu hồi / take a revocation list."""
    data = file.read_bytes()
    facts = with_database(lambda database: authorities.add_crl(database, data))
    if as_json:
        cli_show.as_json(_told(facts))
        return
    until = cli_show.moment(facts.next_update) or "không ghi"
    cli_show.say(
        f"Đã nạp danh sách thu hồi của / took the list of {facts.issuer}",
        f"  hiệu lực / in force: {cli_show.moment(facts.this_update)} – {until}",
    )


@ca.command()
@click.option("--for", "agency", metavar="CODE", help="Cấp khóa và chứng thư cho đơn vị / issue for an agency")
@click.option("--out", type=FOLDER, help="Thư mục ghi key.pem và certificate.pem / where they go")
@click.option(
    "--days",
    type=click.IntRange(min=1),
    default=development_authority.CRL_DAYS,
    show_default=True,
    help="Danh sách thu hồi có hiệu lực / how long the revocation list holds",
)
@AS_JSON
def dev(agency: str | None, out: Path | None, days: int, *, as_json: bool) -> None:
    """CA thử nghiệm: tạo, tin cậy, gia hạn; cấp chứng thư / development CA: make, trust, renew; issue a certificate."""
    if (agency is None) != (out is None):
        raise click.UsageError("--for và --out đi cùng nhau / --for and --out go together")
    folder = settings_or_exit().data_dir / "ca"

    async def work(database: Database) -> tuple[CrlFacts, CertificateFacts | None]:
        authority = await asyncio.to_thread(development_authority.open_authority, folder)
        listed = await development_authority.renew(database, authority, days=days)
        if agency is None or out is None:
            return listed, None
        key, certificate = authority.issue(agency)
        facts = await certification.add_certificate(database, agency, certificate)
        _write(out, key, certificate)
        return listed, facts

    listed, facts = with_database(work)
    _show_dev(listed, facts, folder, out, as_json=as_json)


def _show_dev(
    listed: CrlFacts, facts: CertificateFacts | None, folder: Path, out: Path | None, *, as_json: bool
) -> None:
    if as_json:
        issued = told_certificate(facts) if facts else None
        files = {"key": str(out / "key.pem"), "certificate": str(out / "certificate.pem")} if out else {}
        answer = {"root": str(folder / "root.pem"), "revocation_list": _told(listed), "certificate": issued}
        cli_show.as_json(answer | {"files": files})
        return
    cli_show.say(
        f"CA thử nghiệm / development CA: {listed.issuer} ({folder})",
        f"  danh sách thu hồi có hiệu lực tới / list in force until: {cli_show.moment(listed.next_update)}",
    )
    if facts and out:
        cli_show.say(f"  đã cấp / issued: {facts.subject}", f"  {out / 'key.pem'}", f"  {out / 'certificate.pem'}")


def _told(facts: CrlFacts) -> dict[str, object]:
    return {
        "sha256": facts.sha256.hex(),
        "issuer": facts.issuer,
        "this_update": facts.this_update,
        "next_update": facts.next_update,
    }


def _write(folder: Path, key: bytes, certificate: bytes) -> None:
    """The key is readable by its owner alone, from the first byte."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key_file = folder / "key.pem"
    key_file.unlink(missing_ok=True)
    with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
    (folder / "certificate.pem").write_bytes(certificate)


COMMANDS: Sequence[click.Command] = (ca,)
