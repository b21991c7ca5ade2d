"""Rules of keeping: days found backwards are those found forwards, and no document falls under two rules."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from envelopes.document_types import DOCUMENT_TYPES, is_listed, meant_type, type_key, type_words
from envelopes.keeping import ANY, KeepingRule, last_accepted, last_day, no_longer_kept, rule_for

DAYS = some.dates(date(2000, 1, 1), date(2099, 12, 31))
MONTHS = some.integers(1, 840)
KINDS = (ANY, "quyết định", "công văn", "thông báo")
RULES = some.lists(
    some.builds(
        lambda kind, day, months: (kind, day, months),
        some.sampled_from(KINDS[:3]),
        some.dates(date(2020, 1, 1), date(2024, 12, 31)),
        some.none() | some.integers(1, 48),
    ),
    max_size=8,
    unique_by=lambda one: one[:2],
)


def rules_of(found: list[tuple[str, date, int | None]]) -> list[KeepingRule]:
    return [
        KeepingRule(id=n, document_type=kind, valid_from=day, months=months)
        for n, (kind, day, months) in enumerate(found, 1)
    ]


@pytest.mark.parametrize(
    ("accepted", "months", "kept"),
    [
        ("2026-11-20", 120, "2036-11-20"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-12-31", 1, "2027-01-31"),
        ("2026-11-20", 840, "2096-11-20"),
    ],
)
def test_document_is_kept_to_the_same_day_of_its_last_month(accepted: str, months: int, kept: str) -> None:
    assert last_day(date.fromisoformat(accepted), months) == date.fromisoformat(kept)


@given(DAYS, MONTHS, some.integers(-3, 3))
def test_what_was_accepted_by_the_last_day_is_what_is_over(today: date, months: int, days: int) -> None:
    accepted = last_accepted(today, months) + timedelta(days=days)
    assert (last_day(accepted, months) < today) is (days <= 0)


@given(RULES, some.sampled_from(KINDS), DAYS, DAYS)
def test_document_is_removed_by_the_one_rule_it_falls_under(
    found: list[tuple[str, date, int | None]], kind: str, accepted: date, today: date
) -> None:
    rules = rules_of(found)
    mine = rule_for(rules, kind, accepted)
    over = mine is not None and mine.months is not None and last_day(accepted, mine.months) < today
    hit = [
        stretch.rule
        for stretch in no_longer_kept(rules, today)
        if stretch.rule.document_type in (ANY, kind)
        and stretch.first <= accepted <= stretch.last
        and not any(kind == other and accepted >= since for other, since in stretch.others)
    ]
    assert hit == ([mine] if over else [])


def test_without_a_rule_everything_is_kept() -> None:
    assert no_longer_kept([], date(2099, 1, 1)) == []
    assert rule_for([], "công văn", date(2026, 1, 1)) is None


def test_own_rule_of_a_type_wins_over_the_one_for_any() -> None:
    rules = rules_of([(ANY, date(2020, 1, 1), 12), ("quyết định", date(2022, 1, 1), None)])
    before, since = date(2021, 12, 31), date(2022, 1, 1)
    assert [rule_for(rules, "quyết định", day) for day in (before, since)] == [rules[0], rules[1]]
    assert rule_for(rules, "công văn", since) == rules[0]


def test_types_are_told_apart_by_everything_but_case_and_spaces() -> None:
    assert type_key(" QUYẾT  ĐỊNH ") == type_key("Quyết định")
    assert type_key("Quye\u0302\u0301t đi\u0323nh") == type_key("Quyết định")  # letters and marks apart
    assert len({type_key(one.name) for one in DOCUMENT_TYPES}) == len(DOCUMENT_TYPES) == 32
    short = [type_key(one.abbreviation) for one in DOCUMENT_TYPES if one.abbreviation]
    assert len(set(short)) == len(short)
    assert type_key("Quy định") != type_key("Quyết định")
    assert type_key("Quyet dinh") != type_key("Quyết định")


def test_person_may_type_an_abbreviation() -> None:
    assert type_words(meant_type("qđ")) == "Quyết định"
    assert type_words(meant_type("công văn")) == "Công văn"
    assert meant_type("Nghị định") == "nghị định"
    assert (is_listed("công văn"), is_listed("nghị định")) == (True, False)
