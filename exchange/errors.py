"""What a use case says when it will not answer, apart from `Refused`; only the HTTP layer knows what status it is."""

from __future__ import annotations


class Unauthenticated(Exception):  # noqa: N818 - says what is the case
    """No credential, or none that is known, alive and of an active system; never says which."""


class NotThere(Exception):  # noqa: N818 - says what is the case
    """Nothing of this id exists for the caller; that it may exist for somebody else cannot be told (TM-46)."""


class NotAllowed(Exception):  # noqa: N818 - says what is the case
    """The caller is known and asks for an agency that is not its own."""


class Busy(Exception):  # noqa: N818 - says what is the case
    """The exchange takes no more right now; asking again after `seconds` is right."""

    def __init__(self, reason: str, *, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds
