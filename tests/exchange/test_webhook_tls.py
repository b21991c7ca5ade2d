"""Webhooks over TLS: the server must show a certificate of an authority that was named for it, and of its own name."""

from __future__ import annotations

import datetime as dt
import ssl
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from exchange.endpoint import Target, line_to, trust_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from exchange.endpoint import Reply


def authority_and_server(address: str) -> tuple[str, bytes]:
    """An authority (PEM), and key and certificate (PEM, one file) of a server at this address."""
    now = dt.datetime.now(dt.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Gốc TLS", "webhook")]

    def made(own: int, *extensions: x509.ExtensionType) -> x509.Certificate:
        builder = x509.CertificateBuilder(
            issuer_name=names[0],
            subject_name=names[own],
            public_key=keys[own].public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - dt.timedelta(hours=1),
            not_valid_after=now + dt.timedelta(hours=1),
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key())
        builder = builder.add_extension(identifier, critical=False)
        return builder.sign(keys[0], hashes.SHA256())

    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    root = made(
        0,
        x509.BasicConstraints(ca=True, path_length=0),
        x509.SubjectKeyIdentifier.from_public_key(keys[0].public_key()),
        usage,
    )
    server = made(1, x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]))
    key = keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return root.public_bytes(Encoding.PEM).decode(), key + server.public_bytes(Encoding.PEM)


@asynccontextmanager
async def serving(folder: Path, pem: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A listener with this key and certificate: its port, and what it was told."""
    file = folder / "server.pem"
    file.write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    told: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        told.append(await request.read())
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield runner.addresses[0][1], told
    finally:
        await runner.cleanup()


async def post(port: int, authority: str | None) -> Reply:
    trust = trust_in(authority) if authority else None
    url = f"https://127.0.0.1:{port}/"
    target = Target(url=url, networks=(ip_network("127.0.0.0/8"),), ports=(port,), trust=trust)
    async with line_to(target) as line:
        return await line.post(b"{}", {})


async def test_server_of_the_named_authority_is_told(tmp_path: Path) -> None:
    authority, server = authority_and_server("127.0.0.1")
    async with serving(tmp_path, server) as (port, told):
        assert (await post(port, authority)).status == 204
    assert told == [b"{}"]


@pytest.mark.parametrize("trusting", ["another authority", "the machine's own"])
async def test_server_of_somebody_else_is_told_nothing(tmp_path: Path, trusting: str) -> None:
    _, server = authority_and_server("127.0.0.1")
    other = authority_and_server("127.0.0.1")[0] if trusting == "another authority" else None
    async with serving(tmp_path, server) as (port, told):
        reply = await post(port, other)
    assert "not trusted" in reply.failure
    assert told == []


async def test_server_of_another_name_is_told_nothing(tmp_path: Path) -> None:
    authority, server = authority_and_server("127.0.0.9")
    async with serving(tmp_path, server) as (port, told):
        reply = await post(port, authority)
    assert "not trusted" in reply.failure
    assert told == []
