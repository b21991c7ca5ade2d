"""TM-18: only UTF-8 passes, so that what filters the bytes and what reads the XML see one and the same file."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from tests.threats.ways import LETTER, WAYS, parser_alone, told, whole_way

if TYPE_CHECKING:
    from tests.support.canary import Canary

BODY = LETTER.decode().partition("?>")[2] if LETTER.startswith(b"<?xml") else LETTER.decode()


def declared(encoding: str, *, version: str = "1.0") -> str:
    return f'<?xml version="{version}" encoding="{encoding}"?>{BODY}'


ENCODINGS = {
    "UTF-7": declared("UTF-7").replace("<edXML", "+ADw-edXML", 1).encode(),
    "UTF-7, undeclared": BODY.replace("<edXML:Subject>", "+ADw-edXML:Subject>").encode("utf-7"),
    "UTF-16": declared("UTF-16").encode("utf-16"),
    "UTF-16, no mark": declared("UTF-16").encode("utf-16-le"),
    "UTF-16, other end": declared("UTF-16").encode("utf-16-be"),
    "UTF-32": declared("UTF-32").encode("utf-32"),
    "UTF-32, no mark": declared("UTF-32").encode("utf-32-be"),
    "EBCDIC": declared("cp037").encode("ascii", "xmlcharrefreplace").decode().encode("cp037"),
    "declares UTF-16, is UTF-8": declared("UTF-16").encode(),
    "declares Latin-1, is UTF-8": declared("ISO-8859-1").encode(),
    "declares Windows-1258": declared("windows-1258").encode("ascii", "xmlcharrefreplace"),
    "declares nothing known": declared("x-none").encode(),
    "declares ASCII": declared("US-ASCII").encode("ascii", "xmlcharrefreplace"),
    "overlong slash": LETTER.replace(b"SNV-VP", b"SNV\xc0\xafVP", 1),
    "overlong less-than": LETTER.replace(b"<edXML:Subject>", b"\xc0\xbcedXML:Subject>", 1),
    "surrogate": LETTER.replace(b"SNV-VP", b"SNV\xed\xa0\x80VP", 1),
    "beyond Unicode": LETTER.replace(b"SNV-VP", b"SNV\xf4\x90\x80\x80VP", 1),
    "half a character": LETTER.replace(b"SNV-VP", b"SNV\xe1\xbbVP", 1),
    "NUL": LETTER.replace(b"SNV-VP", b"SNV\0VP", 1),
    "two marks": b"\xef\xbb\xbf\xef\xbb\xbf" + LETTER,
    "mark of UTF-16 before UTF-8": b"\xff\xfe" + LETTER,
    "a second declaration": LETTER.replace(b"<edXML:edXMLEnvelope", b'<?xml version="1.0"?><edXML:edXMLEnvelope', 1),
    "XML 1.1": declared("UTF-8", version="1.1").encode(),
    "compressed": gzip.compress(LETTER),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ENCODINGS)
def test_other_encodings_never_pass(bird: Canary, name: str, way: str) -> None:
    codes = told(WAYS[way], ENCODINGS[name])
    assert codes & {"envelope.encoding", "envelope.not_xml", "envelope.version", "envelope.junk_before"}


@pytest.mark.parametrize("encoding", ["UTF-8", "utf-8", "Utf-8"])
def test_utf8_passes_however_it_is_called(encoding: str) -> None:
    for data in (declared(encoding).encode(), b"\xef\xbb\xbf" + declared(encoding).encode()):
        assert told(whole_way, data) == told(parser_alone, data) == set()
