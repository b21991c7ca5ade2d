"""How answers look on a terminal: Vietnamese first, times as dd/MM/yyyy HH:mm of +07:00, foreign text made harmless."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from admin.pdf_words import signature_lines
from envelopes.limits import LOCAL_TIME, PRIORITIES, STATUS_CODES
from exchange.client_json import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from envelopes.faults import Fault
    from exchange.client_types import Attachment, Delivery, Event, Link, SentDelivery, Signature, Submission

STATES = {
    "waiting": "chờ nhận",
    "collected": "đã đến",
    "refused": "từ chối tiếp nhận",
    "accepted": "đã tiếp nhận",
    "assigned": "đã phân công",
    "in_hand": "đang xử lý",
    "completed": "hoàn thành",
    "recall_asked": "nơi gửi đề nghị lấy lại",
    "recalled": "đã thu hồi",
}
AT_EXCHANGE = {
    ("held", "waiting"): ("trục tạm giữ", "held by the exchange"),
    ("rejected", "refused"): ("trục trả lại", "returned by the exchange"),
}
"""A state that the exchange gave an envelope, by the outcome of its signature: the recipient never saw it."""
OPERATIONS = {"new": "mới", "recall": "thu hồi", "update": "cập nhật", "replace": "thay thế"}
LINKS = {
    "recalls": "thu hồi / recalls",
    "updates": "cập nhật / updates",
    "replaces": "thay thế / replaces",
    "answers": "trả lời / answers",
    "recalled_by": "được thu hồi bởi / recalled by",
    "updated_by": "được cập nhật bởi / updated by",
    "replaced_by": "được thay thế bởi / replaced by",
    "answered_by": "được trả lời bởi / answered by",
}
EVENTS = {
    "withdrawn": "đã rút lại, chưa ai lấy về",
    "taken_back": "đã rút lại bản chưa lấy về, không phải hỏi nơi nhận",
    "recall_agreed": "nơi nhận đồng ý trả lại",
    "recall_declined": "nơi nhận không trả lại",
    "update_agreed": "nơi nhận đồng ý bản cập nhật",
    "update_declined": "nơi nhận không đồng ý bản cập nhật",
    "updated": "có bản cập nhật",
    "replaced": "có văn bản thay thế",
    "attachments_removed": "đã gỡ bỏ tệp đính kèm hết thời hạn lưu trữ",
    "upward_sent": "đã chuyển lên trục cấp trên",
    "upward_refused": "trục cấp trên không nhận",
    "late_to_receive": "chậm tiếp nhận",
    "overdue": "quá hạn xử lý",
}
"""What happened, where a status code alone would not say it."""
OUTCOMES = {
    "verified": "chữ ký hợp lệ",
    "verified_weak": "chữ ký yếu (SHA-1), không tính là đã ký",
    "absent": "không ký số",
    "held": "tạm giữ: chưa kiểm tra được chứng thư số",
    "rejected": "bị trả lại: chứng thư số không hợp lệ khi trục nhận",
}


def moment(at: datetime | None) -> str:
    """A time as a clerk reads it."""
    return at.astimezone(LOCAL_TIME).strftime("%d/%m/%Y %H:%M") if at else ""


def day(at: date | None) -> str:
    """A date as a clerk reads it."""
    return at.strftime("%d/%m/%Y") if at else ""


def safe(text: object) -> str:
    """Somebody else's text without anything a terminal would obey (escape sequences, turned writing direction)."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(text))


def say(*lines: str) -> None:
    """Print plain lines."""
    for line in lines:
        click.echo(safe(line))


