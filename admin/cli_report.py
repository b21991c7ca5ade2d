"""An agency's word about a document it received: refused, accepted, assigned, in hand, completed."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_choose import one_at_hand
from admin.cli_memory import Memory
from admin.cli_session import AS_JSON, Access, CannotHere, connected
from admin.cli_signing import XADES, signing
from envelopes.limits import STATUS_CODES, STATUS_CODES_WITH_REASON
from envelopes.model import Staff
from exchange.client_status import REPORTED, Answered, status_message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exchange.client import Client
    from exchange.client_types import Submission
    from signing.sign import Signer

CODES = ", ".join(f"{code} {STATUS_CODES[code].vi}" for code in REPORTED)


@click.command(epilog=f"Mã / codes: {CODES}")
@click.argument("code", type=click.Choice(REPORTED), metavar="CODE")
@click.argument("delivery", required=False)
@click.option("--reference", help="Mã định danh văn bản / the document's own id, instead of a delivery")
@click.option("--reason", "--description", "reason", default="", help="Ý kiến, lý do / what to tell the sender")
@click.option("--department", default="", help="Bộ phận / department of who reports")
@click.option("--staff", default="", help="Người báo / name of who reports")
@click.option("--no-sign", is_flag=True, help="Không ký số / leave it unsigned although a key is set")
@XADES
@signing
@AS_JSON
@connected
def report(
    *,
    access: Access,
    code: str,
    delivery: str | None,
    reference: str | None,
    reason: str,
    department: str,
    staff: str,
    no_sign: bool,
    xades: bool,
    signer: Callable[[], Signer | None],
    as_json: bool,
) -> None:
    """Báo trạng thái xử lý về nơi gửi / report a document's status to its sender.

    Không ghi mã thì lấy văn bản duy nhất đang xử lý / without an id: the only document at hand.
    """
    if code in STATUS_CODES_WITH_REASON and not reason:
        raise click.UsageError(f"trạng thái {code} phải có lý do / status {code} needs a --reason")
    if delivery and reference:
        raise click.UsageError("chỉ dùng một: mã hoặc --reference / either a delivery or --reference")
    key = None if no_sign else signer()
    who = Staff(department=department, name=staff) if department or staff else None

    async def work(client: Client) -> Submission:
        about = await _about(client, access, delivery, reference)
        make = functools.partial(status_message, about, code, description=reason, staff=who, signer=key, xades=xades)
        return await client.submit(await asyncio.to_thread(make))

    taken = access.call(work)
    if as_json:
        cli_show.as_json(taken)
        return
    cli_show.say(f"Đã báo / reported: {cli_show.status_words(code)}")
    cli_show.submission(taken)


async def _about(client: Client, access: Access, delivery: str | None, reference: str | None) -> Answered:
    if reference is not None:
        return _by_reference(reference, access.agency)
    if delivery is not None:
        one = await client.delivery(delivery)
    else:
        one = await one_at_hand(client, access.agency, Memory())
    try:
        return Answered.of(one)
    except ValueError as error:
        raise CannotHere(f"{one.id}: {error}") from None


def _by_reference(reference: str, agency: str | None) -> Answered:
    if agency is None:
        raise click.UsageError("--reference cần mã đơn vị báo / needs the agency that reports: --as, LIENTHONG_AS")
    try:
        return Answered.by_reference(reference, agency)
    except ValueError as error:
        raise click.UsageError(f"--reference: AGENCY,yyyy/mm/dd,NUMBER/NOTATION ({error})") from None


COMMANDS: Sequence[click.Command] = (report,)
