"""The moment a certificate is judged for, and which lists and answers say something about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from signing.ocsp import AnswerFacts
from signing.revocation import CrlFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cryptography import x509

    from signing.ocsp import Answer
    from signing.revocation import RevocationList


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What may tell whether a link of one certificate's path is revoked."""

    lists: tuple[RevocationList, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The moment `at` (aware) a certificate is judged for; `now` is None when it is the present one."""

    at: datetime
    now: datetime | None = None

    @property
    def is_past(self) -> bool:
        """Whether what was made later counts, too."""
        return self.now is not None

    def counts(self, facts: CrlFacts | AnswerFacts, leaf: x509.Certificate) -> bool:
        """Whether this may say something about the moment; whether it says enough is the path validator's.

        Authorities drop from their lists what has expired, so a list made after the certificate's end is silent on it.
        """
        if self.now is None:
            return True
        is_about = isinstance(facts, AnswerFacts) or facts.issuer == leaf.issuer.rfc4514_string()
        return facts.this_update <= self.now and not (is_about and facts.this_update > leaf.not_valid_after_utc)

    def is_revoked(self, since: datetime) -> bool:
        """Whether a certificate revoked since then was revoked at the moment: whoever is on a list is revoked now."""
        return self.now is None or since <= self.at

    def span(
        self, path: Sequence[x509.Certificate], used: Iterable[CrlFacts | AnswerFacts]
    ) -> tuple[datetime, datetime]:
        """From when until when certificates, lists and answers are all in force."""
        current = self._current(used)
        since = [*(link.not_valid_before_utc for link in path), *(facts.this_update for facts in current)]
        until = [*(link.not_valid_after_utc for link in path), *(facts.until for facts in current)]
        return max(since), min(until)

    def evidence(self, used: Iterable[CrlFacts | AnswerFacts]) -> tuple[bytes, ...]:
        """The SHA-256 of the lists and answers that tell the state at the moment."""
        return tuple(sorted({facts.sha256 for facts in self._current(used)}))

    def _current(self, used: Iterable[CrlFacts | AnswerFacts]) -> list[CrlFacts | AnswerFacts]:
        return [facts for facts in used if facts.until > self.at and (self.is_past or facts.this_update <= self.at)]
