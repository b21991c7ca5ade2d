"""TM-36: the PDF library's own samples, forged and genuine, through our check.

Its authors' authority is none of ours, so the genuine ones are sound and unchanged, and unproven.
"""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import pytest

from envelopes.pdf_outcomes import PdfOutcome, PdfState
from signing.authority import Authority
from signing.pdf import check_pdf
from tests.corpora import vectors
from tests.support.pdfs import anchors

FOLDER = "pyhanko_testing_commons/test_data/data/pdf"
TRUST = anchors(Authority.make("Another root"))

SOUND, LOCKED = ("unproven",), ()
TWO, FORGED = ("unproven", "unproven"), ("changed", "unproven")
"""Verdicts of a genuine file's two signatures; of one that was altered between them."""

EXPECTED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "form-update-ap-indirect-sneaky-trailer.pdf": FORGED,
        "form-update-no-override-appearance-stream-ap-indirect-sneaky.pdf": FORGED,
        "form-update-override-appearance-stream-ap-indirect-sneaky.pdf": FORGED,
        "form-update-override-appearance-stream-sneaky.pdf": FORGED,
        "extensions-indirect-not-all-paths.pdf": FORGED,
        "coverage-anomalies/one-byterange.pdf": ("invalid",),
        "coverage-anomalies/signature-gap-too-big.pdf": ("changed",),
        "coverage-anomalies/tail-uncovered.pdf": ("changed",),
        "coverage-anomalies/weird-byterange.pdf": ("changed",),
        "pdf-sig-with-econtent.pdf": ("invalid",),
        "certified-with-indirect-refs-in-dir.pdf": SOUND,
        "ed448-disallowed-hash.pdf": SOUND,
        "ed448-shake256-nolen.pdf": SOUND,
        "pades-with-old-style-signing-cert-attr-issser.pdf": SOUND,
        "pades-with-old-style-signing-cert-attr.pdf": SOUND,
        "sig-no-signed-attrs.pdf": SOUND,
        "sig-with-ski-sid.pdf": SOUND,
        "extensions-direct.pdf": TWO,
        "extensions-indirect.pdf": TWO,
        "extensions-update-direct.pdf": TWO,
        "extensions-update-indirect.pdf": TWO,
        "form-update-no-override-appearance-stream-ap-indirect.pdf": TWO,
        "form-update-original-ap-type-wrong.pdf": TWO,
        "form-update-override-appearance-stream-ap-indirect.pdf": TWO,
        "form-update-override-appearance-stream.pdf": TWO,
        "minimal-signed-twice-both-created.pdf": TWO,
        "minimal-signed-twice-no-sig-type.pdf": TWO,
        "minimal-signed-twice-second-created.pdf": TWO,
        "minimal-two-fields-signed-twice.pdf": TWO,
        "separate-annots-kids-indir.pdf": TWO,
        "pades-lta-dss-indirect-arrs-test.pdf": TWO,
        "pades-lta-dss-indirect-arrs-test-2.pdf": (*TWO, "unproven"),
        "signed-encrypted-pubkey-with-catalog-ref.pdf": LOCKED,
        "coverage-anomalies/base.pdf": ("invalid",),
    }
)


@cache
def samples() -> dict[str, bytes]:
    return {name: data for name, data in vectors("pyhanko", FOLDER).items() if name.endswith(".pdf")}


def judged(name: str) -> PdfOutcome:
    return check_pdf(io.BytesIO(samples()[name]), TRUST)


@pytest.mark.parametrize("name", EXPECTED)
def test_tm_36_foreign_sample_is_judged_as_its_authors_meant_it(name: str) -> None:
    assert tuple(one.verdict.value for one in judged(name).signatures) == EXPECTED[name]


def test_tm_36_every_foreign_sample_is_answered_quickly_and_none_is_called_valid() -> None:
    signed = set()
    for name in samples():
        began = time.perf_counter()
        found = judged(name)
        assert time.perf_counter() - began < 2, name
        assert "valid" not in [one.verdict.value for one in found.signatures], name
        if found.state is PdfState.CHECKED:
            signed.add(name)
    assert signed == {name for name, verdicts in EXPECTED.items() if verdicts}
    assert len(samples()) > 100
