"""A looked-at receipt on a terminal: what was sealed, by whom, what was compared, and what was not checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from admin import cli_show
from admin.cli_verify_show import both, line, tell
from envelopes.limits import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.receipt_proof import Compared, ReceiptProof
    from exchange.verified_facts import CertificateSeen
    from signing.receipts import Policy, ReceiptFacts

VERDICTS = {
    "verified": Words(vi="con dấu hợp lệ", en="seal verified"),
    "unverified": Words(
        vi="con dấu khớp với chứng thư kèm theo, chưa ai bảo đảm đó là con dấu của trục",
        en="the seal fits the certificate in the receipt, but nobody vouches that it is the exchange's",
    ),
    "held": Words(
        vi="con dấu khớp, nhưng theo danh sách thu hồi đã cho thì chưa tin được",
        en="the seal fits, but by the given revocation lists it cannot be believed yet",
    ),
    "unexamined": Words(vi="chưa kiểm tra được con dấu", en="the seal could not be checked"),
    "refused": Words(vi="con dấu KHÔNG hợp lệ", en="the seal is NOT valid"),
}


def show_receipt(found: ReceiptProof) -> None:
    """Print everything about a receipt, the verdict last."""
    cli_show.say(line("Loại / kind", "biên nhận của trục / receipt of an exchange"))
    if found.receipt:
        cli_show.say(*_facts(found.receipt))
    if found.seal:
        cli_show.say(*_seal(found.seal))
    if found.reason:
        cli_show.say(f"  {found.reason}")
    for one in found.compared:
        cli_show.say(_compared(one))
    if found.unchecked:
        cli_show.say("Chưa kiểm tra / not checked:", *(f"  {both(words)}" for words in found.unchecked))
    tell("Lỗi / fault", found.faults, "red")
    differing = sum(not one.same for one in found.compared)
    text = both(VERDICTS[found.outcome])
    if differing:
        text += f"; tệp KHÁC với biên nhận ở {differing} chỗ / the file DIFFERS from the receipt in {differing}"
    click.secho(text, fg="green" if found.accepted else "red", bold=True)


def _facts(facts: ReceiptFacts) -> Iterator[str]:
    yield line("Mã / envelope", str(facts.envelope))
    yield line("Văn bản / document", cli_show.reference(facts.kind, facts.reference))
    yield line("Từ / from", f"{facts.sender} ({facts.system})")
    yield line("Nhận lúc / taken", cli_show.moment(facts.accepted_at))
    yield line("SHA-256", f"{facts.sha256} ({facts.size} byte)")
    profile = f" ({facts.profile})" if facts.profile else ""
    yield line("Chữ ký / signature", f"{cli_show.outcome_words(facts.outcome)}{profile}")
    if facts.certificate:
        by = f" ({facts.signer})" if facts.signer else ""
        yield line("  chứng thư / by", f"{facts.certificate}{by}")
    if facts.policy:
        yield line("Quy định / policy", _policy(facts.policy))
    for _, code in facts.recipients:
        yield line("Nơi nhận / recipient", code)
    for code, fault in facts.undeliverable:
        yield line("Không gửi được", f"{code} ({fault})")
    for n, name, size, sha256 in facts.attachments:
        yield line(f"Đính kèm / attachment {n}", f"{name} ({size} byte, SHA-256 {sha256})")


def _policy(policy: Policy) -> str:
    words = ["được gửi không ký / may be unsigned" if policy.allow_unsigned else "phải ký số / must be signed"]
    words.append("theo đúng chuẩn / strict" if policy.strict else "du di / lenient")
    if policy.weak_until:
        until = cli_show.day(policy.weak_until)
        words.append(f"thuật toán yếu đến / weak algorithms until {until}")
    return "; ".join(words)


def _seal(seal: CertificateSeen) -> Iterator[str]:
    source = "trong biên nhận / from the receipt" if seal.enclosed else "đã cho / given"
    span = f"{cli_show.day(seal.not_before)} – {cli_show.day(seal.not_after)}"
    yield line("Con dấu / seal", f"{seal.subject} ({source}; {span})")
    yield f"  SHA-256 {seal.sha256}"


def _compared(one: Compared) -> str:
    what = f"tệp / file {one.name}" if one.n == 0 else f"đính kèm / attachment {one.n} {one.name}"
    if one.same:
        return f"Khớp / same: {what}"
    return f"KHÁC / DIFFERS: {what} (SHA-256 {one.found or 'không có / none'})"
