"""Vectors with a real signature: taken as signed, and refused for what was changed afterwards."""

from __future__ import annotations

import binascii
import hashlib

from envelopes.writing import Order, write_status
from signing.algorithms import DIGEST_SIZES
from tests.vectors.cases import (
    FIRST,
    NAME,
    PDF,
    A,
    Accepted,
    Refused,
    edited,
    letter_with,
    report,
    written,
)
from tests.vectors.signing_keys import signer

SIGNATURE = "edXMLHeader/Signature"
DOCUMENT = letter_with((NAME, "application/pdf"), stated=((hashlib.sha256(PDF).hexdigest(), len(PDF)),))
WRITTEN = written(DOCUMENT)
PARTS = signer().sign_parts(WRITTEN)
WHOLE = signer().sign_whole(WRITTEN)
HOP = (
    "<edXML:TraceHeader>\n<edXML:OrganId>00.53.W00</edXML:OrganId>\n"
    "<edXML:Timestamp>2026/11/20 09:16:00</edXML:Timestamp>\n</edXML:TraceHeader>\n"
)
ASKED_BACK = report(sender=A, code="13", description="Gửi nhầm", answers=report().answers)
OTHER_TEXT = binascii.b2a_base64(PDF.replace(b"/Catalog", b"/Katalog"), newline=False).decode()
TEXT = binascii.b2a_base64(PDF, newline=False).decode()
SHA256 = next(name for name in DIGEST_SIZES if name.endswith("sha256"))

SIGNED = (
    Accepted(name="signed-parts", data=PARTS, note="Signed under profile P.", contents=(PDF,)),
    Accepted(
        name="signed-parts-order-a",
        data=signer().sign_parts(written(DOCUMENT, order=Order.A)),
        note="The same in the national library's order.",
        contents=(PDF,),
    ),
    Accepted(
        name="signed-parts-one-hop-on",
        data=edited(("<edXML:Bussiness ", HOP + "<edXML:Bussiness "), base=PARTS),
        note="Profile P, and a hop added on the way: the signature holds.",
        contents=(PDF,),
    ),
    Accepted(
        name="signed-parts-wrapped-lines",
        data=edited((TEXT, TEXT[:76] + "\n" + TEXT[76:]), base=PARTS),
        note="Profile P, and the base64 laid out anew: the attachment is the same.",
        contents=(PDF,),
    ),
    Accepted(name="signed-whole", data=WHOLE, note="Signed under profile W.", contents=(PDF,)),
    Accepted(name="signed-status", data=signer().sign_parts(write_status(ASKED_BACK)), note="A signed status."),
)


def _one(name: str, data: bytes, note: str, code: str, path: str = SIGNATURE) -> Refused:
    return Refused(name=name, data=data, note=note, faults=((code, path),))


def _elsewhere(data: bytes) -> bytes:
    """The Signature put before what it signs."""
    start, end = data.index(b"<ds:Signature"), data.index(b"</ds:Signature>") + len(b"</ds:Signature>")
    return edited(
        ("<edXML:MessageHeader", data[start:end].decode() + "<edXML:MessageHeader"), base=data[:start] + data[end:]
    )


FORGED = (
    _one(
        "signed-subject-changed",
        edited(("V/v báo cáo", "V/v báo cáọ"), base=PARTS),
        "The subject changed.",
        "signature.altered",
    ),
    _one(
        "signed-recipient-changed",
        edited(("<edXML:OrganId>H08.31<", "<edXML:OrganId>H08.33<"), base=PARTS),
        "A recipient changed.",
        "signature.altered",
    ),
    _one(
        "signed-attachment-changed",
        edited((TEXT, OTHER_TEXT), base=PARTS),
        "The attachment changed; the signed manifest has its digest.",
        "attachment.altered",
        FIRST,
    ),
    _one(
        "signed-whole-attachment-changed",
        edited((TEXT, OTHER_TEXT), base=WHOLE),
        "Profile W covers the attachment itself; the manifest's digest tells it as well.",
        "signature.altered",
    ),
    _one(
        "signed-whole-one-hop-on",
        edited(("<edXML:Bussiness ", HOP + "<edXML:Bussiness "), base=WHOLE),
        "Profile W does not survive a hop.",
        "signature.altered",
    ),
    _one(
        "signature-elsewhere",
        _elsewhere(PARTS),
        "The Signature is not the last child of edXMLHeader.",
        "signature.misplaced",
    ),
    _one(
        "signature-sha-1",
        edited((SHA256, "http://www.w3.org/2000/09/xmldsig#sha1"), base=PARTS),
        "A SHA-1 digest.",
        "signature.algorithm",
        f"{SIGNATURE}/SignedInfo/DigestMethod",
    ),
    _one(
        "signature-manifest-bare",
        edited((f' lt:size="{len(PDF)}"', ""), base=PARTS),
        "A signed manifest without sizes.",
        "signature.manifest_bare",
        "edXMLBody/edXMLManifest/Reference[1]",
    ),
)
