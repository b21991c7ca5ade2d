"""Whom certificates lead to, and what says that they are not revoked:

`lienthong ca trust|intermediate|crl|list|fetch|source|ocsp|evidence`
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from admin import cli_show
from admin.cli_certificate import told as told_certificate
from admin.cli_database import settings_or_exit, with_database
from admin.cli_session import AS_JSON, FILE, FOLDER, InFull
from admin.cli_trust_show import show_loaded, show_sources, show_trust, told_list, told_sources, told_trust
from admin.logs import set_up_logs
from exchange import authorities, evidence, revocations, sources

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

EVERY = click.option(
    "--every",
    type=click.IntRange(min=1, max=1440),
    default=sources.EVERY_SECONDS // 60,
    show_default=True,
    metavar="MINUTES",
    help="Hỏi lại sau bao nhiêu phút / minutes between two tries; sooner when what is held ends sooner",
)


@click.command()
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
        "  lienthong ca crl FILE, lienthong ca source add URL",
    )


@click.command()
@click.argument("file", type=FILE)
@AS_JSON
def intermediate(file: Path, *, as_json: bool) -> None:
    """Thêm chứng thư CA trung gian / add an intermediate authority that a trusted one issued."""
    data = file.read_bytes()
    facts = with_database(lambda database: authorities.add_intermediate(database, data))
    if as_json:
        cli_show.as_json(told_certificate(facts))
    else:
        cli_show.say(f"Đã thêm CA trung gian / added intermediate authority: {facts.subject}")


@click.command()
@click.argument("file", type=FILE)
@AS_JSON
def crl(file: Path, *, as_json: bool) -> None:
    """Nạp danh sách thu hồi / take a revocation list; exit code 1 when a newer one is loaded already."""
    data = file.read_bytes()
    loaded = with_database(lambda database: authorities.load_list(database, data))
    if as_json:
        newer = told_list(loaded.newer) if loaded.newer else None
        cli_show.as_json(told_list(loaded.facts) | {"newer": newer, "ended": loaded.ended})
    else:
        show_loaded(loaded)
    if loaded.newer:
        raise SystemExit(1)


@click.command("list")
@AS_JSON
def list_(*, as_json: bool) -> None:
    """Gốc, CA trung gian, danh sách thu hồi và nguồn / roots, intermediates, how fresh their lists are, sources."""
    trusted = with_database(authorities.list_trust)
    if as_json:
        cli_show.as_json(told_trust(trusted))
    else:
        show_trust(trusted)


@click.command()
@AS_JSON
def fetch(*, as_json: bool) -> None:
    """Tải ngay danh sách thu hồi từ mọi nguồn / fetch from every source now; exit code 1 when one fails."""
    set_up_logs(settings_or_exit(log_level="error"))  # what came of it is told below
    found = with_database(revocations.fetch_all)
    if as_json:
        cli_show.as_json({"sources": told_sources(found)})
    elif found:
        show_sources(found)
    else:
        cli_show.say(
            "Chưa có nguồn danh sách thu hồi nào, không có gì để tải / there is no source, so no list to fetch:",
            "  thêm nguồn / add one: lienthong ca source add URL",
            "  hoặc nạp tệp / or give a file: lienthong ca crl FILE",
        )
    if any(one.failures for one in found):
        raise SystemExit(1)


@click.group(cls=InFull)
def source() -> None:
    """Nguồn danh sách thu hồi / where revocation lists are fetched from."""


@source.command()
@click.argument("url")
@EVERY
def add(url: str, every: int) -> None:
    """Tải danh sách thu hồi từ địa chỉ này / fetch lists from this address."""
    with_database(lambda database: sources.add_source(database, url, every_seconds=every * 60))
    cli_show.say(f"Nguồn / source: {url}", "  tải ngay / fetch now: lienthong ca fetch")


@source.command("list")
@AS_JSON
def list_sources(*, as_json: bool) -> None:
    """Mọi nguồn và lần tải gần nhất / every source, and how it went the last time."""
    found = with_database(authorities.list_trust).sources
    if as_json:
        cli_show.as_json({"sources": told_sources(found)})
    else:
        show_sources(found)


@source.command()
@click.argument("url")
def remove(url: str) -> None:
    """Thôi tải từ địa chỉ này / fetch from this address no more; its lists stay in force."""
    with_database(lambda database: sources.remove_source(database, url))
    cli_show.say(f"Thôi dùng nguồn / no source any more: {url}")


@click.command()
@click.argument("url", required=False)
@click.option("--for", "issuer", required=True, metavar="NAME", help="Tên CA như trong ca list / the authority's name")
@click.option("--never", is_flag=True, help="Thôi hỏi OCSP cho CA này / ask nobody about its certificates")
@EVERY
def ocsp(url: str | None, issuer: str, every: int, *, never: bool) -> None:
    """Hỏi máy chủ OCSP về chứng thư của một CA / ask a responder about an authority's certificates.

    Only certificates that name a responder themselves are asked about; for the others its revocation list counts.
    """
    if never is (url is not None):
        raise click.UsageError("URL hoặc --never / URL or --never")
    if url is None:
        name = with_database(lambda database: sources.remove_responder(database, issuer))
        cli_show.say(f"Thôi hỏi OCSP cho / no OCSP any more for {name}")
        return
    name = with_database(lambda database: sources.set_responder(database, url, issuer, every_seconds=every * 60))
    cli_show.say(f"OCSP cho / for {name}: {url}")


@click.command("evidence")
@click.argument("envelope", type=click.UUID)
@click.option("--out", type=FOLDER, help="Thư mục ghi tệp DER / folder for the files")
@AS_JSON
def show_evidence(envelope: UUID, out: Path | None, *, as_json: bool) -> None:
    """Danh sách thu hồi đã dùng khi nhận văn bản / what an envelope's certificate was found good by."""
    rows = with_database(lambda database: evidence.evidence_of(database, envelope))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for row in rows:
            (out / f"{row.sha256.hex()}.{row.kind}").write_bytes(row.der)
    if as_json:
        cli_show.as_json({"evidence": [told_list(row) | {"kind": row.kind} for row in rows]})
        return
    cli_show.table(
        f"Căn cứ kiểm tra chứng thư / evidence: {len(rows)}",
        ("SHA-256", "Loại / kind", "CA / issuer", "Từ, đến / from, to"),
        (
            (
                row.sha256.hex(),
                row.kind.upper(),
                row.issuer or "",
                f"{cli_show.moment(row.this_update)}\n{cli_show.moment(row.next_update)}",
            )
            for row in rows
        ),
    )


COMMANDS: Sequence[click.Command] = (trust, intermediate, crl, list_, fetch, source, ocsp, show_evidence)
"""What `lienthong ca` has of this."""
