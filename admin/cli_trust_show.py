"""How roots, intermediates, revocation lists and their sources look, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from admin import cli_show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.authorities import Loaded, Trusted
    from signing.certificates import CrlFacts
    from storage.revocation_sources import SourceRow
    from storage.trust import AuthorityRow, EvidenceRow, ListRow


def told_list(one: CrlFacts | ListRow | EvidenceRow) -> dict[str, object]:
    """A revocation list for a program to read."""
    return {
        "sha256": one.sha256.hex(),
        "issuer": one.issuer,
        "this_update": one.this_update,
        "next_update": one.next_update,
    }


def told_sources(found: Sequence[SourceRow]) -> list[dict[str, object]]:
    """Sources for a program to read."""
    return [
        {
            "url": one.url,
            "every_seconds": one.every_seconds,
            "issuer": one.issuer,
            "tried_at": one.tried_at,
            "fetched_at": one.fetched_at,
            "due_at": one.due_at,
            "failures": one.failures,
            "reason": one.outcome,
        }
        for one in found
    ]


def told_trust(trusted: Trusted) -> dict[str, object]:
    """Everything for a program to read; `seconds_left` is negative when a list is stale."""
    return {
        "authorities": [
            {
                "sha256": one.sha256.hex(),
                "kind": "root" if one.is_root else "intermediate",
                "subject": one.subject,
                "added_at": one.added_at,
                "revocation_lists": [
                    told_list(each) | {"seconds_left": trusted.seconds_left(each)}
                    for each in trusted.lists_of(one.subject)
                ],
            }
            for one in trusted.authorities
        ],
        "sources": told_sources(trusted.sources),
        "ocsp": [
            {
                "issuer": one.issuer,
                "url": one.url,
                "every_seconds": one.every_seconds,
                "asked": one.asked,
                "failing": one.failing,
                "reason": one.outcome,
            }
            for one in trusted.responders
        ],
    }


def show_trust(trusted: Trusted) -> None:
    """Everything for a person to read."""
    cli_show.table(
        f"Tổ chức chứng thực / authorities: {len(trusted.authorities)}",
        ("SHA-256", "Tên / name", "Loại / kind", "Danh sách thu hồi / revocation list"),
        (
            (one.sha256.hex()[:16], one.subject, "gốc / root" if one.is_root else "trung gian", _lists(trusted, one))
            for one in trusted.authorities
        ),
    )
    show_sources(trusted.sources)
    if trusted.responders:
        cli_show.table(
            f"OCSP: {len(trusted.responders)}",
            ("Địa chỉ / address", "CA / authority", "Đã hỏi, lỗi / asked, failing"),
            ((one.url, one.issuer, f"{one.asked}, {one.failing} {one.outcome or ''}") for one in trusted.responders),
        )


def show_loaded(loaded: Loaded) -> None:
    """What became of a revocation list that somebody gave."""
    facts, newer = loaded.facts, loaded.newer
    if newer:
        cli_show.say(
            f"Bỏ qua: đã có danh sách mới hơn của / ignored, a newer list is loaded of {facts.issuer}",
            f"  danh sách này / this one:  {_span(facts)}",
            f"  đang dùng / in use:        {_span(newer)}",
        )
    else:
        cli_show.say(
            f"Đã nạp danh sách thu hồi của / took the list of {facts.issuer}",
            f"  hiệu lực / in force: {_span(facts)}",
        )
    if loaded.ended:
        cli_show.say(
            "  danh sách này đã hết hiệu lực / this list has already ended",
            *(
                ()
                if newer
                else ("  văn bản vẫn bị tạm giữ tới khi nạp danh sách mới / documents are held until a new one",)
            ),
        )


def show_sources(found: Sequence[SourceRow]) -> None:
    """Where lists come from, and how it went the last time."""
    cli_show.table(
        f"Nguồn danh sách thu hồi / sources: {len(found)}",
        ("Địa chỉ / address", "Tải được lúc / fetched", "Lần tới / next", "Kết quả / result"),
        (
            (
                one.url,
                cli_show.moment(one.fetched_at) or "chưa / never",
                cli_show.moment(one.due_at),
                f"lỗi / failed × {one.failures}: {one.outcome}" if one.failures else one.issuer or "",
            )
            for one in found
        ),
    )


def _span(one: CrlFacts | ListRow) -> str:
    until = cli_show.moment(one.next_update) or "không ghi / not said"
    return f"{cli_show.moment(one.this_update)} – {until}"


def _lists(trusted: Trusted, authority: AuthorityRow) -> str:
    lists = trusted.lists_of(authority.subject)
    if not lists:
        responders = [one for one in trusted.responders if one.issuer == authority.subject]
        return "OCSP" if responders else "CHƯA CÓ / none"
    return "\n".join(_list(trusted, one) for one in lists)


def _list(trusted: Trusted, one: ListRow) -> str:
    hours = (trusted.now - one.this_update).total_seconds() / 3600
    until = cli_show.moment(one.next_update) or "không ghi / not said"
    stale = " ĐÃ CŨ / STALE" if trusted.seconds_left(one) < 0 else ""
    return f"{hours:.1f} giờ trước / h old, đến / until {until}{stale}"
