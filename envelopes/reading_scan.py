"""Looking at one part of a message: its children by name, their text, and everything wrong with them at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envelopes import reading_rules as rules
from envelopes.leniency import Notes
from envelopes.limits import NS
from envelopes.part_rules import ELEMENT_IN_VALUE, ELEMENT_NAMESPACE, ELEMENT_REPEATED, TEXT_STRAY
from envelopes.parts import local_name
from envelopes.secrecy import mark_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from lxml import etree

    from envelopes.faults import Rule

_WHITE = " \t\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The children an element may have: `one` with the characters each may hold (0: no limit), `many` repeated ones."""

    one: Mapping[str, int] = field(default_factory=dict)
    many: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        tags = {f"{{{NS}}}{name}": name for name in (*self.one, *self.many)}
        object.__setattr__(self, "tags", tags)


class Scan(Notes):
    """What is wrong with one message, and the day it is read on."""

    def __init__(self, *, lenient: bool, today: date) -> None:
        super().__init__(lenient=lenient)
        self.today = today

    def stranger(self, child: etree._Element, path: str, shape: Shape) -> None:
        """An element without a place here: told, and looked at for a mark of secrecy."""
        name = local_name(child.tag)
        expected = f"{{{NS}}}{name}"
        if expected in shape.tags:  # old receivers go by local names: what only they would read must not pass
            self.note(ELEMENT_NAMESPACE, path, child.tag, expected=expected, found=child.tag)
            return
        self.note(rules.ELEMENT_ODD, path, child.tag, name=name)
        for text in child.itertext():
            self.secrecy(str(text), path)

    def secrecy(self, text: str, path: str) -> None:
        """Refuse a text that is a mark of secrecy; only the mark is told, never the text around it (C24)."""
        if text and (mark := mark_of(text)):
            self.note(rules.SECRET, path, mark, mark=mark)


class Section:
    """One element with known children, or the place where it should be (then everything in it is missing)."""

    def __init__(self, scan: Scan, element: etree._Element | None, path: str, shape: Shape) -> None:
        self.scan = scan
        self.path = path
        self.element = element
        self._shape = shape
        self._found: dict[str, list[etree._Element]] = {}
        if element is not None:
            self._gather(element)

    def _gather(self, element: etree._Element) -> None:
        tags, many, found = self._shape.tags, self._shape.many, self._found
        self._need_white(element.text, element)
        for child in element:
            self._need_white(child.tail, element)
            name = tags.get(child.tag)
            if name is None:
                self.scan.stranger(child, f"{self.path}/{local_name(child.tag)}", self._shape)
            elif name not in found:
                found[name] = [child]
            elif name in many:
                found[name].append(child)
            else:
                self.scan.note(ELEMENT_REPEATED, self.at(name), name=name)

    def _need_white(self, text: str | None, element: etree._Element) -> None:
        if text and not text.isspace():
            self.scan.note(TEXT_STRAY, self.path, text.strip(), name=local_name(element.tag))

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def at(self, name: str) -> str:
        """The path of a child."""
        return f"{self.path}/{name}"

    def text(self, name: str) -> str:
        """The child's text without white space around it, "" when it is absent or empty; its length is looked at."""
        found = self._found.get(name)
        if not found:
            return ""
        value = self._value(found[0], self.at(name))
        limit = self._shape.one.get(name, 0)
        if limit and len(value) > limit:
            self.note(rules.FIELD_TOO_LONG, name, value, length=len(value), limit=limit)
        return value

    def required(self, name: str, rule: Rule = rules.FIELD_MISSING) -> str:
        """The child's text; without any, `rule` is broken."""
        value = self.text(name)
        if not value:
            self.note(rule, name)
        return value

    def texts(self, name: str, limit: int = 0) -> tuple[str, ...]:
        """The texts of a repeated child, without empty ones."""
        values = []
        for n, element in enumerate(self._found.get(name, ()), 1):
            value = self._value(element, f"{self.at(name)}[{n}]")
            if limit and len(value) > limit:
                self.note(rules.FIELD_TOO_LONG, f"{name}[{n}]", value, length=len(value), limit=limit)
            if value:
                values.append(value)
        return tuple(values)

    def all_texts(self, name: str) -> tuple[str, ...]:
        """Every text in a repeated child, however it is nested: for elements of which only the name is known."""
        found = (str(text).strip(_WHITE) for element in self._found.get(name, ()) for text in element.itertext())
        return tuple(text for text in found if text)

    def one(self, name: str, shape: Shape) -> Section:
        """The child as a section; absent, it is a section in which everything is missing."""
        found = self._found.get(name)
        return Section(self.scan, found[0] if found else None, self.at(name), shape)

    def many(self, name: str, shape: Shape) -> Iterator[Section]:
        """The repeated child's sections, in order."""
        for n, element in enumerate(self._found.get(name, ()), 1):
            yield Section(self.scan, element, f"{self.at(name)}[{n}]", shape)

    def note(self, rule: Rule, name: str, value: object = "", **named: object) -> None:
        """Record a broken rule at a child."""
        self.scan.note(rule, self.at(name), value, **{"name": name, **named})

    def _value(self, element: etree._Element, path: str) -> str:
        if len(element):
            self.scan.note(ELEMENT_IN_VALUE, path, name=local_name(element.tag))
        return (element.text or "").strip(_WHITE)
