"""Keys on a token, through PKCS 11: smart cards and USB tokens of agencies, or a hardware module.

The library behind it comes with the extra `token`. A module (the maker's .so) is loaded once per process and must not
be used across a fork.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from signing import key_rules as rules
from signing.key_rules import KeyUnusable
from signing.keys import Identity, certificate_of, kind_of
from signing.token_keys import TokenEcKey, TokenRsaKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pkcs11
    from pkcs11.types import PrivateKey, Session, Token

    from signing.keys import PublicKey
    from signing.token_keys import TokenKey


_ONE_AT_A_TIME = threading.RLock()
"""Around every call into a module: makers' modules, and the library's own binding, do not stand several threads, also
where these use different keys. A token makes one signature at a time anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlace:
    """Where a key is: the maker's `module` (a path), the token and the key on it, each by its label.

    `token` may be a serial number as well and `key` an id in hexadecimal digits; None where there is only one.
    """

    module: str
    token: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """A token that is plugged in."""

    label: str
    serial: str
    maker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKeyFacts:
    """A signing key on a token; `subject` of the certificate beside it, if there is one."""

    label: str
    id: str
    kind: str
    subject: str | None


def open_identity(place: TokenPlace, pin: str | None, certificates: Sequence[x509.Certificate] = ()) -> Identity:
    """The key at `place` with its certificate: one of `certificates` if any are given, else the token's own.

    The PIN is kept for as long as the key, to sign in again after the token was pulled out. Safe for any number of
    threads; the token makes one signature at a time. Raises `KeyUnusable`, also from the key's `sign`.
    """
    with _ONE_AT_A_TIME:
        opened = _Opened(place, pin)
        own = () if certificates else opened.certificates()
    return Identity(key=opened.key(), certificate=certificate_of(opened.key(), certificates or own))


def open_key(place: TokenPlace, pin: str | None) -> TokenKey:
    """The key alone, for a request before there is a certificate. Raises `KeyUnusable`."""
    with _ONE_AT_A_TIME:
        return _Opened(place, pin).key()


def list_tokens(module: str) -> list[TokenFacts]:
    """Every token that is plugged in. Raises `KeyUnusable`."""
    with _ONE_AT_A_TIME:
        present = _tokens(_load(module))
        return [TokenFacts(label=one.label, serial=_serial(one), maker=one.manufacturer_id) for one in present]


def list_keys(place: TokenPlace, pin: str | None) -> list[TokenKeyFacts]:
    """Every signing key of the token at `place`, whatever its `key`. Raises `KeyUnusable`."""
    with _ONE_AT_A_TIME, _told((token := _token(place)).label):
        session = _log_in(token, pin)
        certificates = _certificates(session)
        return [_facts(session, found, certificates) for found in _signing_keys(session)]


class _Opened:
    """A session in which the PIN was accepted, and the key; opened anew once when the token has forgotten it."""

    def __init__(self, place: TokenPlace, pin: str | None) -> None:
        self._place = place
        self._pin = pin
        self._barred: KeyUnusable | None = None
        self._open()
        self._public = self._read_public()

    def key(self) -> TokenKey:
        """The key in the shape the libraries know."""
        if isinstance(self._public, rsa.RSAPublicKey):
            return TokenRsaKey(self._public, self._sign)
        return TokenEcKey(self._public, self._sign)

    def certificates(self) -> list[x509.Certificate]:
        """Every certificate on the token."""
        with _told(self._label):
            return _certificates(self._session)

    def _open(self) -> None:
        token = _token(self._place)
        self._label = token.label
        with _told(self._label):
            self._session = _log_in(token, self._pin)
            self._key = _chosen(_signing_keys(self._session), self._place.key, self._label)

    def _read_public(self) -> PublicKey:
        with _told(self._label):
            return _public_key(self._session, self._key)

    def _sign(self, octets: bytes) -> bytes:
        import pkcs11

        with _ONE_AT_A_TIME, _told(self._label):
            if self._barred is not None:  # another try with a refused PIN would bring the card nearer to its lock
                raise self._barred
            try:
                return self._signature(octets)
            except pkcs11.PKCS11Error:
                self._reopen()
                return self._signature(octets)

    def _reopen(self) -> None:
        """The old session is not closed: that would sign out every other key of this process on the token."""
        try:
            self._open()
        except KeyUnusable as refused:
            if refused.fault.code in (rules.PIN_WRONG.code, rules.PIN_LOCKED.code):
                self._barred = refused
            raise
        if self._read_public() != self._public:
            raise KeyUnusable(rules.TOKEN_FAILED.at("token", token=self._label, reason="the key on it is another now"))

    def _signature(self, octets: bytes) -> bytes:
        from pkcs11 import Attribute, Mechanism

        mechanism = Mechanism.RSA_PKCS if isinstance(self._public, rsa.RSAPublicKey) else Mechanism.ECDSA
        pin = self._pin if _get(self._key, Attribute.ALWAYS_AUTHENTICATE) else None
        signature: bytes = self._key.sign(octets, mechanism=mechanism, pin=pin)  # type: ignore[attr-defined]
        return signature


