"""Vectors that are refused for their markup: what is no plain UTF-8 XML, what is too much, what has no place."""

from __future__ import annotations

from envelopes.limits import DS, NS
from tests.vectors.accepting import DECORATION
from tests.vectors.cases import (
    FIRST,
    HEADER,
    LETTER,
    STATUS,
    TRACES,
    Refused,
    bare,
    content_text,
    edited,
    written,
)

HEADERS = "<MessageHeader/>"
CONTENT = f"{FIRST}/ContentTransferEncoded"
DECLARED = '<?xml version="1.0" encoding="UTF-8"?>'
HOSTILE = '<!DOCTYPE edXML [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
EXTERNAL = '<!DOCTYPE edXML [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
XINCLUDE = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"/>'
EMPTY = "<Attachment><ContentTransferEncoded/></Attachment>"
ENCODED = "<AttachmentEncoded><Attachment/></AttachmentEncoded>"


def _one(name: str, data: bytes, note: str, code: str, path: str = "") -> Refused:
    return Refused(name=name, data=data, note=note, faults=((code, path),))


XML = (
    _one("empty", b"", "Nothing.", "envelope.empty"),
    _one("blank", b"\r\n\r\n", "White space only.", "envelope.empty"),
    _one("no-xml", b"125/SNV-VP, PDF attached.\n", "No XML at all.", "envelope.not_xml"),
    _one("tags-crossed", edited(("</edXML:Subject>", "</edXML:Content>")), "End tag of another.", "envelope.not_xml"),
    _one("entity-undefined", edited(("V/v ", "V/v &nbsp;")), "An entity of HTML.", "envelope.not_xml"),
    _one(
        "prefix-undeclared",
        edited(("<edXML:Subject>", "<x:Y/><edXML:Subject>")),
        "A prefix nobody declared.",
        "envelope.not_xml",
    ),
    _one(
        "attribute-twice",
        edited(('version="1.0" Id', 'version="1.0" version="1.0" Id')),
        "One attribute twice.",
        "envelope.not_xml",
    ),
    _one("ampersand", edited(("V/v báo cáo", "V/v báo cáo & kiểm tra")), "A bare ampersand.", "envelope.not_xml"),
    _one("junk-before", b"\xc2\xa0x" + LETTER, "Three stray bytes before the declaration.", "envelope.junk_before"),
    _one("junk-after", LETTER + b"</edXML>", "A second end tag.", "envelope.junk_after"),
    _one("second-root", LETTER + STATUS.partition(b"\n")[2], "Two messages in one file.", "envelope.junk_after"),
    _one("nul-behind", LETTER + b"\0", "A NUL behind the root.", "envelope.junk_after"),
    _one("truncated", LETTER[: len(LETTER) // 2], "Half a file.", "envelope.truncated"),
    _one(
        "truncated-content",
        LETTER[: LETTER.index(b"</edXML:ContentTransferEncoded>")],
        "Ends within base64.",
        "envelope.truncated",
    ),
    _one("doctype", edited(("<edXML xmlns", "<!DOCTYPE edXML>\n<edXML xmlns")), "A DOCTYPE.", "envelope.doctype"),
    _one(
        "entities-nested",
        edited(("<edXML xmlns", HOSTILE + "<edXML xmlns"), ("V/v", "&c;")),
        "Entities that multiply.",
        "envelope.doctype",
    ),
    _one(
        "entity-external",
        edited(("<edXML xmlns", EXTERNAL + "<edXML xmlns"), ("V/v", "&x;")),
        "An entity that is a local file.",
        "envelope.doctype",
    ),
    _one("utf-16", LETTER.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "UTF-16.", "envelope.encoding"),
    _one("windows-1258-declared", edited(("UTF-8", "windows-1258")), "Another encoding declared.", "envelope.encoding"),
    _one(
        "latin-1-byte",
        LETTER.replace("Quy Nhơn".encode(), b"Quy Nh\xf4n"),
        "A byte that is no UTF-8.",
        "envelope.encoding",
    ),
    _one("nul-inside", LETTER.replace(b"Quy Nh", b"Quy\0Nh"), "A NUL in a value.", "envelope.encoding"),
    _one("xml-1.1", edited(('version="1.0" enc', 'version="1.1" enc')), "XML 1.1.", "envelope.version"),
    _one("comment", edited(("V/v báo cáo", "V/v <!-- x -->báo cáo")), "A comment splits a value.", "envelope.comment"),
    _one(
        "instruction",
        edited(("<edXML:edXMLEnvelope", "<?x y?><edXML:edXMLEnvelope")),
        "A processing instruction.",
        "envelope.instruction",
    ),
)

TOO_MUCH = (
    _one("depth-65", bare(HEADERS + "<a>" * 62 + "</a>" * 62), "65 levels; 64 are allowed.", "envelope.too_deep"),
    _one(
        "attributes-65",
        bare("<MessageHeader " + " ".join(f'a{n}="x"' for n in range(65)) + "/>"),
        "65 attributes on one element; 64 are allowed.",
        "envelope.too_many_attributes",
    ),
    _one(
        "namespaces-33",
        bare("<MessageHeader " + " ".join(f'xmlns:n{n}="urn:{n}"' for n in range(32)) + "/>"),
        "33 namespace declarations; 32 are allowed.",
        "envelope.too_many_namespaces",
    ),
    _one(
        "traces-33",
        bare(f"{HEADERS}<TraceHeaderList>{'<TraceHeader/>' * 33}</TraceHeaderList>"),
        "33 hops; 32 are allowed.",
        "trace.too_many",
        TRACES,
    ),
)

TREE = (
    _one(
        "root-go.vn",
        edited(
            (f'<edXML xmlns="{NS}">', '<EdXMLEnvelope xmlns="http://www.go.vn/eDoc">'),
            ("</edXML>\n", "</EdXMLEnvelope>\n"),
        ),
        "The root some software writes by mistake.",
        "envelope.namespace",
    ),
    _one(
        "root-e-doc",
        LETTER.replace(NS.encode(), b"http://www.e-doc.vn/Schema/"),
        "An older service's namespace.",
        "envelope.namespace",
    ),
    _one(
        "root-without-namespace",
        LETTER.replace(f' xmlns="{NS}"'.encode(), b"", 1),
        "No namespace on the root.",
        "envelope.namespace",
    ),
    _one("root-envelope", f'<edXMLEnvelope xmlns="{NS}"/>\n'.encode(), "The envelope as root.", "envelope.namespace"),
    _one("envelope-missing", f'<edXML xmlns="{NS}"/>\n'.encode(), "No envelope.", "element.missing", "edXMLEnvelope"),
    _one(
        "header-missing",
        f'<edXML xmlns="{NS}"><edXMLEnvelope/></edXML>\n'.encode(),
        "No edXMLHeader.",
        "element.missing",
        "edXMLHeader",
    ),
    _one("message-header-missing", bare(""), "No MessageHeader.", "element.missing", HEADER),
    _one(
        "envelope-namespace",
        edited((f'edXMLEnvelope xmlns:edXML="{NS}"', 'edXMLEnvelope xmlns:edXML="http://www.go.vn/eDoc"')),
        "The envelope in another namespace.",
        "element.namespace",
        "edXMLEnvelope",
    ),
    _one(
        "subject-in-another-namespace",
        edited(("<edXML:Content>", '<Subject xmlns="urn:x">khác</Subject><edXML:Content>')),
        "A second Subject that only old receivers would read.",
        "element.namespace",
        f"{HEADER}/Subject",
    ),
    _one("message-header-twice", bare(HEADERS * 2), "Two headers.", "element.repeated", f"{HEADER}[2]"),
    _one(
        "header-and-status",
        bare(f"{HEADERS}<Status/>"),
        "A document and a status in one header.",
        "element.repeated",
        "edXMLHeader/Status",
    ),
    _one(
        "subject-twice",
        edited(("<edXML:Content>", "<edXML:Subject>khác</edXML:Subject><edXML:Content>")),
        "Two subjects.",
        "element.repeated",
        f"{HEADER}/Subject",
    ),
    _one(
        "attachments-in-envelope",
        bare(HEADERS, after=ENCODED),
        "Attachments inside the envelope, where old receivers do not look.",
        "element.unknown",
        "AttachmentEncoded",
    ),
    _one(
        "xinclude", bare(HEADERS + XINCLUDE), "An inclusion of a local file.", "element.unknown", "edXMLHeader/include"
    ),
    Refused(
        name="credentials-in-signature",
        data=bare(f"{HEADERS}<Signature><KeyInfo><OrganId>H08.02</OrganId><Token>x</Token></KeyInfo></Signature>"),
        note="Credentials in a file are never taken.",
        faults=(
            ("element.unknown", "edXMLHeader/Signature/OrganId"),
            ("element.unknown", "edXMLHeader/Signature/Token"),
        ),
    ),
    Refused(
        name="decorative-signature",
        data=edited(("</edXML:edXMLHeader>", DECORATION + "</edXML:edXMLHeader>")),
        note="A Signature in edXML's own namespace signs nothing.",
        faults=(("signature.decoration", "edXMLHeader/Signature"),),
        lenient=(("signature.decoration", "edXMLHeader/Signature"),),
    ),
    _one(
        "decoration-beside-signature",
        bare(f'{HEADERS}<Signature/><Signature xmlns="{DS}"/>'),
        "A decoration beside a real signature.",
        "element.unknown",
        "edXMLHeader/Signature",
    ),
    _one(
        "markup-in-value",
        edited(("V/v báo cáo", "V/v <b>báo</b> cáo")),
        "A tag within the subject.",
        "element.in_value",
        f"{HEADER}/Subject",
    ),
    _one(
        "attribute-unknown",
        edited(("<edXML:TraceHeaderList>", '<edXML:TraceHeaderList onload="x">')),
        "An attribute without a place.",
        "attribute.unknown",
        TRACES,
    ),
    _one("text-stray", bare(HEADERS + "chữ thừa"), "Text between elements.", "text.stray", "edXMLHeader"),
    _one(
        "text-stray-in-header",
        edited(("<edXML:Subject>", "chữ thừa<edXML:Subject>")),
        "Text between a header's elements.",
        "text.stray",
        HEADER,
    ),
    _one(
        "status-with-body",
        edited(("</edXML:edXMLEnvelope>", "<edXML:edXMLBody/></edXML:edXMLEnvelope>"), base=STATUS),
        "A status with a body.",
        "status.with_document",
        "edXMLBody",
    ),
    _one(
        "status-with-business",
        edited(
            (
                "</edXML:edXMLHeader>",
                "<edXML:TraceHeaderList><edXML:Bussiness/></edXML:TraceHeaderList></edXML:edXMLHeader>",
            ),
            base=STATUS,
        ),
        "A status with an operation.",
        "status.with_document",
        "Bussiness",
    ),
    _one(
        "status-with-attachment",
        edited(
            (
                "</edXML>\n",
                "<AttachmentEncoded><Attachment><ContentTransferEncoded/></Attachment></AttachmentEncoded></edXML>\n",
            ),
            base=STATUS,
        ),
        "A status with an attachment.",
        "status.with_document",
        "Attachment",
    ),
    Refused(
        name="everything-at-once",
        data=bare(
            f"{HEADERS}{HEADERS}x<TraceHeaderList y='1'><TraceHeader><Z/></TraceHeader></TraceHeaderList>",
            after="<edXMLBody/><edXMLBody/>",
        ),
        note="Every structural fault in one answer.",
        faults=(
            ("text.stray", "edXMLHeader"),
            ("element.repeated", f"{HEADER}[2]"),
            ("attribute.unknown", TRACES),
            ("element.unknown", f"{TRACES}/TraceHeader[1]/Z"),
            ("element.repeated", "edXMLBody[2]"),
        ),
    ),
)

BASE64 = (
    _one(
        "attachments-65",
        f'<edXML xmlns="{NS}"><AttachmentEncoded>{EMPTY * 65}</AttachmentEncoded></edXML>\n'.encode(),
        "65 attachments; 64 are allowed.",
        "attachment.too_many",
        "AttachmentEncoded/Attachment[65]",
    ),
    _one(
        "content-missing",
        edited(
            (f'<edXML:ContentTransferEncoded xmlns:edXML="{NS}"></edXML:ContentTransferEncoded>\n', ""),
            base=written(None, b""),
        ),
        "An attachment without content.",
        "attachment.contentless",
        FIRST,
    ),
    _one(
        "content-twice",
        edited(("</edXML:ContentTransferEncoded>\n", "</edXML:ContentTransferEncoded><ContentTransferEncoded/>\n")),
        "Two contents in one attachment.",
        "attachment.content_repeated",
        FIRST,
    ),
    _one(
        "base64-foreign",
        content_text(b"JVBERi0*"),
        "A character that is none of base64's.",
        "attachment.garbled",
        CONTENT,
    ),
    _one("base64-url-alphabet", content_text(b"-_-_"), "The alphabet of URLs.", "attachment.garbled", CONTENT),
    _one("base64-cut", content_text(b"JVBERi0xLj"), "Characters missing at the end.", "attachment.garbled", CONTENT),
    _one(
        "base64-behind-padding",
        content_text(b"JVBERg==JVBERg=="),
        "Data behind the padding.",
        "attachment.garbled",
        CONTENT,
    ),
    _one(
        "base64-comment", content_text(b"JVBE<!-- -->Ri0x"), "A comment within base64.", "attachment.garbled", CONTENT
    ),
    _one("base64-cdata", content_text(b"<![CDATA[JVBERi0x]]>"), "CDATA around base64.", "attachment.garbled", CONTENT),
    _one("base64-element", content_text(b"<x/>"), "An element within base64.", "attachment.garbled", CONTENT),
)

MARKUP = (*XML, *TOO_MUCH, *TREE, *BASE64)
