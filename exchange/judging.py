"""Judging a certificate again that was judged before the lists changed: between the gate and the accepting transaction.

The file is not read again: only what says whether the certificate counts has changed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from envelopes.faults import Refused
from exchange import certification_rules as rules
from exchange.errors import Busy
from signing.certificates import Bad, Unknown
from signing.elements import PATH
from storage import envelopes

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange.exchange import Exchange
    from exchange.intake import Vouched
    from exchange.spool import Spool
    from exchange.threads import Threads
    from signing.certificates import Trust
    from storage.certificates import Candidates
    from storage.grounds import Grounds


LATE_SECONDS = 30
"""After this whatever was too much at once may be done; asking more often only adds to it."""


TOO_LONG = "judging a file took too long"


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


async def judged_in_time(exchange: Exchange, threads: Threads, spool: Spool, judge: Callable[[], Vouched]) -> Vouched:
    """What `judge` says of what is in the spool, in one of these threads. Raises `Busy` when that takes too long."""

    def judged() -> Vouched:
        with spool.kept_open():
            return judge()

    try:
        return await threads.run_within(exchange.settings.judge_seconds, judged)
    except TimeoutError as late:
        raise Busy(TOO_LONG, seconds=LATE_SECONDS) from late


async def judge_again(exchange: Exchange, vouched: Vouched) -> Vouched:
    """The same message, its certificate judged by the lists of now. Raises `Refused`, `Busy`."""
    assert vouched.judged is not None
    der = vouched.judged.certificate
    trust = await exchange.trust.current()
    async with exchange.database.acquire() as conn:
        now = await envelopes.clock(conn)
    try:
        verdict = await exchange.threads.run_within(exchange.settings.judge_seconds, trust.judge, der, now)
    except TimeoutError as late:
        raise Busy(TOO_LONG, seconds=LATE_SECONDS) from late
    if isinstance(verdict, Bad):
        raise Refused(verdict.fault)
    judged = Judged(certificate=der, trust_version=trust.version)
    if isinstance(verdict, Unknown):
        return replace(vouched, outcome="held", held_reason=verdict.reason, evidence=(), judged=judged)
    outcome = "verified_weak" if vouched.weak else "verified"
    return replace(vouched, outcome=outcome, held_reason=None, evidence=verdict.evidence, judged=judged)
