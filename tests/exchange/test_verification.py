"""Looking at a file from outside says what the vectors say, and tells more where taking in would have stopped."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from exchange.verification import Verification, verify_file
from signing.appraising import Given
from signing.certificates import crl_facts, describe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envelopes.faults import Fault

VECTORS = Path(__file__).parent.parent / "vectors"
INDEX: dict[str, Any] = json.loads((VECTORS / "index.json").read_text(encoding="utf-8"))
KEYS = VECTORS / "keys"


def by_name(kind: str) -> list[Any]:
    return [pytest.param(one, id=Path(one["file"]).stem) for one in INDEX[kind]]


def verified(file: str, *, lenient: bool = True) -> Verification:
    given = Given(
        certificates=(describe((KEYS / "H08.02.pem").read_bytes()).der,),
        roots=(describe((KEYS / "root.pem").read_bytes()).der,),
        crls=(crl_facts((KEYS / "root.crl").read_bytes()).der,),
    )
    at = datetime.fromisoformat(INDEX["now"])
    return verify_file(VECTORS / file, given=given, at=at, lenient=lenient, moved=lambda done, total: None)


def told(faults: Iterable[Fault]) -> list[tuple[str, str]]:
    return [(fault.code, fault.path) for fault in faults]


def expected(faults: Iterable[dict[str, str]]) -> list[tuple[str, str]]:
    return [(fault["code"], fault["path"]) for fault in faults]


@pytest.mark.parametrize("vector", by_name("accepted"))
def test_file_to_take_is_said_to_be_what_it_is(vector: dict[str, Any]) -> None:
    found = verified(vector["file"])
    assert told(found.faults) == []
    assert sorted(told(found.warnings)) == sorted(expected(vector["warnings"]))
    assert found.message is not None
    assert (found.message.kind, found.message.sender.code) == (vector["kind"], vector["sender"])
    if vector["kind"] == "document":
        assert (found.message.operation, found.message.reference) == (vector["operation"], vector["reference"])
        assert [one.code for one in found.message.recipients] == vector["recipients"]
    else:
        assert found.message.status == vector["status"]
    assert [(one.name, one.size, one.sha256) for one in found.attachments] == [
        (one["name"], one["size"], one["sha256"]) for one in vector.get("attachments", ())
    ]
    opened = [
        one.unwrapped and {"size": one.unwrapped.size, "sha256": one.unwrapped.sha256} for one in found.attachments
    ]
    assert opened == [one["opened"] for one in vector.get("attachments", ())]


@pytest.mark.parametrize("vector", by_name("accepted"))
def test_signature_is_called_verified_exactly_where_there_is_one(vector: dict[str, Any]) -> None:
    seen = verified(vector["file"]).signature
    assert seen.profile == vector["signature"]
    assert (seen.outcome == "verified") == (vector["signature"] is not None)
    assert seen.outcome in ("verified", "absent", "decoration")


@pytest.mark.parametrize("vector", by_name("accepted"))
def test_strict_says_what_strict_taking_says(vector: dict[str, Any]) -> None:
    found = verified(vector["file"], lenient=False)
    assert sorted(told(found.faults)) == sorted(expected(vector["strict"]))
    assert found.accepted == (not vector["strict"])


@pytest.mark.parametrize("vector", by_name("refused"))
def test_file_to_refuse_is_refused_for_all_that_taking_in_names(vector: dict[str, Any]) -> None:
    found = verified(vector["file"], lenient=vector["policy"] == "lenient")
    assert not found.accepted
    assert set(expected(vector["faults"])) <= set(told(found.faults))
    assert all(fault.vi and fault.en for fault in found.faults)
