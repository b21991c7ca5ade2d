"""Every rule of this folder can be said: both languages, with the same places to fill."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import pytest

import signing
from envelopes.faults import Rule
from signing import certificate_rules, gate_rules, key_rules, sign_rules

RULES = [
    value
    for module in (certificate_rules, gate_rules, key_rules, sign_rules)
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


def test_every_use_of_a_rule_fills_its_places() -> None:
    """A place left open would raise inside the gate, where it would pass for a library's exception."""
    codes = {
        name: rule
        for module in (certificate_rules, gate_rules, key_rules, sign_rules)
        for name, rule in vars(module).items()
        if isinstance(rule, Rule)
    }
    used = set()
    for path in Path(signing.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            name, given = _rule_call(call)
            if name in codes:
                wanted = {place for _, place, _, _ in Formatter().parse(codes[name].en) if place}
                assert given - {"path", "value"} == wanted, f"{path.name}: {name}"
                used.add(name)
    assert used >= codes.keys() - {"UNREADABLE", "LIST_UNREADABLE"}  # these two also travel as arguments


def _rule_call(call: ast.AST) -> tuple[str, set[str]]:
    """`rules.NAME.at(..., name=...)` as NAME and its keywords."""
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in ("at", "refuse")):
        return "", set()
    rule = call.func.value
    return getattr(rule, "attr", ""), {keyword.arg or "" for keyword in call.keywords}
