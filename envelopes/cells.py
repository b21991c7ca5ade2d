"""Cells of tables that spreadsheets open: what somebody wrote is text there, and never a formula (SECURITY TM-49)."""

from __future__ import annotations

import re

_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
"""How a text begins that a spreadsheet would carry out, or would take for ours."""

_MARKED = re.compile("'" + _FORMULA.pattern)


def harmless_cell(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet would carry it out; `plain_cell` takes that away again."""
    return f"'{text}" if _FORMULA.match(text) else text


def plain_cell(cell: str) -> str:
    """The text that `harmless_cell` made this cell of."""
    return cell[1:] if _MARKED.match(cell) else cell
