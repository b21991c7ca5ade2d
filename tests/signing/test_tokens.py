"""Keys on a real PKCS 11 token (SoftHSM): what they sign is taken, and what goes wrong is said to a person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from signing.key_rules import KeyUnusable
from signing.keys import KeyKind
from signing.requests import make_request, read_request
from signing.sign import Signer
from signing.tokens import TokenPlace, list_keys, list_tokens, open_identity, open_key
from tests.signing.letters import document, status
from tests.signing.people import NOW, World
from tests.support.tokens import PIN, Shelf, shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS: tuple[KeyKind, ...] = ("p256", "p384", "rsa2048")


class Tokens:
    """Token A holds three keys (one with its certificate), token B one; the certificates of all."""

    def __init__(self, on: Shelf, world: World) -> None:
        self.on = on
        self.certificates: dict[str, x509.Certificate] = {}
        for token in ("A", "B"):
            on.token(token)
        for n, kind in enumerate(KINDS):
            key, certificate = world.root.issue("H08.02", key_kind=kind, now=NOW - timedelta(days=1))
            path = on.folder / f"{kind}.pem"
            path.write_bytes(key)
            on.put("A", path, kind, f"a{n}")
            self.certificates[kind] = x509.load_pem_x509_certificate(certificate)
        on.put("B", on.folder / "p256.pem", "only", "b0")
        self._put_certificate("p256", "a0")

    def place(self, key: str | None, token: str | None = "A") -> TokenPlace:
        return TokenPlace(module=self.on.module, token=token, key=key)

    def signer(self, kind: KeyKind) -> Signer:
        return Signer.of(open_identity(self.place(kind), PIN, [self.certificates[kind]]))

    def _put_certificate(self, kind: KeyKind, identifier: str) -> None:
        import pkcs11
        from pkcs11.util.x509 import decode_x509_certificate

        attributes = decode_x509_certificate(self.certificates[kind].public_bytes(Encoding.DER))
        attributes |= {pkcs11.Attribute.TOKEN: True, pkcs11.Attribute.ID: bytes.fromhex(identifier)}
        pkcs11.lib(self.on.module).reinitialize()
        session = pkcs11.lib(self.on.module).get_token(token_label="A").open(rw=True, user_pin=PIN)
        session.create_object(attributes)
        session.close()


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory, world: World) -> Iterator[Tokens]:
    for on in shelf(tmp_path_factory.mktemp("shelf")):
        yield Tokens(on, world)


def why(place: TokenPlace, pin: str | None = PIN) -> tuple[str, str]:
    """The code of what keeps the token from being used, and the text."""
    with pytest.raises(KeyUnusable) as caught:
        open_key(place, pin)
    return caught.value.fault.code, str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_key_on_a_token_signs_what_the_gate_takes(tokens: Tokens, world: World, kind: KeyKind) -> None:
    signer = tokens.signer(kind)
    for file in (
        signer.sign_parts(document()),
        signer.sign_whole(document()),
        signer.sign_parts(status()),
        signer.sign_parts(document(), xades=True, at=NOW),
    ):
        world.accepted(file, signer.certificate_der)


def test_certificate_beside_the_key_is_used_when_none_is_given(tokens: Tokens, world: World) -> None:
    signer = Signer.of(open_identity(tokens.place("p256"), PIN))
    assert signer.certificate == tokens.certificates["p256"]
    world.accepted(signer.sign_parts(document()), signer.certificate_der)
    with pytest.raises(KeyUnusable, match="do not belong together"):
        open_identity(tokens.place("p384"), PIN)
    with pytest.raises(KeyUnusable, match="No certificate comes"):
        open_identity(tokens.place(None, "B"), PIN)


def test_request_is_signed_on_the_token(tokens: Tokens) -> None:
    for kind in KINDS:
        found = read_request(make_request(open_key(tokens.place(kind), PIN), agency="H08.02", name="Sở Nội vụ"))
        assert found.public_key == tokens.certificates[kind].public_key()


def test_key_is_found_by_id_and_token_by_serial_number(tokens: Tokens) -> None:
    [serial] = [one.serial for one in list_tokens(tokens.on.module) if one.label == "A"]
    key = open_key(TokenPlace(module=tokens.on.module, token=serial, key="a2"), PIN)
    assert key.public_key() == tokens.certificates["rsa2048"].public_key()


def test_only_key_of_a_token_needs_no_name(tokens: Tokens) -> None:
    assert open_key(tokens.place(None, "B"), PIN).public_key() == tokens.certificates["p256"].public_key()


def test_what_is_there_can_be_listed(tokens: Tokens) -> None:
    assert sorted(one.label for one in list_tokens(tokens.on.module)) == ["A", "B"]
    found = {one.label: (one.id, one.kind, one.subject) for one in list_keys(tokens.place(None), PIN)}
    assert found == {
        "p256": ("a0", "ECDSA secp256r1", "CN=H08.02"),
        "p384": ("a1", "ECDSA secp384r1", None),
        "rsa2048": ("a2", "RSA-2048", None),
    }


def test_threads_share_a_key(tokens: Tokens, world: World) -> None:
    """Two signers at once, each used by several threads: every signature is right."""
    signers = [tokens.signer("p256"), tokens.signer("rsa2048")]
    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(lambda n: signers[n % 2].sign_parts(document()), range(40)))
    for n, file in enumerate(files):
        world.accepted(file, signers[n % 2].certificate_der)


def test_two_keys_stand_many_threads(tokens: Tokens) -> None:
    """Makers' modules do not, so we take care of it: thousands of signatures by two keys, and not one fails."""
    curve, modulus = (open_key(tokens.place(kind), PIN) for kind in ("p256", "rsa2048"))
    assert isinstance(curve, ec.EllipticCurvePrivateKey)
    assert isinstance(modulus, rsa.RSAPrivateKey)

    def sign(n: int) -> bytes:
        if n % 2:
            return curve.sign(b"x", ec.ECDSA(SHA256()))
        return modulus.sign(b"x", padding.PKCS1v15(), SHA256())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(sign, range(2000)))


