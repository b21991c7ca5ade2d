"""How a looked-at file is told on a terminal: what it is, its signature in words, and every fault with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from admin import cli_show
from envelopes.limits import STATUS_CODES, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envelopes.faults import Fault
    from exchange.verification import Verification
    from exchange.verified_facts import Attached, Facts, Party, SignatureSeen

OUTCOMES = {
    "absent": Words(
        vi="không ký số; chỉ hệ thống được phép mới gửi được", en="not signed; only some systems may send it"
    ),
    "decoration": Words(
        vi="không ký số: khối Signature chỉ để trang trí, không ký gì cả",
        en="not signed: the Signature block is a decoration and signs nothing",
    ),
    "unexamined": Words(vi="chưa kiểm tra được", en="could not be checked"),
    "unverified": Words(
        vi="khớp với chứng thư kèm theo tệp; chưa ai bảo đảm chứng thư đó",
        en="fits the certificate enclosed in the file, for which nobody vouches yet",
    ),
    "held": Words(
        vi="khớp với chứng thư, nhưng chưa kiểm tra được thu hồi; trục sẽ giữ tệp chờ xác minh",
        en="fits the certificate, but revocation cannot be checked; an exchange would hold the file",
    ),
    "verified": Words(vi="hợp lệ", en="verified"),
    "refused": Words(vi="bị từ chối", en="refused"),
}
ACCEPTED = Words(
    vi="Không có lỗi: tệp sẽ được nhận nếu những điều chưa kiểm tra ở trên đều ổn",
    en="No faults: it would be taken if what was not checked is in order",
)
CLASSES = {
    "N": Words(vi="thiếu", en="missing"),
    "R": Words(vi="quá dài", en="too long"),
    "T": Words(vi="sai kiểu", en="wrong type"),
    "M": Words(vi="giá trị sai", en="bad value"),
}
PROFILES = {"P": Words(vi="ký từng phần", en="by parts"), "W": Words(vi="ký toàn tệp", en="the whole file")}
KINDS = {"document": Words(vi="văn bản", en="document"), "status": Words(vi="báo cáo trạng thái", en="status report")}


def show_verification(found: Verification) -> None:
    """Print everything about a file, faults last, so that the end of a long answer is what matters."""
    cli_show.say(line("Tệp / file", f"{found.file} ({found.size} byte)"), line("SHA-256", found.sha256))
    if found.message is None:
        cli_show.say(line("Loại / kind", "không đọc được / cannot be read"))
    else:
        cli_show.say(*_message(found.message))
    for attached in found.attachments:
        cli_show.say(*_attachment(attached))
    cli_show.say(*_signature(found.signature))
    cli_show.say("Chưa kiểm tra / not checked:", *(f"  {words.vi} / {words.en}" for words in found.unchecked))
    tell("Cảnh báo / warning", found.warnings, "yellow")
    tell("Lỗi / fault", found.faults, "red")
    _verdict(found)


def line(label: str, text: str) -> str:
    """A label and what stands beside it."""
    return f"{label + ':':<24} {text}".rstrip()


def both(words: Words) -> str:
    """Vietnamese, then English."""
    return f"{words.vi} / {words.en}"


def _message(facts: Facts) -> Iterator[str]:
    yield line("Loại / kind", ", ".join(_kinds(facts)))
    yield line("Mã / reference", facts.reference)
    if facts.target and facts.target != facts.reference:
        yield line("Về / about", facts.target)
    yield line("Từ / from", _party(facts.sender))
    for recipient in facts.recipients:
        yield line("Đến / to", _party(recipient))
    number = f"{facts.number}/{facts.notation}" if facts.notation is not None else facts.number
    yield line("Số, ngày / number, date", f"{number} {cli_show.day(facts.issued_on)}".strip())
    if facts.subject is not None:
        yield line("Trích yếu / subject", facts.subject)
    if facts.due_on:
        yield line("Hạn xử lý / due on", cli_show.day(facts.due_on))
    if facts.description:
        yield line("Nội dung / description", facts.description)
    if facts.reported_at:
        yield line("Báo lúc / reported", cli_show.moment(facts.reported_at))


def _kinds(facts: Facts) -> Iterator[str]:
    yield both(KINDS[facts.kind])
    if facts.operation:
        yield f"{cli_show.OPERATIONS[facts.operation]} / {facts.operation}"
    if facts.status is not None:
        yield cli_show.status_words(facts.status) if facts.status in STATUS_CODES else facts.status
    if facts.type_name:
        yield facts.type_name
    if urgency := cli_show.urgency(facts.urgency or 0):
        yield urgency


def _party(one: Party) -> str:
    return f"{one.code} {one.name}".strip()


def _attachment(one: Attached) -> Iterator[str]:
    yield line(f"Đính kèm / attachment {one.n}", f"{one.name} ({one.media_type}, {one.size} byte)")
    yield f"  SHA-256 {one.sha256}"
    if one.unwrapped:
        yield f"  nén trong zip, tệp bên trong / zipped, the file inside: {one.unwrapped.size} byte"
        yield f"  SHA-256 {one.unwrapped.sha256}"


def _signature(seen: SignatureSeen) -> Iterator[str]:
    profile = f" ({seen.profile}: {both(PROFILES[seen.profile])})" if seen.profile else ""
    yield line("Chữ ký / signature", f"{both(OUTCOMES[seen.outcome])}{profile}")
    if seen.certificate:
        source = "kèm theo tệp / from the file" if seen.certificate.enclosed else "đã cho / given"
        until = cli_show.day(seen.certificate.not_after)
        yield f"  {seen.certificate.subject} ({source}; đến / until {until})"
        yield f"  SHA-256 {seen.certificate.sha256}"
    if seen.reason:
        yield f"  {seen.reason}"


def tell(word: str, faults: Sequence[Fault], colour: str) -> None:
    """Print every fault with its place, its value and its rule."""
    for n, fault in enumerate(faults, 1):
        words = CLASSES[fault.cls.value]
        place = f" {fault.path}" if fault.path else ""
        value = f" «{fault.value}»" if fault.value else ""
        click.secho(cli_show.safe(f"{word} {n}: {fault.code} [{fault.cls}: {both(words)}]{place}{value}"), fg=colour)
        cli_show.say(f"  {fault.vi}", f"  {fault.en}")
        if fault.source:
            cli_show.say(f"  Căn cứ / rule: {fault.source}")


def _verdict(found: Verification) -> None:
    if found.accepted:
        text, colour = f"{ACCEPTED.vi}\n{ACCEPTED.en}", "green"
    else:
        text, colour = f"Tệp sẽ bị từ chối / it would be refused: {len(found.faults)} lỗi / faults", "red"
    click.secho(text, fg=colour, bold=True)
