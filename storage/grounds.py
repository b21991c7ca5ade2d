"""What the verdict about a signature rests on besides the file, as of the moment it is written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """`invalid_from`: since when the certificate is out of use here (None: in use). `trust_version`: that of the roots,
    lists and answers. `delegated`: whether who signed for another agency may still do so."""

    invalid_from: datetime | None
    trust_version: int
    delegated: bool = True


def grounds_locked(*, certificate: str, sender: str, signer: str) -> str:
    """Common table expressions `certificate_locked` and `delegation_locked` for these parameters of a statement.

    Whoever would revoke the certificate or end the delegation waits until the transaction ends; who was faster is seen.
    """
    return f"""certificate_locked AS MATERIALIZED (
            SELECT invalid_from FROM certificates WHERE sha256 = {certificate} FOR SHARE),
        delegation_locked AS MATERIALIZED (
            SELECT d.id FROM delegations d JOIN agencies a ON a.code = d.delegate
            WHERE d.agency = {sender} AND d.delegate = {signer} AND d.approved_at IS NOT NULL AND a.locked_at IS NULL
              AND d.valid_from <= clock_timestamp() AND (d.valid_until IS NULL OR d.valid_until > clock_timestamp())
            FOR SHARE OF d)"""


GROUNDS = """(SELECT invalid_from FROM certificate_locked) AS invalid_from,
             (SELECT version FROM trust_version) AS trust_version,
             EXISTS (SELECT FROM delegation_locked) AS delegated"""
"""Columns that make `Grounds`, where `grounds_locked` stands above."""