def _load(module: str) -> Any:
    try:
        import pkcs11
    except ImportError as error:
        raise KeyUnusable(rules.TOKEN_UNSUPPORTED.at("token")) from error
    try:
        return pkcs11.lib(module)
    except pkcs11.PKCS11Error as error:
        reason = str(error).removeprefix(f"OS exception while loading {module}: ") or type(error).__name__
        raise KeyUnusable(rules.TOKEN_MODULE_UNUSABLE.at("token", module, module=module, reason=reason)) from error


def _tokens(library: Any) -> list[Token]:
    """The tokens that have been set up; an empty slot or card is none."""
    from pkcs11 import TokenFlag

    with _told("?"):
        return list(library.get_tokens(token_flags=TokenFlag.TOKEN_INITIALIZED))


def _token(place: TokenPlace) -> Token:
    present = _tokens(_load(place.module))
    matching = [one for one in present if place.token in (None, one.label, _serial(one))]
    if len(matching) == 1:
        return matching[0]
    found = ", ".join(f"{one.label} ({_serial(one)})" for one in matching or present) or "–"
    if matching:
        raise KeyUnusable(rules.TOKEN_AMBIGUOUS.at("token", found=found))
    raise KeyUnusable(rules.TOKEN_ABSENT.at("token", place.token or "", wanted=place.token or "", found=found))


def _serial(token: Token) -> str:
    return token.serial.decode("utf-8", "replace").rstrip("\0 ")


def _log_in(token: Token, pin: str | None) -> Session:
    import pkcs11

    if not pin:
        raise KeyUnusable(rules.PIN_MISSING.at("token"))
    try:
        return token.open(user_pin=pin)
    except pkcs11.UserAlreadyLoggedIn:  # another key of this process is in use: signing in is per token
        return token.open()
    except pkcs11.PinLocked as error:
        raise KeyUnusable(rules.PIN_LOCKED.at("token", token=token.label)) from error
    except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange) as error:
        raise KeyUnusable(rules.PIN_WRONG.at("token", token=token.label)) from error


def _signing_keys(session: Session) -> list[PrivateKey]:
    from pkcs11 import Attribute, KeyType, ObjectClass

    found: list[Any] = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))
    kinds = (KeyType.RSA, KeyType.EC)
    return [one for one in found if _get(one, Attribute.KEY_TYPE) in kinds and _get(one, Attribute.SIGN) is not False]


def _chosen(keys: Sequence[PrivateKey], wanted: str | None, token: str) -> PrivateKey:
    matching = [one for one in keys if wanted in (None, one.label, one.id.hex())]
    if len(matching) == 1:
        return matching[0]
    found = ", ".join(f"{one.label} ({one.id.hex()})" for one in matching or keys) or "–"
    if matching:
        raise KeyUnusable(rules.TOKEN_KEY_AMBIGUOUS.at("token", token=token, found=found))
    raise KeyUnusable(rules.TOKEN_KEY_ABSENT.at("token", wanted or "", token=token, wanted=wanted or "", found=found))


def _public_key(session: Session, key: PrivateKey) -> PublicKey:
    """The public half: from the object beside the key, from its certificate, or (RSA) from the key itself."""
    from pkcs11 import Attribute, ObjectClass
    from pkcs11.util.ec import encode_ec_public_key
    from pkcs11.util.rsa import encode_rsa_public_key

    beside: list[Any] = list(session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.ID: key.id}))
    if _get(key, Attribute.MODULUS) is not None:
        holders = [one for one in (*beside, key) if _get(one, Attribute.PUBLIC_EXPONENT) is not None]
        found = [load_der_public_key(encode_rsa_public_key(one)) for one in holders[:1]]
    else:
        found = [load_der_public_key(encode_ec_public_key(one)) for one in beside[:1]]
    found += [one.public_key() for one in _certificates(session, key.id)]
    if found and isinstance(found[0], rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return found[0]
    raise KeyUnusable(rules.TOKEN_FAILED.at("token", token=session.token.label, reason="no public key beside it"))


def _certificates(session: Session, identifier: bytes | None = None) -> list[x509.Certificate]:
    from pkcs11 import Attribute, ObjectClass

    wanted: dict[pkcs11.Attribute, Any] = {Attribute.CLASS: ObjectClass.CERTIFICATE}
    if identifier is not None:
        wanted[Attribute.ID] = identifier
    return [x509.load_der_x509_certificate(one[Attribute.VALUE]) for one in list(session.get_objects(wanted))]


def _facts(session: Session, key: PrivateKey, certificates: Sequence[x509.Certificate]) -> TokenKeyFacts:
    public = _public_key(session, key)
    subjects = [one.subject.rfc4514_string() for one in certificates if one.public_key() == public]
    return TokenKeyFacts(
        label=key.label, id=key.id.hex(), kind=kind_of(public), subject=subjects[0] if subjects else None
    )


def _get(one: Any, attribute: pkcs11.Attribute) -> Any:
    """An attribute, None where the token does not have it or does not tell."""
    import pkcs11

    try:
        return one[attribute]
    except (pkcs11.AttributeTypeInvalid, pkcs11.AttributeSensitive):
        return None


@contextmanager
def _told(label: str) -> Iterator[None]:
    """Whatever the library throws, said to a person."""
    import pkcs11

    try:
        yield
    except (pkcs11.PKCS11Error, ValueError) as error:
        if isinstance(error, KeyUnusable):
            raise
        reason = str(error) or type(error).__name__
        raise KeyUnusable(rules.TOKEN_FAILED.at("token", token=label, reason=reason)) from error
