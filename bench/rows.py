"""What a measurement is, and how it is printed."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure; `ceiling` is what the machine could do at the most, in the same unit and measured in the same run."""

    what: str
    value: float
    unit: str
    ceiling: float | None = None
    ceiling_of: str = ""
    aim: str = ""


def show(title: str, rows: list[Row]) -> None:
    """Print the rows as a table."""
    table = Table(title=title, title_justify="left", show_edge=False)
    for name in ("measured", "value", "unit", "ceiling", "share", "ceiling is", "aim"):
        table.add_column(name, justify="right" if name in {"value", "ceiling", "share"} else "left")
    for row in rows:
        share = f"{row.value / row.ceiling:.0%}" if row.ceiling else ""
        ceiling = number(row.ceiling) if row.ceiling else ""
        table.add_row(row.what, number(row.value), row.unit, ceiling, share, row.ceiling_of, row.aim)
    Console().print(table)
    Console().print()


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
