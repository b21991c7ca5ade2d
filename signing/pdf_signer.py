"""Who a certificate says its owner is: a person or an organisation, as far as it says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.x509.oid import NameOID

from envelopes.faults import Refused
from envelopes.readable import readable
from signing.leaf import load_der

if TYPE_CHECKING:
    from cryptography import x509

_LENGTH = 200
"""Characters of a name that are kept; X.520 bounds common names at 64."""

PERSONAL = ("CMND", "CCCD", "HC", "PERSONAL")
ORGANIZATIONAL = ("MST", "MNS", "MASOTHUE")
"""How Vietnamese authorities begin the user id of a person (identity card, passport) and of an organisation (tax or
budget code). Not confirmed with the government authority's own certificates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The owner's name, the organisation, and `person`, `organization` or None for the kind."""

    name: str | None = None
    organization: str | None = None
    kind: str | None = None


def signer_of(der: bytes) -> Named:
    """What the certificate (DER) says of its owner; nothing where it cannot be read."""
    try:
        subject = load_der(der).subject
    except Refused:
        return Named()
    return Named(
        name=_first(subject, NameOID.COMMON_NAME),
        organization=_first(subject, NameOID.ORGANIZATION_NAME),
        kind=_kind(subject),
    )


def _kind(subject: x509.Name) -> str | None:
    user = (_first(subject, NameOID.USER_ID) or "").upper()
    if user.startswith(PERSONAL) or _first(subject, NameOID.SURNAME) or _first(subject, NameOID.GIVEN_NAME):
        return "person"
    if user.startswith(ORGANIZATIONAL) or _first(subject, NameOID.ORGANIZATION_IDENTIFIER):
        return "organization"
    return None


def _first(subject: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    found = subject.get_attributes_for_oid(oid)
    return readable(str(found[0].value)[:_LENGTH]) if found else None
