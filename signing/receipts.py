"""A receipt's facts and their XML form, namespace `urn:lienthong:receipt:1`.

Version 2 says under which policy the envelope was taken, and is sealed as XAdES-B; version 1 was before it, and stays
readable: receipts are kept for as long as documents are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from lxml import etree

NS = "urn:lienthong:receipt:1"
_R = "{" + NS + "}"
ROOT = _R + "Receipt"
PLAIN, QUALIFIED = 1, 2
"""The versions: sealed by a plain signature; sealed as XAdES-B, with the policy told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the exchange demanded of the system that handed the envelope in.

    `weak_until` is the last day (Vietnam's) on which weak algorithms were taken from it; None: they were not.
    """

    allow_unsigned: bool
    strict: bool
    weak_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFacts:
    """What the exchange puts its seal to: that it took this file, when, for whom, under which policy, and what the
    gate said.

    Digests are lower-case hex SHA-256, sizes bytes, `accepted_at` aware. `recipients`: (delivery, agency code);
    `undeliverable`: (agency code, fault code); `attachments`: (n, name, size, sha256). `certificate` is the SHA-256 of
    the DER that verified, `signer` its agency where that signed in the sender's stead. `policy` None: version 1, or a
    status the exchange wrote itself.
    """

    envelope: UUID
    kind: str
    operation: str | None
    reference: str
    sender: str
    system: str
    sha256: str
    size: int
    accepted_at: datetime
    recipients: tuple[tuple[UUID, str], ...]
    undeliverable: tuple[tuple[str, str], ...]
    attachments: tuple[tuple[int, str, int, str], ...]
    outcome: str
    profile: str | None
    certificate: str | None
    policy: Policy | None = None
    signer: str | None = None
    version: int = QUALIFIED


def to_tree(facts: ReceiptFacts) -> etree._Element:
    """The receipt without its signature: equal facts give equal text."""
    root = etree.fromstring(f'<Receipt xmlns="{NS}" version="{facts.version}"/>')
    _add(root, "Envelope", str(facts.envelope), kind=facts.kind, operation=facts.operation)
    _add(root, "Reference", facts.reference)
    _add(root, "Sender", facts.sender, system=facts.system)
    _add(root, "File", None, sha256=facts.sha256, size=str(facts.size))
    accepted = facts.accepted_at.astimezone(UTC).isoformat(timespec="microseconds")
    _add(root, "AcceptedAt", accepted.replace("+00:00", "Z"))
    if facts.policy is not None:
        _add(root, "Policy", None, **_written(facts.policy))
    verification = {"outcome": facts.outcome, "profile": facts.profile, "certificate": facts.certificate}
    _add(root, "Verification", None, **verification, signer=facts.signer)
    for delivery, code in facts.recipients:
        _add(root, "Recipient", code, delivery=str(delivery))
    for code, fault in facts.undeliverable:
        _add(root, "Undeliverable", code, fault=fault)
    for n, name, size, sha256 in facts.attachments:
        _add(root, "Attachment", name, n=str(n), size=str(size), sha256=sha256)
    etree.indent(root)
    return root


def from_tree(root: etree._Element) -> ReceiptFacts:
    """The facts of a receipt whose signature was checked. Raises ValueError or LookupError when it is malformed."""
    version = int(_get(root, "version"))
    if version not in (PLAIN, QUALIFIED):
        raise ValueError(f"version {version}")
    envelope, sender, file, verification = (_one(root, name) for name in ("Envelope", "Sender", "File", "Verification"))
    return ReceiptFacts(
        envelope=UUID(_text(envelope)),
        kind=_get(envelope, "kind"),
        operation=envelope.get("operation"),
        reference=_text(_one(root, "Reference")),
        sender=_text(sender),
        system=_get(sender, "system"),
        sha256=_get(file, "sha256"),
        size=int(_get(file, "size")),
        accepted_at=datetime.fromisoformat(_text(_one(root, "AcceptedAt"))),
        recipients=tuple((UUID(_get(one, "delivery")), _text(one)) for one in root.findall(_R + "Recipient")),
        undeliverable=tuple((_text(one), _get(one, "fault")) for one in root.findall(_R + "Undeliverable")),
        attachments=tuple(
            (int(_get(one, "n")), _text(one), int(_get(one, "size")), _get(one, "sha256"))
            for one in root.findall(_R + "Attachment")
        ),
        outcome=_get(verification, "outcome"),
        profile=verification.get("profile"),
        certificate=verification.get("certificate"),
        policy=_policy(root),
        signer=verification.get("signer"),
        version=version,
    )


def _written(policy: Policy) -> dict[str, str | None]:
    return {
        "signature": "optional" if policy.allow_unsigned else "required",
        "reading": "strict" if policy.strict else "lenient",
        "weakUntil": policy.weak_until.isoformat() if policy.weak_until else None,
    }


def _policy(root: etree._Element) -> Policy | None:
    if root.find(_R + "Policy") is None:
        return None
    element = _one(root, "Policy")
    weak_until = element.get("weakUntil")
    return Policy(
        allow_unsigned={"optional": True, "required": False}[_get(element, "signature")],
        strict={"strict": True, "lenient": False}[_get(element, "reading")],
        weak_until=date.fromisoformat(weak_until) if weak_until else None,
    )


def _add(parent: etree._Element, name: str, text: str | None, **attributes: str | None) -> None:
    given = {key: value for key, value in attributes.items() if value is not None}
    etree.SubElement(parent, _R + name, given).text = text


def _one(root: etree._Element, name: str) -> etree._Element:
    found = root.findall(_R + name)
    if len(found) != 1:
        raise LookupError(f"{len(found)} × {name}")
    return found[0]


def _get(element: etree._Element, name: str) -> str:
    value = element.get(name)
    if value is None:
        raise LookupError(f"{element.tag} without {name}")
    return value


def _text(element: etree._Element) -> str:
    return element.text or ""
