"""Certificates of agencies: `lienthong certificate add|list|revoke`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_database import with_database
from admin.cli_session import AS_JSON, FILE, InFull
from exchange import certification

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from signing.certificates import CertificateFacts
    from storage.certificates import CertificateRow

SHOWN_DIGITS = 16
"""Digits of the SHA-256 in the table: enough to name one, short enough to read."""


@click.group(cls=InFull)
def certificate() -> None:
    """Chứng thư số của đơn vị / certificates of agencies."""


@certificate.command()
@click.argument("code")
@click.argument("file", type=FILE)
@AS_JSON
def add(code: str, file: Path, *, as_json: bool) -> None:
    """Đăng ký chứng thư cho đơn vị / register a certificate for an agency."""
    data = file.read_bytes()
    facts = with_database(lambda database: certification.add_certificate(database, code, data))
    if as_json:
        cli_show.as_json({"agency": code, **told(facts)})
        return
    cli_show.say(
        f"Đã đăng ký cho / registered for {code}: {facts.subject}",
        f"  SHA-256: {facts.sha256.hex()}",
        f"  hiệu lực / valid: {cli_show.moment(facts.not_before)} – {cli_show.moment(facts.not_after)}",
    )


@certificate.command("list")
@click.argument("code", required=False)
@AS_JSON
def list_(code: str | None, *, as_json: bool) -> None:
    """Chứng thư đã đăng ký / registered certificates, of one agency or of all."""
    found = with_database(lambda database: certification.list_certificates(database, code))
    if as_json:
        cli_show.as_json(
            {
                "certificates": [
                    {"agency": row.agency, **told(row), "added_at": row.added_at, "revoked_at": row.revoked_at}
                    for row in found
                ]
            }
        )
        return
    now = datetime.now(UTC)
    cli_show.table(
        f"Chứng thư số / certificates: {len(found)}",
        ("SHA-256", "Đơn vị / agency", "Chủ thể / subject", "Từ, đến / from, to", "Trạng thái / state"),
        (
            (
                row.sha256.hex()[:SHOWN_DIGITS],
                row.agency,
                row.subject,
                f"{cli_show.moment(row.not_before)}\n{cli_show.moment(row.not_after)}",
                _state(row, now),
            )
            for row in found
        ),
    )


@certificate.command()
@click.argument("sha256")
@AS_JSON
def revoke(sha256: str, *, as_json: bool) -> None:
    """Ngừng dùng một chứng thư / take a certificate out of use; SHA256 or at least its first 8 digits."""
    row = with_database(lambda database: certification.revoke_certificate(database, sha256))
    if as_json:
        cli_show.as_json({"agency": row.agency, **told(row)})
    else:
        cli_show.say(f"Đã thu hồi trên trục / out of use: {row.agency} {row.subject} {row.sha256.hex()}")


def told(one: CertificateFacts | CertificateRow) -> dict[str, object]:
    """A certificate for a program to read."""
    return {
        "sha256": one.sha256.hex(),
        "subject": one.subject,
        "not_before": one.not_before,
        "not_after": one.not_after,
    }


def _state(row: CertificateRow, now: datetime) -> str:
    if row.revoked_at is not None:
        return f"thu hồi {cli_show.moment(row.revoked_at)}"
    if now > row.not_after:
        return "hết hạn"
    return "chưa đến hạn dùng" if now < row.not_before else "đang dùng"


COMMANDS: Sequence[click.Command] = (certificate,)
