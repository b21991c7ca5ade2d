"""Blocks of base64 text: whether a layout makes them, and what is in them. Plain functions, each a few C calls."""

from __future__ import annotations

import binascii
import re

from envelopes.layout import RUN_LIMIT, WHITESPACE, Layout

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
"""RFC 4648 section 4, with the padding."""

FOREIGN = re.compile(rb"[^A-Za-z0-9+/=\t\n\r ]")

REFERENCES = (b"&#13;", b"&#10;", b"&#xD;", b"&#xd;", b"&#xA;", b"&#xa;")
"""CR and LF written as character references: Java's libraries end every line with `&#13;` and a line feed."""

_CUT_REFERENCE = re.compile(rb"&(?:#(?:1[03]?|x[aAdD]?)?)?\Z")

LINE_LIMIT = 16 * 1024
"""Longest line that counts as one of a layout: four of them fit into a block; MIME's have 76 characters."""


def unit(shape: Layout) -> int:
    """Bytes of text after which lines and groups of four characters begin together again."""
    return 4 * (shape.line + len(shape.newline)) if shape.line else 4


def shape_of(text: bytes) -> Layout | None:
    """Lead, line length and newline as the beginning of a text shows them; None when it cannot be regular."""
    body = text.lstrip(WHITESPACE)
    if not body:
        return Layout()
    lead = text[: len(text) - len(body)]
    if len(lead) > RUN_LIMIT:
        return None
    line = _first_space(body)
    behind = body[line : line + RUN_LIMIT + 1]
    newline = behind[: len(behind) - len(behind.lstrip(WHITESPACE))]
    if line + len(newline) >= len(body):  # white space at the end only: one line
        return Layout(lead=lead)
    if line > LINE_LIMIT or len(newline) > RUN_LIMIT:
        return None
    return Layout(lead=lead, line=line, newline=newline)


def _first_space(text: bytes) -> int:
    """Where the first white space is; the text's length if there is none."""
    first = len(text)
    for space in (b"\n", b"\r", b" ", b"\t"):
        place = text.find(space, 0, first)
        first = place if place >= 0 else first
    return first


def regular(text: bytes, shape: Layout) -> bytes | None:
    """The payload of whole units of text; None when a newline is elsewhere, or anything but full groups is there.

    The decoder passes over what is no base64; that it found as many characters as there are places for them proves
    that each place holds one.
    """
    rows = len(text) // (shape.line + len(shape.newline)) if shape.line else 0
    if b"=" in text or (rows and not _has_newlines(text, shape, rows)):
        return None
    try:
        payload = binascii.a2b_base64(text)
    except binascii.Error:
        return None
    characters = rows * shape.line if shape.line else len(text)
    return payload if 4 * len(payload) == 3 * characters else None


def _has_newlines(text: bytes, shape: Layout, rows: int) -> bool:
    period = shape.line + len(shape.newline)
    return all(text[shape.line + at :: period] == shape.newline[at : at + 1] * rows for at in range(len(shape.newline)))


def without_references(text: bytes) -> bytes:
    """The text with blanks in place of references to CR and LF, byte for byte; all others are left for a refusal."""
    if b"&" in text:
        for reference in REFERENCES:
            text = text.replace(reference, b" " * len(reference))
    return text


def cut_reference(text: bytes) -> int:
    """Where a reference begins that may go on behind the end of the text; the text's length if none does."""
    found = _CUT_REFERENCE.search(text, max(0, len(text) - len(REFERENCES[0])))
    return found.start() if found else len(text)


def decoded(characters: bytes) -> bytes | None:
    """The payload of whole groups of characters, padded at the end only; None for anything else."""
    padding = characters.find(b"=")
    if padding >= 0 and characters[padding:] not in (b"=", b"=="):
        return None
    try:
        return binascii.a2b_base64(characters, strict_mode=True)
    except binascii.Error:
        return None


def last(characters: bytes) -> bytes | None:
    """The payload of the last characters; None when encoding it again would not give exactly them."""
    payload = decoded(characters)
    if payload is None or binascii.b2a_base64(payload, newline=False) != characters:
        return None
    return payload