def as_json(value: Any) -> None:
    """Print an answer for a program to read: dataclasses as objects, times in UTC."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, whole: int = 1, lines: bool = False
) -> None:
    """Print rows under their columns; without a terminal nothing is folded to fit one.

    The first `whole` columns are never folded: what stands there is to be copied. `lines` draws one between rows.
    """
    rows = list(rows)
    if not rows:  # headings over nothing say less than the title with its 0
        say(title)
        return
    made = Table(title=Text(title), title_justify="left", show_edge=False, pad_edge=False, show_lines=lines)
    for n, column in enumerate(columns):
        made.add_column(Text(column), overflow="fold", no_wrap=n < whole)
    for row in rows:
        made.add_row(*(Text("\n".join(safe(line) for line in str(cell).split("\n"))) for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 240
    console.print(made)


def faults(found: Iterable[Fault], *, word: str = "Lỗi") -> None:
    """Print every fault to stderr: where it is, in Vietnamese, then in English."""
    for n, fault in enumerate(found, 1):
        place = f" {safe(fault.path)}" if fault.path else ""
        value = f" «{safe(fault.value)}»" if fault.value else ""
        click.secho(f"{word} {n}: {safe(fault.code)} [{fault.cls}]{place}{value}", fg="red", err=True)
        click.echo(f"  {safe(fault.vi)}\n  {safe(fault.en)}", err=True)


def deliveries(found: Sequence[Delivery]) -> None:
    """What waits, one entry each."""
    columns = ("Mã / delivery", "Từ, đến, nội dung / from, to, what")
    table(f"Hộp đến / inbox: {len(found)}", columns, ((one.id, _arrival(one)) for one in found), lines=True)


def _arrival(one: Delivery) -> str:
    first = f"{one.sender} → {one.recipient}  {moment(one.accepted_at)}  {urgency(one.urgency)}".rstrip()
    return f"{first}\n{subject(one)}"


def subject(one: Delivery) -> str:
    """What a delivery is, in a line or two."""
    if one.status is not None:
        return f"trạng thái {status_words(one.status.code)}\n{one.status.description or ''}".rstrip()
    operation = f"[{OPERATIONS.get(one.operation, one.operation)}] " if one.operation not in (None, "new") else ""
    return f"{operation}{one.number}/{one.notation} {day(one.issued_on)}{unsigned(one)}\n{one.subject or ''}".rstrip()


def unsigned(one: Delivery) -> str:
    """A mark on everything that is not plainly signed (promise P8)."""
    if one.signature is None or one.signature.outcome == "verified":
        return ""
    return f" [{outcome_words(one.signature.outcome)}]"


def urgency(level: int) -> str:
    """The word for an urgency; nothing for a normal one."""
    return PRIORITIES[level].vi if level in PRIORITIES and level else ""


def status_words(code: str) -> str:
    """A status code with its words."""
    words = STATUS_CODES.get(code)
    return f"{code} {words.vi} / {words.en}" if words else code


def state_words(state: str) -> str:
    """A state's words; the English one is that of the API."""
    return f"{STATES[state]} / {state.replace('_', ' ')}" if state in STATES else state


def sent_words(state: str, outcome: str) -> str:
    """The words for a recipient's state as the sender sees it, who is told what stays at the exchange."""
    here = AT_EXCHANGE.get((outcome, state))
    return " / ".join(here) if here else state_words(state)


def late_lines(one: Delivery | SentDelivery) -> list[str]:
    """Since when a delivery was late, in words; no line while it is in time."""
    late, overdue = one.late_to_receive_since, one.overdue_since
    return [
        *([f"                        chậm tiếp nhận từ / late to receive since {moment(late)}"] if late else []),
        *([f"                        quá hạn xử lý từ / overdue since {moment(overdue)}"] if overdue else []),
    ]


def outcome_words(outcome: str) -> str:
    """What became of a signature, in words; the English one is that of the API."""
    return f"{OUTCOMES[outcome]} / {outcome.replace('_', ' ')}" if outcome in OUTCOMES else outcome


def submissions(found: Sequence[Submission]) -> None:
    """What was sent, one entry each."""
    columns = ("Mã / envelope", "Văn bản, nơi nhận / document, recipients")
    table(f"Hộp đi / outbox: {len(found)}", columns, ((one.id, _departure(one)) for one in found), lines=True)


def _departure(one: Submission) -> str:
    return f"{reference(one.kind, one.reference)}\n{one.sender}  {moment(one.accepted_at)}\n{_states(one)}"


def reference(kind: str, text: str) -> str:
    """The sender's own id; a status message has none but its digest."""
    return f"trạng thái / status {text[:12]}…" if kind == "status" else text


