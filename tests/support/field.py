"""Messages as the field's programs write them, of our own values: each way of writing is one field of `Manner`."""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envelopes.limits import NS

if TYPE_CHECKING:
    from collections.abc import Sequence

STEM = "5b0c7a4e-93d1-4c52-8a70-2f6f1f3c9d11"
CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 40

DECORATION = (
    '<Signature><SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>'
    '<SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/><Reference URI=""><DigestMethod '
    'Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><DigestValue>AAECAwQFBgcICQoLDA0ODxAREhM=</DigestValue>'
    "</Reference></SignedInfo><SignatureValue>AAAA</SignatureValue><KeyInfo><X509Data><X509SubjectName>CN=van-thu"
    "</X509SubjectName><X509Certificate>MIIB</X509Certificate></X509Data></KeyInfo></Signature>"
)
"""Looks like a signature, stands in edXML's own namespace, and signs nothing (edXML section 8)."""

ORDER_A = (
    *("from", "to", "reference", "code", "promulgation", "type", "subject", "content", "signatory", "due"),
    *("other", "answers", "steering", "places"),
)
ORDER_B = (
    *("from", "to", "code", "promulgation", "type", "subject", "content", "signatory", "due", "places"),
    *("other", "answers", "steering", "reference"),
)
"""The two orders of MessageHeader's children (edXML section 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a program writes; the defaults are what no reader can object to."""

    prefix: str = "edXML"
    order: Sequence[str] = ORDER_B
    listed: str = "cid:"
    carried: str = "cid:"
    content_type: str = "application/pdf"
    zipped: bool = False
    columns: int = 0
    line_end: str = "\n"
    signature: str = ""
    answers: str = ""
    trace: str = "H08.40"
    left_out: Sequence[str] = ()
    document_type: str = "2"

    @property
    def payload(self) -> bytes:
        """The octets that are transferred."""
        return one_entry(f"{STEM}.pdf", CONTENT) if self.zipped else CONTENT


def one_entry(name: str, content: bytes) -> bytes:
    """A zip with one deflated entry, as the national library packs a file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (2025, 3, 4, 9, 15, 0)), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def message(manner: Manner, *, sender: str, recipient: str, number: str) -> bytes:
    """A new document in this manner, with one attachment, `125.signed.pdf`."""
    fields = _fields(manner, sender, recipient, number)
    header = "".join(fields[name] for name in manner.order if name not in manner.left_out)
    listed, carried = f"{manner.listed}att-1", f"{manner.carried}att-1"
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<edXML xmlns="{NS}">
  <P:edXMLEnvelope xmlns:P="{NS}">
    <P:edXMLHeader>
      <P:MessageHeader>{header}</P:MessageHeader>
      <P:TraceHeaderList><P:TraceHeader><P:OrganId>{manner.trace}</P:OrganId>
        <P:Timestamp>2025/03/04 09:15:00</P:Timestamp></P:TraceHeader>
        <P:Bussiness><P:BussinessDocType>0</P:BussinessDocType><P:Paper>0</P:Paper></P:Bussiness>
      </P:TraceHeaderList>{manner.signature}
    </P:edXMLHeader>
    <P:edXMLBody><P:edXMLManifest version="1.0"><P:Reference><P:ContentId>{listed}</P:ContentId>
      <P:ContentType>application/zip</P:ContentType><P:AttachmentName>125.signed.pdf</P:AttachmentName></P:Reference>
    </P:edXMLManifest></P:edXMLBody>
  </P:edXMLEnvelope>
  <AttachmentEncoded><Attachment><ContentId>{carried}</ContentId><AttachmentName>125.signed.pdf</AttachmentName>
    <ContentType>{manner.content_type}</ContentType>
    <P:ContentTransferEncoded xmlns:P="{NS}">@</P:ContentTransferEncoded>
  </Attachment></AttachmentEncoded>
</edXML>
"""
    return _prefixed(text, manner.prefix).replace("@", _text(manner)).encode()


def _fields(manner: Manner, sender: str, recipient: str, number: str) -> dict[str, str]:
    return {
        "from": f"<P:From><P:OrganId>{sender}</P:OrganId><P:OrganName>Sở Xây dựng</P:OrganName></P:From>",
        "to": f"<P:To><P:OrganId>{recipient}</P:OrganId></P:To>",
        "reference": f"<P:DocumentId>{sender},2025/03/04,{number}/SXD-VP</P:DocumentId>",
        "code": f"<P:Code><P:CodeNumber>{number}</P:CodeNumber><P:CodeNotation>SXD-VP</P:CodeNotation></P:Code>",
        "promulgation": "<P:PromulgationInfo><P:Place>Quy Nhơn</P:Place>"
        "<P:PromulgationDate>2025/03/04</P:PromulgationDate></P:PromulgationInfo>",
        "type": f"<P:DocumentType><P:Type>{manner.document_type}</P:Type><P:TypeName>Công văn</P:TypeName>"
        "</P:DocumentType>",
        "subject": "<P:Subject>V/v cấp phép xây dựng</P:Subject>",
        "content": "<P:Content/>",
        "signatory": "<P:SignerInfo><P:FullName>Lê Văn Đạt</P:FullName></P:SignerInfo>",
        "due": "<P:DueDate/>",
        "places": "<P:ToPlaces><P:Place>Lưu: VT</P:Place></P:ToPlaces>",
        "other": "<P:OtherInfo><P:Priority>0</P:Priority></P:OtherInfo>",
        "answers": manner.answers,
        "steering": "<P:SteeringType>1</P:SteeringType>",
    }


def _prefixed(text: str, prefix: str) -> str:
    """The text with its elements under another prefix, or under none."""
    if prefix:
        return text.replace("xmlns:P", f"xmlns:{prefix}").replace("P:", f"{prefix}:")
    return text.replace(f' xmlns:P="{NS}"', "").replace("P:", "")


def _text(manner: Manner) -> str:
    text = base64.b64encode(manner.payload).decode()
    if not manner.columns:
        return text
    lines = (text[start : start + manner.columns] for start in range(0, len(text), manner.columns))
    return "".join(line + manner.line_end for line in lines)
