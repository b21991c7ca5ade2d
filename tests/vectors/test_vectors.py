"""The vectors say what this project does, are exactly what their generator makes, and leave no rule out."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

import envelopes
from envelopes.faults import Rule
from envelopes.limits import MAX_ELEMENTS, MAX_SKELETON_BYTES, STATUS_CODES
from envelopes.model import Document, Operation
from tests.vectors.cases import bare
from tests.vectors.judging import judge
from tests.vectors.make import FOLDER, files

if TYPE_CHECKING:
    from envelopes.faults import Fault

INDEX: dict[str, Any] = json.loads((FOLDER / "index.json").read_bytes())
LARGEST = 8 * 1024
"""Bytes of one vector: small enough to be read by a person who wonders why."""

BIG = {
    "split_rules.SKELETON_TOO_LARGE": bare(f"<MessageHeader>{' ' * MAX_SKELETON_BYTES}</MessageHeader>"),
    "split_rules.TOO_MANY_ELEMENTS": bare(f"<MessageHeader>{'<a/>' * MAX_ELEMENTS}</MessageHeader>"),
}
"""Rules whose smallest file is a large one: made when they are needed."""

WITHOUT_VECTOR = {
    "dom.ENTITY": "an entity needs a DOCTYPE, which is refused before",
    "reading_rules.STATUS_SHAPE": "told, never refused; see accepted/status-03-other-shape.edxml",
}
"""Rules that refuse no file by themselves."""


def entries(kind: str) -> list[Any]:
    return [pytest.param(one, id=one["file"].partition("/")[2]) for one in INDEX[kind]]


def told(faults: tuple[Fault, ...]) -> list[dict[str, str]]:
    return [{"code": one.code, "class": one.cls.value, "path": one.path, "source": one.source} for one in faults]


def data_of(entry: dict[str, Any]) -> bytes:
    return (FOLDER / entry["file"]).read_bytes()


@pytest.mark.parametrize("entry", entries("accepted"))
def test_accepted_file_is_taken_as_the_index_says(entry: dict[str, Any]) -> None:
    lenient, strict = judge(data_of(entry)), judge(data_of(entry), lenient=False)
    assert lenient.faults == ()
    assert told(lenient.warnings) == entry["warnings"]
    assert told(strict.faults) == entry["strict"]
    assert lenient.profile == entry["signature"]
    assert len(lenient.contents) == len(entry["attachments"])


@pytest.mark.parametrize("entry", entries("refused"))
def test_refused_file_is_refused_as_the_index_says(entry: dict[str, Any]) -> None:
    lenient, strict = judge(data_of(entry)), judge(data_of(entry), lenient=False)
    if entry["policy"] == "lenient":
        assert told(lenient.faults) == entry["faults"]
        assert strict.faults
    else:
        assert told(strict.faults) == entry["faults"]
        assert (lenient.faults, told(lenient.warnings)) == ((), entry["warnings"])


def test_files_are_exactly_what_the_generator_makes() -> None:
    made = files()
    kept = {f"{folder}/{path.name}" for folder in ("accepted", "refused") for path in (FOLDER / folder).iterdir()}
    assert kept == set(made) - {"index.json"}
    changed = [name for name, data in made.items() if (FOLDER / name).read_bytes() != data]
    assert changed == [], "run: python -m tests.vectors.make"


def test_there_are_vectors_of_everything() -> None:
    accepted = INDEX["accepted"]
    assert {one.get("operation") for one in accepted} >= {operation.value for operation in Operation}
    shapes = {(one.get("status"), bool(one["warnings"])) for one in accepted if one["kind"] == "status"}
    assert shapes >= {(code, other) for code in STATUS_CODES for other in (True, False)}
    assert {one["signature"] for one in accepted} == {None, "P", "W"}
    assert len(accepted) >= 25
    assert len(INDEX["refused"]) >= 60


def test_vectors_are_small() -> None:
    sizes = {one["file"]: (FOLDER / one["file"]).stat().st_size for one in INDEX["accepted"] + INDEX["refused"]}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}


def rules() -> dict[str, Rule]:
    """Every rule that the library declares, by module and name."""
    modules = (one.name for one in pkgutil.iter_modules(envelopes.__path__))
    return {
        f"{module}.{name}": rule
        for module in modules
        for name, rule in vars(importlib.import_module(f"envelopes.{module}")).items()
        if isinstance(rule, Rule) and is_declared_in(module, name)
    }


@cache
def source_of(module: str) -> str:
    return (FOLDER.parent.parent / "envelopes" / f"{module}.py").read_text(encoding="utf-8")


def is_declared_in(module: str, name: str) -> bool:
    return re.search(rf"^{name} = Rule\(", source_of(module), flags=re.MULTILINE) is not None


def is_of(fault: Fault, rule: Rule) -> bool:
    """Whether the fault says what the rule says: several rules may share a code."""
    text = re.escape(rule.en.replace("{{", "\0").replace("}}", "\1"))
    pattern = re.sub(r"\\\{\w+\\\}", ".*", text).replace("\0", r"\{").replace("\1", r"\}")
    return fault.code == rule.code and re.fullmatch(pattern, fault.en, flags=re.DOTALL) is not None


@cache
def refusals() -> tuple[Fault, ...]:
    """Every fault of every refused vector, and of the large ones."""
    found = [judge(data_of(one), lenient=one["policy"] == "lenient").faults for one in INDEX["refused"]]
    found += [judge(data).faults for data in BIG.values()]
    return tuple(fault for faults in found for fault in faults)


@pytest.mark.parametrize("name", rules())
def test_every_rule_has_a_refused_vector(name: str) -> None:
    broken = any(is_of(fault, rules()[name]) for fault in refusals())
    assert broken != (name in WITHOUT_VECTOR), f"{name}: {rules()[name].code}"


@pytest.mark.parametrize("name", [*BIG, *WITHOUT_VECTOR])
def test_exceptions_are_rules_that_exist(name: str) -> None:
    assert name in rules()


def test_message_is_read_as_the_index_says() -> None:
    for entry in INDEX["accepted"]:
        message = judge(data_of(entry)).message
        assert message is not None
        assert message.sender.code == entry["sender"]
        assert isinstance(message, Document) == (entry["kind"] == "document")
        if isinstance(message, Document):
            found = (message.operation, message.target, [one.code for one in message.recipients])
            assert found == (entry["operation"], entry["target"], entry["recipients"])
        else:
            assert (message.code, message.answers.reference) == (entry["status"], entry["reference"])
