"""Every rule of this folder can be said: both languages, with the same places to fill."""

from __future__ import annotations

from string import Formatter

import pytest

from envelopes.faults import Rule
from signing import certificate_rules, gate_rules, sign_rules

RULES = [
    value
    for module in (certificate_rules, gate_rules, sign_rules)
    for value in vars(module).values()
    if isinstance(value, Rule)
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_rule_says_the_same_in_both_languages(rule: Rule) -> None:
    names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (rule.vi, rule.en)]
    assert names[0] == names[1]
    assert not names[0] & {"value", "path", "self"}, "taken by the arguments of Rule.at"
    fault = rule.at("place", "value", **dict.fromkeys(names[0], "x"))
    assert fault.vi
    assert fault.vi.endswith(".")
    assert fault.en.endswith(".")
