"""A certificate authority of one's own, in a folder: `lienthong ca new|sign|revoke|renew|show`."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from admin import cli_show
from admin.cli_certificate import told
from admin.cli_session import AS_JSON, FILE, FOLDER, CannotHere
from envelopes.faults import Refused
from exchange.authority_folder import LIST_DAYS, LIST_FILE, REASONS, AuthorityFolder, CertificateUnknown
from signing.authority import LEAF_DAYS
from signing.certificates import crl_facts, describe
from signing.key_rules import KeyUnusable
from signing.keys import KeyKind
from signing.requests import read_request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from exchange.authority_folder import Issued

IN = click.option(
    "--folder", type=FOLDER, default=Path("ca"), show_default=True, help="Thư mục của CA / the authority's folder"
)
HOLDS = click.option(
    "--days",
    type=click.IntRange(min=1),
    default=LIST_DAYS,
    show_default=True,
    help="Danh sách thu hồi có hiệu lực / how long the revocation list holds",
)


@click.command()
@click.option("--name", required=True, help="Tên CA / what it is called")
@click.option(
    "--kind", type=click.Choice(get_args(KeyKind)), default="p256", show_default=True, help="Loại khóa / kind of key"
)
@IN
@AS_JSON
def new(*, name: str, kind: KeyKind, folder: Path, as_json: bool) -> None:
    """Tạo một CA để thử nghiệm / make an authority for development and pilots."""
    with _told(folder):
        AuthorityFolder.make(folder, name, key_kind=kind)
    root, revoked = folder / "root.pem", folder / LIST_FILE
    if as_json:
        cli_show.as_json({"root": str(root), "revocation_list": str(revoked)})
        return
    cli_show.say(
        f"Đã tạo CA / made authority: {name}",
        f"  {root}  chứng thư gốc / its root: lienthong ca trust",
        f"  {revoked}  danh sách thu hồi / its list: lienthong ca crl",
    )


@click.command()
@click.argument("request", type=FILE)
@click.option("--for", "agency", metavar="CODE", help="Chỉ cấp nếu là đơn vị này / only if it is this agency's")
@click.option(
    "--days",
    type=click.IntRange(min=1),
    default=LEAF_DAYS,
    show_default=True,
    help="Chứng thư có hiệu lực / how long the certificate is valid",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Tệp ghi chứng thư / where")
@IN
@AS_JSON
def sign(*, request: Path, agency: str | None, days: int, out: Path, folder: Path, as_json: bool) -> None:
    """Cấp chứng thư theo yêu cầu / issue the certificate that was requested (lienthong key request)."""
    with _told(folder):
        asked = read_request(request.read_bytes(), agency=agency)
        pem = AuthorityFolder.open(folder).certify(asked, days=days)
        out.write_bytes(pem)
    facts = describe(pem)
    if as_json:
        cli_show.as_json({"agency": asked.agency, "name": asked.name, **told(facts), "file": str(out)})
        return
    cli_show.say(
        f"Đã cấp cho / issued for {asked.agency} {asked.name}: {out}",
        f"  SHA-256: {facts.sha256.hex()}",
        f"  hiệu lực / valid: {cli_show.moment(facts.not_before)} – {cli_show.moment(facts.not_after)}",
        f"Đăng ký trên trục / register it: lienthong certificate add {asked.agency} {out}",
    )


@click.command()
@click.argument("certificate")
@click.option(
    "--reason", type=click.Choice(list(REASONS)), default="unspecified", show_default=True, help="Lý do / why"
)
@HOLDS
@IN
@AS_JSON
def revoke(*, certificate: str, reason: str, days: int, folder: Path, as_json: bool) -> None:
    """Thu hồi một chứng thư: tệp, hoặc SHA-256 / take a certificate back: its file or its SHA-256."""
    with _told(folder):
        file = Path(certificate)
        named = describe(file.read_bytes()).sha256.hex() if file.is_file() else certificate
        found = AuthorityFolder.open(folder).revoke(named, reason=reason, days=days)
    if as_json:
        cli_show.as_json(_issued(found) | {"revocation_list": str(folder / LIST_FILE)})
        return
    cli_show.say(
        f"Đã thu hồi / revoked: {found.certificate.subject} ({found.reason})",
        f"Nạp danh sách mới / load the new list: lienthong ca crl {folder / LIST_FILE}",
    )


@click.command()
@HOLDS
@IN
@AS_JSON
def renew(*, days: int, folder: Path, as_json: bool) -> None:
    """Ra danh sách thu hồi mới / make a fresh revocation list."""
    with _told(folder):
        facts = crl_facts(AuthorityFolder.open(folder).renew(days=days))
    if as_json:
        cli_show.as_json({"revocation_list": str(folder / LIST_FILE), "next_update": facts.next_update})
        return
    until = cli_show.moment(facts.next_update)
    cli_show.say(f"{folder / LIST_FILE}: hiệu lực tới / in force until {until}")


@click.command()
@IN
@AS_JSON
def show(*, folder: Path, as_json: bool) -> None:
    """CA này đã cấp, đã thu hồi những gì / what the authority issued and took back."""
    with _told(folder):
        opened = AuthorityFolder.open(folder)
        root, listed = describe(opened.authority.root_pem), crl_facts((folder / LIST_FILE).read_bytes())
        found = opened.issued()
    if as_json:
        issued = [_issued(one) for one in found]
        cli_show.as_json({"root": told(root), "list_until": listed.next_update, "certificates": issued})
        return
    cli_show.say(
        f"{root.subject}",
        f"  SHA-256: {root.sha256.hex()}",
        f"  hiệu lực / valid: {cli_show.moment(root.not_before)} – {cli_show.moment(root.not_after)}",
        f"  danh sách thu hồi tới / list in force until: {cli_show.moment(listed.next_update)}",
    )
    cli_show.table(
        f"Đã cấp / issued: {len(found)}",
        ("SHA-256", "Chủ thể / subject", "Đến / until", "Thu hồi / revoked"),
        (
            (
                one.certificate.sha256.hex()[:16],
                one.certificate.subject,
                cli_show.moment(one.certificate.not_after),
                f"{cli_show.moment(one.revoked_at)} {one.reason}" if one.revoked_at else "",
            )
            for one in found
        ),
    )


def _issued(one: Issued) -> dict[str, object]:
    return {**told(one.certificate), "revoked_at": one.revoked_at, "reason": one.reason}


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """What a person can do something about, in one place for every command here."""
    try:
        yield
    except KeyUnusable as unusable:
        cli_show.faults([unusable.fault])
        raise SystemExit(1) from None
    except Refused as refused:
        cli_show.faults(refused.faults)
        raise SystemExit(1) from None
    except CertificateUnknown as unknown:
        raise CannotHere(f"CA này không cấp chứng thư đó / not issued here: {unknown}") from None
    except FileExistsError:
        raise CannotHere(f"{folder}: đã có một CA ở đây / there is an authority here already") from None
    except OSError as error:
        raise CannotHere(f"{error.filename or folder}: {error.strerror or error}") from None


COMMANDS: Sequence[click.Command] = (new, sign, revoke, renew, show)
