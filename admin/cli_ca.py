"""Whom certificates lead to: `lienthong ca …`, of which `dev`, an authority in the data directory, is here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from admin import cli_authority, cli_show, cli_trust
from admin.cli_certificate import told as told_certificate
from admin.cli_database import settings_or_exit, with_database
from admin.cli_session import AS_JSON, FOLDER, InFull
from admin.cli_trust_show import told_list
from exchange import certification, development_authority
from signing.keys import write_secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from signing.certificates import CertificateFacts, CrlFacts
    from storage.database import Database


@click.group(cls=InFull)
def ca() -> None:
    """Tổ chức chứng thực được tin cậy / trusted authorities."""


for command in (*cli_trust.COMMANDS, *cli_authority.COMMANDS):
    ca.add_command(command)


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
    """CA thử nghiệm: tạo, gia hạn, cấp chứng thư / development CA: make, trust, renew; issue a certificate."""
    if (agency is None) != (out is None):
        raise click.UsageError("--for và --out đi cùng nhau / --for and --out go together")
    settings = settings_or_exit()
    folder = settings.data_dir / "ca"
    entering = certification.Entering(two_persons=settings.two_person_certificates)

    async def work(database: Database) -> tuple[CrlFacts, CertificateFacts | None]:
        authority = await asyncio.to_thread(development_authority.open_authority, folder)
        listed = await development_authority.renew(database, authority, days=days)
        if agency is None or out is None:
            return listed, None
        key, certificate = authority.issue(agency)
        facts = await certification.add_certificate(database, agency, certificate, entering=entering)
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
        answer = {"root": str(folder / "root.pem"), "revocation_list": told_list(listed), "certificate": issued}
        cli_show.as_json(answer | {"files": files})
        return
    cli_show.say(
        f"CA thử nghiệm / development CA: {listed.issuer} ({folder})",
        f"  danh sách thu hồi có hiệu lực tới / list in force until: {cli_show.moment(listed.next_update)}",
    )
    if facts and out:
        cli_show.say(f"  đã cấp / issued: {facts.subject}", f"  {out / 'key.pem'}", f"  {out / 'certificate.pem'}")


def _write(folder: Path, key: bytes, certificate: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_secret(folder / "key.pem", key, replace=True)
    (folder / "certificate.pem").write_bytes(certificate)


COMMANDS: Sequence[click.Command] = (ca,)