def test_refused_pin_is_not_tried_again(tmp_path_factory: pytest.TempPathFactory, world: World) -> None:
    """The PIN was changed while the program runs. Cards lock after a few wrong ones, so the first is the last."""
    import pkcs11

    for on in shelf(tmp_path_factory.mktemp("changed")):
        key, certificate = world.root.issue("H08.02", now=NOW)
        path = on.folder / "key.pem"
        path.write_bytes(key)
        on.token("A")
        on.put("A", path, "k", "a0")
        place = TokenPlace(module=on.module, token="A", key="k")
        signer = Signer.of(open_identity(place, PIN, [x509.load_pem_x509_certificate(certificate)]))
        library = pkcs11.lib(on.module)
        library.reinitialize()
        with library.get_token(token_label="A").open(rw=True, user_pin=PIN) as session:
            session.set_pin(PIN, "161803")
        library.reinitialize()
        with pytest.raises(KeyUnusable) as refused:
            signer.sign_parts(document())
        assert refused.value.fault.code == "token.pin_wrong"
        with library.get_token(token_label="A").open(rw=True, user_pin="161803") as session:
            session.set_pin("161803", PIN)
        library.reinitialize()
        with pytest.raises(KeyUnusable):  # the old PIN would do again, and is not even tried
            signer.sign_parts(document())


def test_wrong_pin_is_told_from_no_pin(tokens: Tokens) -> None:
    import pkcs11

    pkcs11.lib(tokens.on.module).reinitialize()  # nobody is signed in, as in a new process
    for pin, code in (("999999", "token.pin_wrong"), ("1", "token.pin_wrong"), (None, "token.pin_missing")):
        assert why(tokens.place("p256"), pin)[0] == code


def test_token_and_key_that_are_not_there_or_not_named_are_told_with_what_is(tokens: Tokens) -> None:
    code, text = why(tokens.place("p256", "C"))
    assert code == "token.absent"
    assert "A (" in text
    assert "B (" in text
    assert why(tokens.place("p256", None))[0] == "token.ambiguous"
    code, text = why(tokens.place("p521"))
    assert code == "token.key_absent"
    assert "p384 (a1)" in text
    assert why(tokens.place(None))[0] == "token.key_ambiguous"


@pytest.mark.parametrize("module", ["/none/at/all.so", "/etc/passwd", "libc.so.6"])
def test_what_is_no_module_is_named(tokens: Tokens, module: str) -> None:
    code, text = why(TokenPlace(module=module))
    assert code == "token.module_unusable"
    assert module in text


def test_key_does_not_leave_its_token(tokens: Tokens) -> None:
    for kind in KINDS:
        key = open_key(tokens.place(kind), PIN)
        with pytest.raises(UnsupportedAlgorithm):
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with pytest.raises(UnsupportedAlgorithm):
            key.private_numbers()


def test_token_signs_no_digest_and_nothing_weak(tokens: Tokens) -> None:
    key = open_key(tokens.place("rsa2048"), PIN)
    assert isinstance(key, rsa.RSAPrivateKey)
    pss = padding.PSS(padding.MGF1(SHA256()), 32)
    for how in ((padding.PKCS1v15(), SHA1()), (pss, SHA256()), (padding.PKCS1v15(), Prehashed(SHA256()))):
        with pytest.raises(UnsupportedAlgorithm):
            key.sign(b"text", *how)


def test_signer_outlives_a_token_that_forgot_the_session(tokens: Tokens, world: World) -> None:
    import pkcs11

    signer = tokens.signer("p256")
    pkcs11.lib(tokens.on.module).reinitialize()  # every session is gone, as after the token was pulled out
    world.accepted(signer.sign_parts(document()), signer.certificate_der)


def test_other_key_under_the_same_label_is_not_signed_with(
    tmp_path_factory: pytest.TempPathFactory, world: World
) -> None:
    """A token swapped for another of the same label while the program runs."""
    import pkcs11

    for on in shelf(tmp_path_factory.mktemp("swapped")):
        keys = [on.folder / f"{n}.pem" for n in range(2)]
        certificates = []
        for path in keys:
            key, certificate = world.root.issue("H08.02", now=NOW)
            path.write_bytes(key)
            certificates += x509.load_pem_x509_certificates(certificate)
        on.token("A")
        on.put("A", keys[0], "sign", "01")
        signer = Signer.of(open_identity(TokenPlace(module=on.module), PIN, certificates[:1]))
        on.empty()
        on.token("A")
        on.put("A", keys[1], "sign", "01")
        pkcs11.lib(on.module).reinitialize()
        with pytest.raises(KeyUnusable, match="another now"):
            signer.sign_parts(document())
        on.empty()
        pkcs11.lib(on.module).reinitialize()
        with pytest.raises(KeyUnusable) as caught:
            signer.sign_parts(document())
        assert caught.value.fault.code == "token.absent"
