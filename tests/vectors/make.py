"""Writes the vectors and their index: `python -m tests.vectors.make`. The same bytes on every machine."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envelopes.model import Document
from tests.vectors.accepting import ACCEPTED as UNSIGNED
from tests.vectors.cases import TODAY, Accepted, Refused
from tests.vectors.judging import Judged, judge
from tests.vectors.refusing_attachments import ATTACHMENTS
from tests.vectors.refusing_fields import FIELDS
from tests.vectors.refusing_markup import MARKUP
from tests.vectors.signed import FORGED, SIGNED
from tests.vectors.signing_keys import NOW

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envelopes.faults import Fault
    from tests.vectors.cases import Told

FOLDER = Path(__file__).parent
ACCEPTED: tuple[Accepted, ...] = (*UNSIGNED, *SIGNED)
REFUSED: tuple[Refused, ...] = (*MARKUP, *FIELDS, *ATTACHMENTS, *FORGED)


def main() -> None:
    """Write everything anew."""
    for folder in ("accepted", "refused"):
        shutil.rmtree(FOLDER / folder, ignore_errors=True)
        (FOLDER / folder).mkdir()
    for name, data in files().items():
        (FOLDER / name).write_bytes(data)


def files() -> dict[str, bytes]:
    """Every file of the vectors, the index included, by its name in this folder."""
    made = {f"accepted/{one.name}.edxml": one.data for one in ACCEPTED}
    made |= {f"refused/{one.name}.edxml": one.data for one in REFUSED}
    assert len(made) == len(ACCEPTED) + len(REFUSED), "two vectors have one name"
    index = json.dumps(index_of(), ensure_ascii=False, indent=1) + "\n"
    return made | {"index.json": index.encode()}


def index_of() -> dict[str, Any]:
    """What is expected of each file. Raises AssertionError when this project itself does not do it."""
    return {
        "format": 1,
        "today": TODAY.isoformat(),
        "now": NOW.isoformat(),
        "accepted": [_accepted(one) for one in ACCEPTED],
        "refused": [_refused(one) for one in REFUSED],
    }


def _accepted(case: Accepted) -> dict[str, Any]:
    lenient, strict = judge(case.data), judge(case.data, lenient=False)
    _agree(case.name, lenient.faults, ())
    _agree(case.name, lenient.warnings, case.warnings)
    _agree(case.name, strict.faults, case.warnings if case.strict is None else case.strict)
    assert lenient.contents == case.contents, case.name
    assert lenient.opened == case.opened, case.name
    return {
        "file": f"accepted/{case.name}.edxml",
        "note": case.note,
        **_message(lenient),
        "signature": lenient.profile,
        "warnings": _told(lenient.warnings),
        "strict": _told(strict.faults),
        "attachments": _attachments(lenient),
    }


def _refused(case: Refused) -> dict[str, Any]:
    lenient, strict = judge(case.data), judge(case.data, lenient=False)
    if case.lenient is None:
        _agree(case.name, lenient.faults, case.faults)
        assert strict.faults, case.name
    else:
        _agree(case.name, strict.faults, case.faults)
        _agree(case.name, lenient.faults, ())
        _agree(case.name, lenient.warnings, case.lenient)
    return {
        "file": f"refused/{case.name}.edxml",
        "note": case.note,
        "policy": "lenient" if case.lenient is None else "strict",
        "faults": _told(lenient.faults if case.lenient is None else strict.faults),
        "warnings": [] if case.lenient is None else _told(lenient.warnings),
    }


def _agree(name: str, found: Iterable[Fault], expected: Iterable[Told]) -> None:
    seen = tuple((one.code, one.path) for one in found)
    assert seen == tuple(expected), f"{name}: expected {tuple(expected)}, found {seen}"


def _message(judged: Judged) -> dict[str, Any]:
    """Enough of the message to compare: what it is, whose, and what it speaks of."""
    message = judged.message
    assert message is not None
    if isinstance(message, Document):
        return {
            "kind": "document",
            "operation": message.operation.value,
            "sender": message.sender.code,
            "recipients": [one.code for one in message.recipients],
            "reference": message.reference,
            "target": message.target,
        }
    return {
        "kind": "status",
        "status": message.code,
        "sender": message.sender.code,
        "about": message.answers.agency,
        "reference": message.answers.reference,
    }


def _attachments(judged: Judged) -> list[dict[str, Any]]:
    if not isinstance(judged.message, Document):
        return []
    opened = dict(judged.opened)
    return [
        {
            "name": head.name,
            **_digest(data),
            "opened": _digest(opened[head.n]) if head.n in opened else None,
        }
        for head, data in zip(judged.message.attachments, judged.contents, strict=True)
    ]


def _digest(data: bytes) -> dict[str, Any]:
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _told(faults: Iterable[Fault]) -> list[dict[str, str]]:
    return [{"code": one.code, "class": one.cls.value, "path": one.path, "source": one.source} for one in faults]


if __name__ == "__main__":
    main()
