"""`lienthong ca` for trust: roots, intermediates, lists, sources, responders, evidence."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from signing.authority import Authority
from tests.admin.test_cli_directory import A, Shell
from tests.signing import odd_certificates as odd
from tests.support.revocation_data import Revoked, points_to, publishing, revocation_list

if TYPE_CHECKING:
    from pathlib import Path

HOUR = timedelta(hours=1)


@pytest.fixture
async def shell(dsn: str, tmp_path: Path) -> Shell:
    made = Shell(dsn, tmp_path)
    await made.said("agency", "add", A, "--name", "Sở Nội vụ", "--level", "so")
    return made


def written(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


async def test_authorities_are_trusted_and_listed_with_how_long_their_lists_last(shell: Shell, tmp_path: Path) -> None:
    root = Authority.make("Gốc dòng lệnh")
    key = odd.ec.generate_private_key(odd.ec.SECP256R1())
    basics = x509.BasicConstraints(ca=True, path_length=0), True
    begin = root.certificate.not_valid_before_utc
    middle = odd.certificate(
        root, key=key, name="CA dòng lệnh", begin=begin, add=(basics, odd.usage(key_cert_sign=True, crl_sign=True))
    )
    await shell.said("ca", "trust", written(tmp_path, "root.pem", root.root_pem))
    added = await shell.answer("ca", "intermediate", written(tmp_path, "middle.der", middle))
    assert added["subject"] == "CN=CA dòng lệnh"
    await shell.said("ca", "crl", written(tmp_path, "root.crl", root.crl(2)))
    listed = await shell.answer("ca", "list")
    [above, below] = listed["authorities"]
    assert (above["kind"], below["kind"]) == ("root", "intermediate")
    [held] = above["revocation_lists"]
    assert 47 * 3600 < held["seconds_left"] < 48 * 3600
    assert below["revocation_lists"] == []
    table = await shell.said("ca", "list")
    for shown in ("CN=Gốc dòng lệnh", "gốc / root", "trung gian", "CHƯA CÓ / none"):
        assert shown in table
    assert "certificate.root" not in table
    said = await shell.refused("ca", "intermediate", written(tmp_path, "root2.pem", root.root_pem))
    assert "ca trust" in said


async def test_list_that_a_newer_one_displaces_is_told_and_exits_1(shell: Shell, tmp_path: Path) -> None:
    root, at = Authority.make("Gốc dòng lệnh"), datetime.now(UTC).replace(microsecond=0)
    await shell.said("ca", "trust", written(tmp_path, "root.pem", root.root_pem))
    fresh = revocation_list(root, begin=at - HOUR, end=at + HOUR)
    older = revocation_list(root, begin=at - 2 * HOUR, end=at + HOUR)
    said = await shell.said("ca", "crl", written(tmp_path, "fresh.crl", fresh))
    assert "took the list of CN=Gốc dòng lệnh" in said
    assert "ended" not in said
    again = await shell.answer("ca", "crl", written(tmp_path, "fresh.crl", fresh))
    assert (again["newer"], again["ended"]) == (None, False)
    ignored = await shell.run("ca", "crl", written(tmp_path, "older.crl", older))
    assert ignored.exit_code == 1
    assert "a newer list is loaded of CN=Gốc dòng lệnh" in ignored.stdout
    assert "took" not in ignored.stdout
    told = await shell.run("ca", "crl", written(tmp_path, "older.crl", older), "--json")
    assert json.loads(told.stdout)["newer"]["sha256"] == again["sha256"]


async def test_list_that_has_already_ended_says_so(shell: Shell, tmp_path: Path) -> None:
    root, at = Authority.make("Gốc dòng lệnh"), datetime.now(UTC).replace(microsecond=0)
    await shell.said("ca", "trust", written(tmp_path, "root.pem", root.root_pem))
    ended = revocation_list(root, begin=at - 3 * HOUR, end=at - HOUR)
    said = await shell.said("ca", "crl", written(tmp_path, "ended.crl", ended))
    assert "took the list of" in said
    assert "đã hết hiệu lực / this list has already ended" in said
    assert (await shell.answer("ca", "crl", written(tmp_path, "ended.crl", ended)))["ended"]


async def test_certificate_on_a_loaded_list_is_shown_as_revoked_by_it(shell: Shell, tmp_path: Path) -> None:
    root, at = Authority.make("Gốc dòng lệnh"), datetime.now(UTC).replace(microsecond=0)
    lost, good = (odd.certificate(root, begin=root.certificate.not_valid_before_utc) for _ in range(2))
    await shell.said("ca", "trust", written(tmp_path, "root.pem", root.root_pem))
    for name, der in (("lost.der", lost), ("good.der", good)):
        await shell.said("certificate", "add", A, written(tmp_path, name, der))
    assert await shown_states(shell) == {"in_use"}
    older = revocation_list(root, {good: Revoked(at=at)}, begin=at - 2 * HOUR, end=at + HOUR)
    named = revocation_list(root, {lost: Revoked(at=at - HOUR)}, begin=at - HOUR, end=at + HOUR)
    await shell.said("ca", "crl", written(tmp_path, "first.crl", older))
    await shell.said("ca", "crl", written(tmp_path, "second.crl", named))
    states = {one["sha256"]: one["state"] for one in (await shell.answer("certificate", "list"))["certificates"]}
    assert states == {hashlib.sha256(lost).hexdigest(): "listed", hashlib.sha256(good).hexdigest(): "in_use"}
    assert (await shell.said("certificate", "list")).count("bị thu hồi theo danh sách / revoked by a list") == 1


async def shown_states(shell: Shell) -> set[str]:
    return {one["state"] for one in (await shell.answer("certificate", "list"))["certificates"]}


async def test_fetching_without_a_source_says_how_to_add_one(shell: Shell) -> None:
    said = await shell.said("ca", "fetch")
    assert "there is no source" in said
    assert "lienthong ca source add URL" in said
    assert await shell.answer("ca", "fetch") == {"sources": []}


async def test_sources_are_named_fetched_listed_and_removed(shell: Shell, tmp_path: Path) -> None:
    root = Authority.make("Gốc dòng lệnh")
    await shell.said("ca", "trust", written(tmp_path, "root.pem", root.root_pem))
    async with publishing() as publisher:
        url = f"{publisher.url}/a.crl"
        publisher.files["/a.crl"] = root.crl(2)
        assert url in await shell.said("ca", "source", "add", url, "--every", "30")
        [fetched] = (await shell.answer("ca", "fetch"))["sources"]
        assert (fetched["issuer"], fetched["failures"], fetched["every_seconds"]) == ("CN=Gốc dòng lệnh", 0, 1800)
        del publisher.files["/a.crl"]
        failed = await shell.run("ca", "fetch")
        assert failed.exit_code == 1
        assert "HTTP 404" in failed.stdout
        [known] = (await shell.answer("ca", "source", "list"))["sources"]
        assert (known["failures"], known["reason"]) == (1, "HTTP 404")
        assert "HTTP 404" in await shell.said("ca", "list")
        await shell.said("ca", "source", "remove", url)
    assert (await shell.answer("ca", "source", "list"))["sources"] == []
    assert "ca list" in await shell.refused("ca", "source", "remove", url)
    assert "http://" in await shell.refused("ca", "source", "add", "ldap://ca.example/")


async def test_certificate_with_a_distribution_point_that_is_no_source_says_so(shell: Shell, tmp_path: Path) -> None:
    root = Authority.make("Gốc dòng lệnh")
    url = "http://ca.example/a.crl"
    begin = root.certificate.not_valid_before_utc
    first, second = (odd.certificate(root, add=(points_to(url),), begin=begin) for _ in range(2))
    said = await shell.said("certificate", "add", A, written(tmp_path, "a.der", first))
    assert f"lienthong ca source add {url}" in said
    await shell.said("ca", "source", "add", url)
    added = await shell.answer("certificate", "add", A, written(tmp_path, "b.der", second))
    assert added["points_without_source"] == []


async def test_responder_is_named_for_an_authority(shell: Shell, tmp_path: Path) -> None:
    root = Authority.make("Gốc dòng lệnh")
    await shell.said("ca", "trust", written(tmp_path, "root.pem", root.root_pem))
    said = await shell.said("ca", "ocsp", "http://ocsp.example/", "--for", "dòng lệnh")
    assert "CN=Gốc dòng lệnh" in said
    [one] = (await shell.answer("ca", "list"))["ocsp"]
    assert (one["issuer"], one["url"], one["asked"]) == ("CN=Gốc dòng lệnh", "http://ocsp.example/", 0)
    await shell.said("ca", "ocsp", "--for", "dòng lệnh", "--never")
    assert (await shell.answer("ca", "list"))["ocsp"] == []
    assert (await shell.run("ca", "ocsp", "--for", "dòng lệnh")).exit_code == 2


async def test_evidence_of_an_unknown_envelope_is_refused(shell: Shell) -> None:
    said = await shell.refused("ca", "evidence", "01a21017-a142-7028-b255-3ab9f6d2f1f7")
    assert "There is no envelope" in said
