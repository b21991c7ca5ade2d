"""Marks of secrecy. edXML has no field for them, so a mark counts wherever a sender would put one (conformance C24).

A mark is recognised when it is all a text says ("Mật", "Độ mật: Tối mật", "TUYET MAT") or when it stands in brackets
at the start or the end ("(Mật) V/v …"). A text that merely speaks of secrets ("V/v bảo vệ bí mật nhà nước") is not one.
"""

from __future__ import annotations

import re
import unicodedata

from envelopes.limits import SECRECY_MARKS

_LABEL = re.compile(r"(?:độ|mức độ|do|muc do) (?:mật|mat)\s*[:\-–]?\s*")
_BRACKETED = re.compile(r"^\s*[\[(]([^\])]{2,20})[\])]|[\[(]([^\])]{2,20})[\])]\s*$")
_AROUND = " \t\r\n.,:;*!\"'()[]<>«»“”-–_"


def _plain(text: str) -> str:
    """Without diacritics, as it is typed on old systems."""
    letters = unicodedata.normalize("NFD", text.replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


_PLAIN_MARKS = {_plain(mark): mark for mark in SECRECY_MARKS}


def mark_of(text: str) -> str:
    """The mark of secrecy that `text` is or carries in brackets; "" when there is none."""
    if mark := _whole(text):
        return mark
    for match in _BRACKETED.finditer(text):
        if mark := _whole(match[1] or match[2]):
            return mark
    return ""


def _whole(text: str) -> str:
    if len(text) > 100:  # a mark is a few words; long texts are not normalised for nothing
        return ""
    words = " ".join(unicodedata.normalize("NFC", text).casefold().strip(_AROUND).split())
    label = _LABEL.match(words)
    if label and label.end() < len(words):
        words = words[label.end() :].strip(_AROUND)
    if words in SECRECY_MARKS:
        return words
    return _PLAIN_MARKS.get(words, "")
