"""Judging a certificate again that was judged before the lists changed: between the gate and the accepting transaction.

The file is not read again: only what says whether the certificate counts has changed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envelopes.faults import Refused
from exchange import certification_rules as rules
from signing.certificates import Bad, Unknown
from signing.elements import PATH
from storage import envelopes

if TYPE_CHECKING:
    from exchange.exchange import Exchange
    from exchange.intake import Vouched
    from signing.certificates import Trust
    from storage.certificates import Candidates
    from storage.grounds import Grounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A certificate (DER) and the version of roots, lists and answers that it was judged by."""

    certificate: bytes
    trust_version: int


def judged_by(certificate: bytes | None, candidates: Candidates, trust: Trust) -> Judged | None:
    """What the candidate with this SHA-256 was judged by; None when none vouches for the message."""
    found = next((der for der in candidates.ders if hashlib.sha256(der).digest() == certificate), None)
    return None if found is None else Judged(certificate=found, trust_version=trust.version)


def check_grounds(vouched: Vouched, grounds: Grounds) -> None:
    """Whether what the signature was believed on still holds as it is written down.

    Raises `Refused` when it does not, `GroundsMoved` when the certificate has to be judged again to tell.
    """
    if vouched.judged is None:
        return
    if grounds.invalid_from is not None:
        since = f"{grounds.invalid_from:%Y-%m-%dT%H:%M:%SZ}"
        rules.CERTIFICATE_WITHDRAWN.refuse("certificate", since=since)
    if vouched.signer is not None and not grounds.delegated:
        sender = vouched.message.sender.code
        rules.DELEGATION_ENDED.refuse(PATH, vouched.signer, signer=vouched.signer, sender=sender)
    if grounds.trust_version != vouched.judged.trust_version:
        raise GroundsMoved


class GroundsMoved(Exception):  # noqa: N818 - says what is the case
    """The certificate was judged by other lists than those of now; the transaction is rolled back."""


async def judge_again(exchange: Exchange, vouched: Vouched) -> Vouched:
    """The same message, its certificate judged by the lists of now. Raises `Refused`."""
    assert vouched.judged is not None
    der = vouched.judged.certificate
    trust = await exchange.trust.current()
    async with exchange.database.acquire() as conn:
        now = await envelopes.clock(conn)
    verdict = await exchange.threads.run(trust.judge, der, now)
    if isinstance(verdict, Bad):
        raise Refused(verdict.fault)
    judged = Judged(certificate=der, trust_version=trust.version)
    if isinstance(verdict, Unknown):
        return replace(vouched, outcome="held", held_reason=verdict.reason, evidence=(), judged=judged)
    outcome = "verified_weak" if vouched.weak else "verified"
    return replace(vouched, outcome=outcome, held_reason=None, evidence=verdict.evidence, judged=judged)
