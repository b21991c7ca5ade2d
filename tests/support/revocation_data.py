"""What authorities publish about their certificates: revocation lists and OCSP answers of any shape, and a web server
that gives them out."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from signing.authority import Authority

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """An entry of a list: when the certificate was revoked, and since when its key was lost, if that is known."""

    at: datetime
    lost_at: datetime | None = None


def revocation_list(
    authority: Authority,
    revoked: Mapping[bytes, Revoked] | None = None,
    *,
    begin: datetime,
    end: datetime | None,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> bytes:
    """A list (DER) in force from `begin` to `end`; `revoked` by the certificates' DER."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(begin)
        .next_update(end or begin + DAY)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    for der, one in (revoked or {}).items():
        serial = x509.load_der_x509_certificate(der).serial_number
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(one.at)
        if one.lost_at is not None:
            entry = entry.add_extension(x509.InvalidityDate(one.lost_at.replace(tzinfo=None)), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(authority.key, SHA256()).public_bytes(Encoding.DER)


def access_to(url: str) -> tuple[x509.ExtensionType, bool]:
    """The extension with which a certificate names its OCSP responder."""
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(url))
    return x509.AuthorityInformationAccess([access]), False


def points_to(*urls: str) -> tuple[x509.ExtensionType, bool]:
    """The extension with which a certificate says where its revocation list is."""
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None) for url in urls]
    ), False


def ocsp_answer(
    authority: Authority,
    der: bytes,
    *,
    begin: datetime,
    end: datetime | None,
    revoked_at: datetime | None = None,
    responder: Authority | None = None,
    is_unknown: bool = False,
) -> bytes:
    """An answer (DER) about a certificate, signed by the authority or by a responder that it appointed."""
    status = ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD
    if is_unknown:
        status = ocsp.OCSPCertStatus.UNKNOWN
    signer = responder or authority
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=x509.load_der_x509_certificate(der),
            issuer=authority.certificate,
            algorithm=SHA1(),
            cert_status=status,
            this_update=begin,
            next_update=end,
            revocation_time=revoked_at,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
    )
    if responder is not None:
        builder = builder.certificates([responder.certificate])
    return builder.sign(signer.key, SHA256()).public_bytes(Encoding.DER)


def appointed_by(
    authority: Authority,
    *,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.OCSP_SIGNING,
    now: datetime | None = None,
) -> Authority:
    """A responder with a key of its own, appointed by the authority (or wrongly so, with another purpose) at `now`."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = authority.leaf_builder(key, "OCSP", now=now or authority.certificate.not_valid_before_utc)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return Authority(key, builder.sign(authority.key, SHA256()))


@dataclass(slots=True)
class Publisher:
    """A web server of an authority. `files` by path; `answers` does anything else a path is asked for."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, Answering] = field(default_factory=dict)
    asked: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    statuses: dict[int, datetime] = field(default_factory=dict)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path, dict(request.headers)))
        if request.path in self.answers:
            return await self.answers[request.path](request)
        if request.path in self.files:
            return web.Response(body=self.files[request.path])
        return web.Response(status=404)

    def respond(self, authority: Authority, certificates: Mapping[int, bytes]) -> Answering:
        """An OCSP responder for these certificates, by serial number; `statuses` has when one was revoked."""

        async def answer(request: web.Request) -> web.StreamResponse:
            assert request.headers["Content-Type"] == "application/ocsp-request"
            serial = ocsp.load_der_ocsp_request(await request.read()).serial_number
            now = datetime.now(UTC).replace(microsecond=0)
            data = ocsp_answer(
                authority,
                certificates[serial],
                begin=now - timedelta(minutes=1),
                end=now + timedelta(hours=12),
                revoked_at=self.statuses.get(serial),
            )
            return web.Response(body=data, content_type="application/ocsp-response")

        return answer


@asynccontextmanager
async def publishing() -> AsyncIterator[Publisher]:
    """A publisher that listens on loopback."""
    publisher = Publisher()
    app = web.Application(client_max_size=2**16)
    app.router.add_route("*", "/{path:.*}", publisher.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        publisher.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield publisher
    finally:
        publisher.closing.set()
        await runner.cleanup()
