"""Key files as agencies have them: every common form is read, and what cannot be used is named for what it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from signing.key_rules import KeyUnusable
from signing.keys import KeyKind, key_pem, kind_of, needs_password, new_key, read_identity, read_key_file, write_secret
from signing.sign import Signer
from tests.signing.letters import document
from tests.signing.people import Agency, World

SECRET = "mật khẩu"


def openssl(*words: str, data: bytes = b"") -> bytes:
    """What OpenSSL makes of it: files as other people's programs write them."""
    done = subprocess.run(["openssl", *words], input=data, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def pair(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pair")
    (folder / "key.pem").write_bytes(world.a.key_pem)
    (folder / "certificate.pem").write_bytes(world.a.certificate_pem)
    (folder / "chain.pem").write_bytes(world.root.root_pem)
    return folder


def pkcs12(pair: Path, password: str, *options: str) -> bytes:
    files = ("-inkey", str(pair / "key.pem"), "-in", str(pair / "certificate.pem"))
    return openssl("pkcs12", "-export", *files, "-passout", f"pass:{password}", *options)


def why(*given: bytes | None) -> str:
    """The code of what keeps the key from being used."""
    with pytest.raises(KeyUnusable) as caught:
        read_identity(*given)  # type: ignore[arg-type]
    assert str(caught.value) == caught.value.fault.en
    return caught.value.fault.code


def signs(agency: Agency, world: World, signer: Signer) -> None:
    """The signer is the agency's, and the gate takes what it signs."""
    assert signer.certificate_der == agency.der
    world.accepted(signer.sign_parts(document()), agency.der)


@pytest.mark.parametrize("options", [(), ("-legacy",), ("-certpbe", "AES-128-CBC"), ("-certfile", "chain.pem")])
def test_pkcs12_signs_with_its_own_certificate(world: World, pair: Path, options: tuple[str, ...]) -> None:
    options = tuple(str(pair / word) if word.endswith(".pem") else word for word in options)
    signs(world.a, world, Signer.load(pkcs12(pair, SECRET, *options), None, SECRET.encode()))


def test_pkcs12_without_a_password_opens(world: World, pair: Path) -> None:
    data = pkcs12(pair, "")
    assert not needs_password(data)
    signs(world.a, world, Signer.load(data))


@pytest.mark.parametrize("outform", ["PEM", "DER"])
def test_locked_key_opens_with_its_password_alone(world: World, outform: str) -> None:
    words = ("pkcs8", "-topk8", "-outform", outform, "-passout", f"pass:{SECRET}")
    locked = openssl(*words, data=world.a.key_pem)
    signs(world.a, world, Signer.load(locked, world.a.certificate_pem, SECRET.encode()))
    assert needs_password(locked)
    assert why(locked, world.a.certificate_pem) == "key.locked"
    assert why(locked, world.a.certificate_pem, b"") == "key.locked"
    assert why(locked, world.a.certificate_pem, b"wrong") == "key.password_wrong"


def test_locked_pkcs12_opens_with_its_password_alone(pair: Path) -> None:
    locked = pkcs12(pair, SECRET)
    assert needs_password(locked)
    assert why(locked, None) == "key.locked"
    assert why(locked, None, b"wrong") == "key.password_wrong"


def test_old_openssl_form_and_der_are_read(world: World) -> None:
    for words in (("ec",), ("ec", "-outform", "DER"), ("pkcs8", "-topk8", "-nocrypt", "-outform", "DER")):
        signs(world.a, world, Signer.load(openssl(*words, data=world.a.key_pem), world.a.certificate_pem))
    der = x509.load_pem_x509_certificate(world.a.certificate_pem).public_bytes(Encoding.DER)
    signs(world.a, world, Signer.load(world.a.key_pem, der))


def test_password_that_is_not_needed_does_no_harm(world: World) -> None:
    signs(world.a, world, Signer.load(world.a.key_pem, world.a.certificate_pem, b"unused"))


def test_key_and_certificate_in_one_file_are_found(world: World) -> None:
    signs(world.a, world, Signer.load(world.a.certificate_pem + world.a.key_pem))


def test_own_certificate_is_found_behind_its_authoritys(world: World) -> None:
    signs(world.a, world, Signer.load(world.a.key_pem, world.root.root_pem + world.a.certificate_pem))


def test_what_is_no_pair_is_named(world: World) -> None:
    key, certificate = world.a.key_pem, world.a.certificate_pem
    assert why(key, None) == "key.certificate_missing"
    assert why(key, world.b.certificate_pem) == "key.certificate_unmatched"
    assert why(key, b"") == "key.certificate_unreadable"
    assert why(key, key) == "key.certificate_unreadable"
    assert why(key, b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n") == "key.certificate_unreadable"
    for nothing in (b"", b"\x30", b"text", b"\0" * 400, certificate, key[:80], b"\x30\x82\x01\x00\x02\x01\x03" * 9):
        assert why(nothing, certificate) == "key.unreadable", nothing


@pytest.mark.parametrize("key", [ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP192R1())])
def test_key_of_another_kind_is_named(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(KeyUnusable, match="neither RSA nor ECDSA") as caught:
        read_key_file(pem)
    assert caught.value.fault.code == "key.kind_unknown"
    assert kind_of(key) in caught.value.fault.vi


@pytest.mark.parametrize(
    ("kind", "name"),
    [("p256", "ECDSA secp256r1"), ("p384", "ECDSA secp384r1"), ("rsa2048", "RSA-2048"), ("rsa3072", "RSA-3072")],
)
def test_new_key_is_of_the_kind_asked_for(kind: KeyKind, name: str) -> None:
    key = new_key(kind)
    assert kind_of(key) == kind_of(key.public_key()) == name
    if isinstance(key, rsa.RSAPrivateKey):
        assert key.public_key().public_numbers().e == 65537


def test_written_key_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    path, data = tmp_path / "key.pem", key_pem(new_key("p256"), b"secret")
    write_secret(path, data)
    assert path.stat().st_mode & 0o777 == 0o600
    assert needs_password(path.read_bytes())
    with pytest.raises(FileExistsError):
        write_secret(path, b"another")
    assert path.read_bytes() == data
    write_secret(path, b"another", replace=True)
    assert path.read_bytes() == b"another"
