"""Certificates of agencies: `lienthong certificate add|approve|list|revoke|history`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_administrator import MOMENT, by_administrator, local
from admin.cli_database import with_database
from admin.cli_session import AS_JSON, FILE, InFull
from exchange import certification
from exchange.settings import load_settings
from exchange.sources import points_without_source
from exchange.trust import TrustKeeper

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from admin.cli_administrator import Doer
    from exchange.certification import Entering
    from signing.certificates import CertificateFacts
    from storage.certificates import CertificateRow
    from storage.database import Database
    from storage.signing_events import SigningEvent

SHOWN_DIGITS = 16
"""Digits of the SHA-256 in the table: enough to name one, short enough to read."""

STATES = {
    "pending": "chờ quản trị thứ hai duyệt / waits for approval",
    "revoked": "thu hồi / revoked",
    "listed": "bị thu hồi theo danh sách / revoked by a list",
    "expired": "hết hạn / expired",
    "future": "chưa đến hạn dùng / not yet valid",
    "ending": "sắp hết hạn / ending",
    "in_use": "đang dùng / in use",
}
EVENTS = {"added": "thêm", "approved": "duyệt", "revoked": "thu hồi", "ended": "kết thúc"}


@click.group(cls=InFull)
def certificate() -> None:
    """Chứng thư số của đơn vị / certificates of agencies."""


@certificate.command()
@click.argument("code")
@click.argument("file", type=FILE)
@by_administrator()
@AS_JSON
def add(code: str, file: Path, *, doer: Doer, as_json: bool) -> None:
    """Đăng ký chứng thư cho đơn vị / register a certificate for an agency."""
    data = file.read_bytes()

    async def work(database: Database) -> tuple[CertificateFacts, Entering]:
        entering = await doer.entering(database)
        policy = load_settings().certificate_policy
        return await certification.add_certificate(database, code, data, entering=entering, policy=policy), entering

    facts, entering = with_database(work)
    unnamed = with_database(lambda database: points_without_source(database, facts.der))
    if as_json:
        found = {"agency": code, **told(facts), "pending": entering.two_persons, "points_without_source": unnamed}
        cli_show.as_json(found)
        return
    cli_show.say(
        f"Đã đăng ký cho / registered for {code}: {facts.subject}",
        f"  SHA-256: {facts.sha256.hex()}",
        f"  hiệu lực / valid: {cli_show.moment(facts.not_before)} – {cli_show.moment(facts.not_after)}",
    )
    for url in unnamed:
        cli_show.say(
            f"Danh sách thu hồi theo chứng thư / its revocation list, by its own word: {url}",
            f"  chưa có nguồn tải / not fetched from there: lienthong ca source add {url}",
        )
    if entering.two_persons:
        cli_show.say(
            "Chưa dùng được: một quản trị khác phải duyệt / not in use until another administrator approves it:",
            f"  lienthong certificate approve {facts.sha256.hex()[:SHOWN_DIGITS]} --as NAME",
        )


@certificate.command()
@click.argument("sha256")
@by_administrator(required=True)
@AS_JSON
def approve(sha256: str, *, doer: Doer, as_json: bool) -> None:
    """Duyệt chứng thư do quản trị khác nhập / put into use what another administrator entered."""

    async def work(database: Database) -> CertificateRow:
        by = await doer.proven(database) or ""
        return await certification.approve_certificate(database, sha256, by=by)

    row = with_database(work)
    if as_json:
        cli_show.as_json({"agency": row.agency, **told(row)})
    else:
        cli_show.say(f"Đã duyệt / in use: {row.agency} {row.subject} {row.sha256.hex()}")


@certificate.command("list")
@click.argument("code", required=False)
@AS_JSON
def list_(code: str | None, *, as_json: bool) -> None:
    """Chứng thư đã đăng ký / registered certificates, of one agency or of all."""

    async def work(database: Database) -> tuple[list[CertificateRow], frozenset[bytes]]:
        rows = await certification.list_certificates(database, code)
        return rows, await certification.on_a_list(TrustKeeper(database), rows)

    found, listed = with_database(work)
    now = datetime.now(UTC)
    if as_json:
        cli_show.as_json({"certificates": [_told(row, now, listed) for row in found]})
        return
    cli_show.table(
        f"Chứng thư số / certificates: {len(found)}",
        ("SHA-256", "Đơn vị / agency", "Chủ thể / subject", "Từ, đến / from, to", "Trạng thái / state"),
        (
            (
                row.sha256.hex()[:SHOWN_DIGITS],
                row.agency,
                row.subject,
                f"{cli_show.moment(row.not_before)}\n{cli_show.moment(row.not_after)}",
                _state_words(row, now, listed),
            )
            for row in found
        ),
    )


@certificate.command()
@click.argument("sha256")
@click.option(
    "--since", type=MOMENT, metavar="TIME", help="Không còn giá trị từ lúc này / what is held from then on is rejected"
)
@by_administrator()
@AS_JSON
def revoke(sha256: str, *, since: datetime | None, doer: Doer, as_json: bool) -> None:
    """Ngừng dùng một chứng thư / take a certificate out of use; SHA256 or at least its first 8 digits."""

    async def work(database: Database) -> CertificateRow:
        by = await doer.proven(database)
        return await certification.revoke_certificate(database, sha256, by=by, since=local(since))

    row = with_database(work)
    if as_json:
        cli_show.as_json({"agency": row.agency, **told(row)})
    else:
        cli_show.say(f"Đã thu hồi trên trục / out of use: {row.agency} {row.subject} {row.sha256.hex()}")


@certificate.command()
@click.argument("code", required=False)
@AS_JSON
def history(code: str | None, *, as_json: bool) -> None:
    """Ai đã làm gì với quyền ký, lúc nào / who did what to whose right to sign, and when."""
    found = with_database(lambda database: certification.history(database, code))
    if as_json:
        cli_show.as_json({"events": [_event(one) for one in found]})
        return
    columns = ("Lúc / at", "Đơn vị / agency", "Việc / event", "Đối tượng / what", "Ai / by", "Ghi chú / note")
    cli_show.table(f"Lịch sử quyền ký / history: {len(found)}", columns, map(_event_row, found))


def told(one: CertificateFacts | CertificateRow) -> dict[str, object]:
    """A certificate for a program to read."""
    return {
        "sha256": one.sha256.hex(),
        "subject": one.subject,
        "not_before": one.not_before,
        "not_after": one.not_after,
    }


def _state_words(row: CertificateRow, now: datetime, listed: frozenset[bytes]) -> str:
    word = certification.state_of(row, now, listed)
    if word == "revoked":
        return f"{STATES[word]} {cli_show.moment(row.revoked_at)}"
    if word == "ending":
        return f"{STATES[word]}: {(row.not_after - now).days} ngày / days"
    return STATES[word]


def _told(row: CertificateRow, now: datetime, listed: frozenset[bytes]) -> dict[str, object]:
    return {
        "agency": row.agency,
        **told(row),
        "added_at": row.added_at,
        "approved_at": row.approved_at,
        "revoked_at": row.revoked_at,
        "invalid_from": row.invalid_from,
        "state": certification.state_of(row, now, listed).value,
        "days_left": (row.not_after - now).days,
    }


def _event(one: SigningEvent) -> dict[str, object]:
    return {
        "at": one.at,
        "event": one.event,
        "agency": one.agency,
        "certificate": one.certificate.hex() if one.certificate else None,
        "delegation": one.delegation,
        "by": one.by,
        "description": one.description,
    }


def _event_row(one: SigningEvent) -> tuple[str, ...]:
    what = one.certificate.hex()[:SHOWN_DIGITS] if one.certificate else f"ủy quyền / delegation {one.delegation}"
    return (
        cli_show.moment(one.at),
        one.agency,
        f"{EVENTS[one.event]} / {one.event}",
        what,
        one.by or "(dòng lệnh / command line)",
        one.description,
    )


COMMANDS: Sequence[click.Command] = (certificate,)
