"""JSON answers into frozen dataclasses and back, strictly, so that a caller never meets a half-understood answer.

A field that the exchange adds later is ignored; a known one that is missing or of another type is an error.
"""

from __future__ import annotations

import json
import types
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

from envelopes.faults import Fault, FaultClass
from envelopes.moments import can_be_shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


class AnswerWrong(ValueError):  # noqa: N818 - says what it is
    """The answer does not have the shape of API v1; the text names the place."""


def parse(cls: type[T], data: bytes) -> T:
    """The answer in `data` as `cls`. Raises `AnswerWrong`."""
    try:
        value = json.loads(data)
    except ValueError as error:
        raise AnswerWrong(f"not JSON: {error}") from None
    found: T = _read(cls, value, cls.__name__)
    return found


def faults_in(value: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Every fault of a problem (RFC 9457). Raises `AnswerWrong`."""
    found: tuple[Fault, ...] = _read(tuple[Fault, ...], value.get("faults", []), "faults")
    return found


def plain(value: Any) -> Any:
    """Dataclasses, also within dicts and lists, as JSON's own types in the words of API v1."""
    if isinstance(value, Fault):
        message = {"vi": value.vi, "en": value.en}
        texts = {key: getattr(value, name) for name, key in _FAULT_TEXTS.items()}
        return {"code": value.code, "class": value.cls.value, "message": message, **texts}
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _read(kind: Any, value: Any, path: str) -> Any:
    origin = get_origin(kind)
    if origin is types.UnionType:
        return _optional(kind, value, path)
    if origin is tuple:
        return _items(get_args(kind)[0], value, path)
    if kind in _SCALARS:
        return _SCALARS[kind](value, path)
    if is_dataclass(kind):
        return _record(kind, value, path)
    raise TypeError(f"{path}: no way to read {kind} from JSON")


def _optional(kind: Any, value: Any, path: str) -> Any:
    if value is None:
        return None
    (inner,) = (one for one in get_args(kind) if one is not types.NoneType)
    return _read(inner, value, path)


def _items(kind: Any, value: Any, path: str) -> tuple[Any, ...]:
    items = _checked(list, value, path)
    return tuple(_read(kind, item, f"{path}[{n}]") for n, item in enumerate(items))


def _record(kind: Any, value: Any, path: str) -> Any:
    given = _checked(dict, value, path)
    return kind(
        **{
            field.name: _read(hint, given[field.name], f"{path}.{field.name}")
            for field, hint in _shape(kind)
            if field.name in given or _demanded(field, path)
        }
    )


@cache
def _shape(kind: Any) -> tuple[tuple[Field[Any], Any], ...]:
    hints = get_type_hints(kind)
    return tuple((field, hints[field.name]) for field in fields(kind))


def _demanded(field: Field[Any], path: str) -> bool:
    if field.default is MISSING and field.default_factory is MISSING:
        raise AnswerWrong(f"{path}.{field.name} is missing")
    return False


def _checked(kind: type[T], value: Any, path: str) -> T:
    if type(value) is not kind:
        raise AnswerWrong(f"{path} is {type(value).__name__}, not {kind.__name__}")
    return value


def _simple(kind: type[Any]) -> Callable[[Any, str], Any]:
    return lambda value, path: _checked(kind, value, path)


def _moment(value: Any, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_checked(str, value, path))
    except ValueError:
        raise AnswerWrong(f"{path} is not a time of RFC 3339: {value}") from None
    if moment.tzinfo is None:
        raise AnswerWrong(f"{path} has no time zone: {value}")
    if not can_be_shown(moment):
        raise AnswerWrong(f"{path} is at the end of the calendar: {value}")
    return moment.astimezone(UTC)


def _day(value: Any, path: str) -> date:
    try:
        return date.fromisoformat(_checked(str, value, path))
    except ValueError:
        raise AnswerWrong(f"{path} is not a date: {value}") from None


def _fault(value: Any, path: str) -> Fault:
    given = _checked(dict, value, path)
    message = _checked(dict, given.get("message"), f"{path}.message")
    texts = {name: _checked(str, given.get(key) or "", f"{path}.{key}") for name, key in _FAULT_TEXTS.items()}
    try:
        cls = FaultClass(given.get("class") or FaultClass.BAD_VALUE)
    except ValueError:
        raise AnswerWrong(f"{path}.class is unknown: {given['class']}") from None
    return Fault(
        code=_checked(str, given.get("code"), f"{path}.code"),
        cls=cls,
        vi=_checked(str, message.get("vi"), f"{path}.message.vi"),
        en=_checked(str, message.get("en"), f"{path}.message.en"),
        **texts,
    )


_FAULT_TEXTS = {"path": "path", "value": "value", "source": "rule"}
_SCALARS: Mapping[Any, Callable[[Any, str], Any]] = types.MappingProxyType(
    {
        str: _simple(str),
        int: _simple(int),
        bool: _simple(bool),
        datetime: _moment,
        date: _day,
        Fault: _fault,
    }
)
