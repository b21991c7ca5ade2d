"""Envelopes as an agency's system might write them, as plain text: what is signed here came from no writer of ours."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

NS = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
LT = "urn:lienthong:edxml:1"

PDF = b"%PDF-1.7\n" + "Công văn số 125".encode() * 40 + b"\n%%EOF\n"

HEADER = """
   <edXML:MessageHeader>
    <edXML:From>
     <edXML:OrganId>H08.02</edXML:OrganId>
     <edXML:OrganName>Sở Nội vụ</edXML:OrganName>
    </edXML:From>
    <edXML:To>
     <edXML:OrganId>H08.30</edXML:OrganId>
     <edXML:OrganName>UBND huyện B</edXML:OrganName>
    </edXML:To>
    <edXML:Code><edXML:CodeNumber>125</edXML:CodeNumber><edXML:CodeNotation>SNV-VP</edXML:CodeNotation></edXML:Code>
    <edXML:PromulgationInfo>
     <edXML:Place>Quy Nhơn</edXML:Place><edXML:PromulgationDate>2026/11/20</edXML:PromulgationDate>
    </edXML:PromulgationInfo>
    <edXML:DocumentType><edXML:Type>2</edXML:Type><edXML:TypeName>Công văn</edXML:TypeName></edXML:DocumentType>
    <edXML:Subject>V/v báo cáo &amp; kiểm tra «một cửa»</edXML:Subject>
    <edXML:SignerInfo><edXML:FullName>Nguyễn Văn A</edXML:FullName></edXML:SignerInfo>
    <edXML:OtherInfo><edXML:Priority>0</edXML:Priority></edXML:OtherInfo>
    <edXML:DocumentId>H08.02,2026/11/20,125/SNV-VP</edXML:DocumentId>
   </edXML:MessageHeader>"""

TRACES = """
   <edXML:TraceHeaderList>
    <edXML:TraceHeader>
     <edXML:OrganId>H08.02</edXML:OrganId><edXML:Timestamp>2026/11/20 09:15:00</edXML:Timestamp>
    </edXML:TraceHeader>{business}
   </edXML:TraceHeaderList>"""

BUSINESS = """
    <edXML:Bussiness>
     <edXML:BussinessDocType>0</edXML:BussinessDocType>
     <edXML:BussinessDocReason>Văn bản điện tử mới</edXML:BussinessDocReason>
     <edXML:Paper>0</edXML:Paper>
    </edXML:Bussiness>"""

STATUS_HEADER = """
   <edXML:MessageHeader>
    <edXML:From><edXML:OrganId>H08.30</edXML:OrganId><edXML:OrganName>UBND huyện B</edXML:OrganName></edXML:From>
    <edXML:ResponseFor>
     <edXML:OrganId>H08.02</edXML:OrganId>
     <edXML:Code>125/SNV-VP</edXML:Code>
     <edXML:PromulgationDate>2026/11/20</edXML:PromulgationDate>
     <edXML:DocumentId>H08.02,2026/11/20,125/SNV-VP</edXML:DocumentId>
    </edXML:ResponseFor>
    <edXML:StatusCode>03</edXML:StatusCode>
    <edXML:Description>Đã tiếp nhận</edXML:Description>
    <edXML:Timestamp>2026/11/20 10:02:00</edXML:Timestamp>
   </edXML:MessageHeader>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One attachment: `digests` False leaves out profile P's statement about it."""

    content_id: str = "a1"
    name: str = "125.signed.pdf"
    payload: bytes = PDF
    digests: bool = True

    def entry(self) -> str:
        said = f' lt:sha256="{hashlib.sha256(self.payload).hexdigest()}" lt:size="{len(self.payload)}"'
        return f"""
     <edXML:Reference{said if self.digests else ""}>
      <edXML:ContentId>cid:{self.content_id}</edXML:ContentId>
      <edXML:ContentType>application/pdf</edXML:ContentType>
      <edXML:Description>{self.name}</edXML:Description>
      <edXML:AttachmentName>{self.name}</edXML:AttachmentName>
     </edXML:Reference>"""

    def element(self, *, content: bool) -> str:
        text = base64.encodebytes(self.payload).decode() if content else ""
        return f"""
  <Attachment>
   <ContentId>cid:{self.content_id}</ContentId>
   <AttachmentName>{self.name}</AttachmentName>
   <ContentType>application/pdf</ContentType>
   <edXML:ContentTransferEncoded xmlns:edXML="{NS}">{text}</edXML:ContentTransferEncoded>
  </Attachment>"""


ONE = (Attachment(),)


def document(
    *, business: bool = True, attachments: tuple[Attachment, ...] = ONE, content: bool = False, header: str = HEADER
) -> bytes:
    """A document's skeleton, or its whole file with `content`; without any Id attribute."""
    traces = TRACES.format(business=BUSINESS if business else "")
    entries = "".join(one.entry() for one in attachments)
    manifest = f'<edXML:edXMLManifest version="1.0" xmlns:lt="{LT}">{entries}\n   </edXML:edXMLManifest>'
    body = f"\n  <edXML:edXMLBody>\n   {manifest}\n  </edXML:edXMLBody>"
    elements = "".join(one.element(content=content) for one in attachments)
    encoded = f"\n <AttachmentEncoded>{elements}\n </AttachmentEncoded>" if attachments else ""
    return _file(header + traces, body, encoded)


def status() -> bytes:
    """A status message of agency B."""
    return _file(STATUS_HEADER, "", "")


def _file(header: str, body: str, encoded: str) -> bytes:
    envelope = f"""<?xml version="1.0" encoding="UTF-8"?>
<edXML xmlns="{NS}">
 <edXML:edXMLEnvelope xmlns:edXML="{NS}">
  <edXML:edXMLHeader>{header}
  </edXML:edXMLHeader>{body}
 </edXML:edXMLEnvelope>{encoded}
</edXML>
"""
    return envelope.encode()
