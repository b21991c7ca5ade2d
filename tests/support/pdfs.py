"""PDFs for tests: plain ones, signed ones as agencies make them, and what a forger makes of those.

Everything is written here; nothing is taken from elsewhere.
"""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.keys.internal import translate_pyca_cryptography_cert_to_asn1 as asn1_certificate
from pyhanko.keys.internal import translate_pyca_cryptography_key_to_asn1 as asn1_key
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing.authority import Authority, key_pem, new_key
from signing.certificates import describe
from signing.pdf_chain import Anchors
from tests.support.revocation_data import access_to

if TYPE_CHECKING:
    from collections.abc import Callable

PERSON = {NameOID.COMMON_NAME: "Nguyễn Thị Đào", NameOID.ORGANIZATION_NAME: "Sở Nội vụ"}
ORGANIZATION = {NameOID.COMMON_NAME: "Sở Nội vụ", NameOID.ORGANIZATION_NAME: "Ủy ban nhân dân tỉnh"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """A key with its certificate, to sign PDFs with."""

    key: Any
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        """The certificate."""
        from cryptography.hazmat.primitives.serialization import Encoding

        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate, for a revocation list."""
        from cryptography.hazmat.primitives.serialization import Encoding

        return self.certificate.public_bytes(Encoding.PEM)

    def signer(self) -> signers.SimpleSigner:
        """As the PDF library takes it."""
        store = SimpleCertificateStore()
        store.register_multiple([asn1_certificate(one) for one in self.chain])
        return signers.SimpleSigner(
            signing_cert=asn1_certificate(self.certificate), signing_key=asn1_key(self.key), cert_registry=store
        )


def pen(authority: Authority, name: str | dict[x509.ObjectIdentifier, str], **more: Any) -> Pen:
    """A pen whose certificate the authority issued; `more` goes to the builder (`now`, `days`)."""
    key = new_key("p256")
    builder = authority.leaf_builder(key, "-", **more)
    named = {NameOID.COMMON_NAME: name} if isinstance(name, str) else name
    builder._subject_name = x509.Name([x509.NameAttribute(oid, value) for oid, value in named.items()])
    return Pen(key=key, certificate=builder.sign(authority.key, SHA256()))


def stamper(authority: Authority, at: datetime, *, responder: str | None = None) -> DummyTimeStamper:
    """A timestamping service of the authority whose clock stands at `at`; its certificate may name a responder."""
    key = new_key("rsa2048")
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    builder = authority.leaf_builder(key, "TSA", now=at - timedelta(days=1)).add_extension(usage, critical=True)
    if responder is not None:
        extension, critical = access_to(responder)
        builder = builder.add_extension(extension, critical=critical)
    certificate = builder.sign(authority.key, SHA256())
    return DummyTimeStamper(
        tsa_cert=asn1_certificate(certificate), tsa_key=asn1_key(load_pem_private_key(key_pem(key), None)), fixed_dt=at
    )


def anchors(*authorities: Authority, at: datetime | None = None, crls: bool = True, **more: Any) -> Anchors:
    """Trust in these authorities, with their revocation lists unless told otherwise."""
    received_at = at or datetime.now(UTC)
    return Anchors(
        roots=tuple(describe(one.root_pem).der for one in authorities),
        crls=tuple(one.crl(now=received_at) for one in authorities) if crls else (),
        received_at=received_at,
        **more,
    )


def plain(text: str = "QUYET DINH 125", *, objects: tuple[bytes, ...] = (), padding: int = 0) -> bytes:
    """A PDF of one page that says `text`; further `objects` are numbered from 6."""
    drawn = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode() + b"\n" * padding
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *objects,
    ]
    return file_of(bodies)


def file_of(bodies: list[bytes]) -> bytes:
    """A PDF of these objects, the first of which is the catalog."""
    written = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(bodies, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    written += b"".join(b"%010d 00000 n \n" % place for place in places)
    written += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start)
    return bytes(written)


class _ClaimingSigner(signers.PdfSigner):  # type: ignore[misc] - the library has no types
    """A signer that may lie about the time."""

    claims: datetime | None = None

    def init_signing_session(self, *args: Any, **named: Any) -> Any:
        session = super().init_signing_session(*args, **named)
        session.system_time = self.claims or session.system_time
        return session


def signed(
    content: bytes,
    by: Pen,
    *,
    field: str = "Signature1",
    stamps: DummyTimeStamper | None = None,
    strict: bool = True,
    claims: datetime | None = None,
    **more: Any,
) -> bytes:
    """The PDF with one more signature, in PAdES form; unless `strict`, whatever its syntax. `claims`: when it says it
    was made."""
    settings = {"md_algorithm": "sha256", "subfilter": SigSeedSubFilter.PADES} | more
    writer = IncrementalPdfFileWriter(io.BytesIO(content), strict=strict)
    metadata = signers.PdfSignatureMetadata(field_name=field, **settings)
    with ThreadPoolExecutor(1) as thread:  # the library starts an event loop, which a test may have already
        signer = _ClaimingSigner(metadata, signer=by.signer(), timestamper=stamps)
        signer.claims = claims
        made = thread.submit(signer.sign_pdf, writer)
    return bytes(made.result().getvalue())


def updated(content: bytes, change: Callable[[IncrementalPdfFileWriter], object]) -> bytes:
    """The PDF with an incremental update behind it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_field(content: bytes, name: str) -> bytes:
    """The PDF with an empty signature field."""
    return updated(content, lambda writer: append_signature_field(writer, SigFieldSpec(sig_field_name=name)))


def stream(data: bytes) -> generic.StreamObject:
    """A content stream."""
    return generic.StreamObject(stream_data=data)


def names(**entries: Any) -> generic.DictionaryObject:
    """A dictionary with these keys."""
    return generic.DictionaryObject({pdf_name(f"/{key}"): value for key, value in entries.items()})


def doubling(by: Pen, depth: int) -> bytes:
    """Signed twice, and with objects that name the next one twice: to review the second signature, every way to each
    object is looked at, and there are 2 to the power of `depth` of them."""
    objects = tuple(b"[%d 0 R %d 0 R]" % (n, n) for n in range(7, 7 + depth))
    content = plain(objects=(*objects, b"null")).replace(b"/Type /Catalog", b"/Type /Catalog /X 6 0 R")
    bodies = re.findall(rb"\d+ 0 obj\n(.*?)\nendobj", content, re.DOTALL)
    return signed(signed(file_of(bodies), by), by, field="Signature2")
