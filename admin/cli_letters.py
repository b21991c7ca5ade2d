"""Making an edXML file by hand: a first letter for somebody who has only a PDF and wants to see it arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from admin import cli_show
from admin.cli_session import FILE, CannotHere, reachable
from admin.cli_signing import XADES, demanded, signing
from envelopes.faults import Refused
from envelopes.file_names import safe_file_name
from envelopes.limits import AGENCY_CODE, LOCAL_TIME, PRIORITIES
from envelopes.model import Business, Document, Organization, Signatory, Trace
from exchange.client_files import write_envelope
from exchange.client_groups import addressed
from signing.key_rules import KeyUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from admin.cli_session import Access
    from exchange.client import Client
    from exchange.client_groups import GroupNow
    from signing.sign import Signer

ADMINISTRATIVE, LETTER = 2, 18
"""`DocumentType` of a "Công văn", the common official letter (edXML section 4)."""


class AgencyParam(click.ParamType[Organization]):
    """An agency as `CODE` or `CODE=Name`."""

    name = "CODE[=NAME]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Organization:
        """The agency; a usage error for what cannot be a code."""
        code, _, name = str(value).partition("=")
        if not AGENCY_CODE.fullmatch(code):
            self.fail(f"{code}: không phải mã đơn vị / not an agency code", param, ctx)
        return Organization(code=code, name=name)


AGENCY = AgencyParam()
DAY = click.DateTime(formats=("%d/%m/%Y", "%Y-%m-%d"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """The command's options about the document itself."""

    sender: Organization
    to: tuple[Organization, ...]
    number: str
    notation: str
    subject: str
    content: str
    issued: datetime | None
    due: datetime | None
    place: str
    document_type: str
    urgency: int
    signatory: str
    position: str
    competence: str
    reference: str | None

    def document(self, now: datetime) -> Document:
        """A new document in the common form; what the standard demands and nobody said is left empty."""
        issued = self.issued.date() if self.issued else now.date()
        return Document(
            sender=self.sender,
            recipients=self.to,
            reference=self.reference or f"{self.sender.code},{issued:%Y/%m/%d},{self.number}/{self.notation}",
            number=self.number,
            notation=self.notation,
            issued_on=issued,
            subject=self.subject,
            content=self.content,
            place=self.place,
            type=ADMINISTRATIVE,
            type_detail=LETTER if self.document_type == "Công văn" else None,
            type_name=self.document_type,
            signatory=Signatory(competence=self.competence, position=self.position, full_name=self.signatory),
            due_on=self.due.date() if self.due else None,
            urgency=self.urgency,
            steering="0",
            business=Business(reason="Văn bản điện tử mới", paper="0"),
            traces=(Trace(agency=self.sender.code, at=now),),
        )


@click.command()
@click.option("--from", "sender", type=AGENCY, envvar="LIENTHONG_AS", required=True, help="Nơi gửi / sender")
@click.option("--to", type=AGENCY, multiple=True, help="Nơi nhận / recipient, repeatable")
@click.option("--to-group", "groups", multiple=True, metavar="NAME", help="Nhóm trên trục / group, repeatable")
@click.option("--number", required=True, help="Số / number")
@click.option("--notation", required=True, help="Ký hiệu / notation, such as SNV-VP")
@click.option("--subject", required=True, help="Trích yếu / subject")
@click.option("--attach", type=FILE, multiple=True, help="Tệp đính kèm / attachment, repeatable")
@click.option("--signatory", required=True, help="Người ký văn bản / full name of who signed the document")
@click.option("--position", default="", help="Chức vụ / the signatory's position")
@click.option("--competence", default="", help="Quyền hạn, như KT. GIÁM ĐỐC / the signatory's competence")
@click.option("--content", default="", help="Tóm tắt / summary")
@click.option("--issued", type=DAY, help="Ngày ban hành, mặc định hôm nay / issued on, today by default")
@click.option("--due", type=DAY, help="Hạn xử lý / to be handled by")
@click.option("--place", default="", help="Nơi ban hành / place of issue")
@click.option("--type", "document_type", default="Công văn", show_default=True, help="Loại văn bản / type")
@click.option(
    "--urgency",
    type=click.IntRange(min(PRIORITIES), max(PRIORITIES)),
    default=0,
    show_default=True,
    help="Độ khẩn / urgency: " + ", ".join(f"{level} {words.vi}" for level, words in PRIORITIES.items()),
)
@click.option("--reference", help="Mã định danh văn bản / the document's own id, made from the rest by default")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Tệp edXML / file to write")
@click.option("--sign", is_flag=True, help="Ký số / sign it")
@XADES
@signing
@reachable
def compose(
    *,
    access: Callable[[], Access],
    to: tuple[Organization, ...],
    groups: tuple[str, ...],
    attach: tuple[Path, ...],
    out: Path | None,
    sign: bool,
    xades: bool,
    signer: Callable[[], Signer | None],
    **given: Any,
) -> None:
    """Tạo tệp edXML từ tệp PDF và vài thông tin / make an edXML file from a PDF and a few words."""
    if xades and not sign:
        raise click.UsageError("--xades đi cùng --sign / --xades goes with --sign")
    if groups:
        to = _addressed(access(), given["sender"], to, groups)
    if not to:
        raise click.UsageError("chưa có nơi nhận / no recipient: --to, --to-group")
    document = _Given(to=to, **given).document(datetime.now(LOCAL_TIME))
    path = out or Path(safe_file_name(f"{document.number}-{document.notation.replace('/', '-')}.edxml"))
    key = demanded(signer()) if sign else None
    try:
        write_envelope(document, attach, path, signer=key, xades=xades)
    except Refused as refused:
        cli_show.faults(refused.faults)
        raise SystemExit(1) from None
    except KeyUnusable:  # told in both languages, where it is the same for every command
        raise
    except ValueError as error:
        raise CannotHere(str(error)) from None
    except OSError as error:
        raise CannotHere(f"{error.filename or path}: {error.strerror or error}") from None
    cli_show.say(f"{path}: {path.stat().st_size} byte, {'đã ký số / signed' if sign else 'chưa ký số / not signed'}")
    cli_show.say(f"Gửi đi / submit it: lienthong send {path}")


def _addressed(
    access: Access, sender: Organization, to: Sequence[Organization], groups: Sequence[str]
) -> tuple[Organization, ...]:
    """The recipients with those of the groups: only what is signed counts, so the exchange expands nothing later."""

    async def ask(client: Client) -> list[GroupNow]:
        return [await client.group(name) for name in groups]

    return addressed(sender.code, to, access.call(ask))


COMMANDS: Sequence[click.Command] = (compose,)