def _states(one: Submission) -> str:
    lines = [
        f"{delivery.recipient}: {sent_words(delivery.state, one.signature.outcome)}" for delivery in one.deliveries
    ]
    lines += [f"{missing.recipient}: không gửi được / undeliverable" for missing in one.undeliverable]
    return "\n".join(lines)


def submission(one: Submission) -> None:
    """Everything about one envelope that was sent."""
    say(
        f"Mã / envelope:          {one.id}",
        f"Văn bản / document:     {reference(one.kind, one.reference)}",
        f"Từ / from:              {one.sender}",
        f"Nhận lúc / taken:       {moment(one.accepted_at)}",
        *signature_facts(one.signature),
        f"SHA-256:                {one.sha256} ({one.size} byte)",
    )
    because(one.reason, one.links)
    attachments(one.attachments)
    for delivery in one.deliveries:
        state = sent_words(delivery.state, one.signature.outcome)
        say(f"Nơi nhận / recipient:   {delivery.recipient}: {state}", *late_lines(delivery))
        events(delivery.events)
    faults((missing.fault for missing in one.undeliverable), word="Không gửi được / undeliverable")
    faults(one.warnings, word="Cảnh báo / warning")


def signature_facts(signature: Signature) -> list[str]:
    """What the gate said of the signature, a line for each thing it said."""
    profile = f" ({signature.profile})" if signature.profile else ""
    signer = f", ký thay bởi / signed by {signature.signer}" if signature.signer else ""
    at = f"{moment(signature.claimed_at)} (theo nơi ký / as claimed)"
    return [
        f"Chữ ký / signature:     {outcome_words(signature.outcome)}{profile}{signer}",
        *([f"                        {signature.reason}"] if signature.reason else []),
        *([f"Ký lúc / signed at:     {at}"] if signature.claimed_at else []),
    ]


def delivery(one: Delivery) -> None:
    """Everything about one delivery that was received."""
    say(
        f"Mã / delivery:          {one.id}",
        f"Từ / from:              {one.sender}",
        f"Đến / to:               {one.recipient}",
        f"Đến lúc / arrived:      {moment(one.accepted_at)}",
        *(f"                        {line}" for line in subject(one).split("\n")),
        f"Trạng thái / state:     {state_words(one.state)}",
        *late_lines(one),
        *(signature_facts(one.signature) if one.signature else ()),
        f"SHA-256:                {one.sha256} ({one.size} byte)",
    )
    because(one.reason, one.links)
    attachments(one.attachments)
    events(one.events)


def because(reason: str | None, links: Sequence[Link]) -> None:
    """Why a recall, update or replacement was sent, and what the document has to do with others."""
    if reason:
        say(f"Lý do / reason:         {reason}")
    for link in links:
        say(f"Liên quan / link:       {link_words(link)}")


def link_words(link: Link) -> str:
    """A link in a line: what it is, the other document and its id, at which recipients."""
    where = f" ({', '.join(link.recipients)})" if link.recipients else ""
    return f"{LINKS.get(link.kind, link.kind)} {link.reference} [{link.delivery or link.envelope}]{where}"


def attachments(found: Sequence[Attachment]) -> None:
    """Each attachment, and what is known of the signatures inside."""
    for one in found:
        say(f"Đính kèm / attachment {one.n}: {one.name} ({one.media_type}, {one.size} byte)", *signature_lines(one))
        if one.removed:
            rule = f"quy tắc / rule {one.removed.rule} ({one.removed.by})"
            say(f"                        đã gỡ bỏ / removed {moment(one.removed.at)}, {rule}")


def events(found: Sequence[Event]) -> None:
    """A delivery's history, a line for each event."""
    for event in found:
        words = f"{EVENTS[event.event]} / {event.event.replace('_', ' ')}" if event.event in EVENTS else event.event
        words = status_words(event.code) if event.code and event.event not in EVENTS else words
        flag = " [sai thứ tự / out of order]" if event.flagged else ""
        by = f" {event.by}" if event.by else ""
        say(f"  {moment(event.at)}{by} {words}{flag} {event.description or ''}".rstrip())
