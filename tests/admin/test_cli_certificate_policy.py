"""What the settings say of extended usages counts at registration and in the running exchange."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from exchange.exchange import open_exchange
from exchange.settings import load_settings
from signing.authority import Authority
from signing.certificates import Bad
from tests.admin.test_cli_directory import A, Shell
from tests.signing.odd_certificates import certificate, purpose

if TYPE_CHECKING:
    from pathlib import Path

SERVERS = {"LIENTHONG_CERTIFICATE_PURPOSES": Purpose.SERVER_AUTH.dotted_string}


@pytest.fixture(scope="module")
def server() -> bytes:
    """A web server's certificate (DER), valid by today's clock."""
    now, day = datetime.now(UTC), timedelta(days=1)
    return certificate(Authority.make("Gốc"), begin=now - day, end=now + 30 * day, add=(purpose(Purpose.SERVER_AUTH),))


async def test_web_server_is_registered_only_where_the_settings_say_so(dsn: str, tmp_path: Path, server: bytes) -> None:
    shell = Shell(dsn, tmp_path)
    await shell.said("agency", "add", A, "--name", "Sở Nội vụ")
    file = tmp_path / "server.pem"
    file.write_bytes(x509.load_der_x509_certificate(server).public_bytes(Encoding.PEM))
    refused = await shell.run("certificate", "add", A, str(file))
    assert refused.exit_code != 0
    assert "extendedKeyUsage" in refused.output
    taken = await shell.run("certificate", "add", A, str(file), **SERVERS)
    assert taken.exit_code == 0, taken.output


async def test_web_server_signs_only_where_the_settings_say_so(dsn: str, tmp_path: Path, server: bytes) -> None:
    """Nothing is trusted here, so the other answer is that the path leads nowhere."""
    for environment, code in (({}, "certificate.purpose"), (SERVERS, "certificate.untrusted")):
        settings = load_settings(environment, data_dir=tmp_path / code, database_url=dsn)
        async with open_exchange(settings) as exchange:
            trust = await exchange.trust.current()
            verdict = await exchange.threads.run(trust.judge, server, datetime.now(UTC))
        assert isinstance(verdict, Bad)
        assert verdict.fault.code == code
