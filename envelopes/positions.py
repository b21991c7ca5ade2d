"""Line, column and byte in a file of which only the skeleton is at hand."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place as editors show it, `line` and `column` from 1 in characters, and its `byte` from 0."""

    line: int
    column: int
    byte: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An attachment's text that stood at byte `cut` of the skeleton; `behind` bytes of it after its last line feed."""

    cut: int
    size: int
    newlines: int
    behind: int


@dataclass(slots=True)
class Positions:
    """The skeleton as it grows, and the gaps in it."""

    skeleton: bytearray = field(default_factory=bytearray)
    gaps: list[Gap] = field(default_factory=list)
    skipped: int = 0

    def add(self, gap: Gap) -> None:
        """Note a text that is not in the skeleton, behind all others."""
        self.gaps.append(gap)
        self.skipped += gap.size

    def byte(self, index: int) -> int:
        """The byte of the file that is at `index` of the skeleton; at a gap, the one behind it."""
        return index + sum(gap.size for gap in self.gaps if gap.cut <= index)

    def place(self, index: int) -> Place:
        """Where `index` of the skeleton is in the file."""
        before = [gap for gap in self.gaps if gap.cut <= index]
        line = 1 + self.skeleton.count(b"\n", 0, index) + sum(gap.newlines for gap in before)
        start, column = self.skeleton.rfind(b"\n", 0, index) + 1, 1
        for gap in before:
            if gap.cut >= start:
                column = (1 if gap.newlines else column + self._characters(start, gap.cut)) + gap.behind
                start = gap.cut
        return Place(line=line, column=column + self._characters(start, index), byte=self.byte(index))

    def _characters(self, start: int, end: int) -> int:
        return len(self.skeleton[start:end].decode("utf-8", "replace"))
