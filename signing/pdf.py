"""Signatures inside a PDF (duties section 7, SECURITY TM-36): who, when, unchanged since, and leading to which root.

pyHanko reads hostile files here, so this runs in a process of its own with bounds (`pdf_process`). What is said never
goes beyond what was checked: `valid` takes a sound signature, a file changed at most in permitted ways, and a
certificate that leads to a trusted root and is known not to be revoked.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError

from envelopes.pdf_outcomes import MAX_SIGNATURES, PdfOutcome, PdfState
from signing import pdf_rules as rules
from signing.pdf_chain import Brought, Chains, parsed
from signing.pdf_signature import Doubts, appraise, reason_of

if TYPE_CHECKING:
    from typing import Any

    from envelopes.faults import Fault
    from signing.pdf_chain import Anchors

MIB = 2**20

LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=64 * MIB),
    document_budget=DocumentDecodeBudget(base_allowance=128 * MIB, max_ratio=20),
)
"""What streams may unpack to: signatures rest on objects, not on page images, so little is ever unpacked."""

_END = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF")
"""How a revision ends (ISO 32000-2, 7.5.5)."""

_SHOWN = 200
"""Characters of a library's explanation that are shown."""


def check_pdf(file: BinaryIO, anchors: Anchors) -> PdfOutcome:
    """What the signatures inside the file are worth, as of the moment it was received. Blocking.

    Bounds on time and memory are the caller's. Raises MemoryError when it meets them.
    """
    try:
        return _checked(file, anchors, Doubts())
    except PdfError as error:
        return _again(file, anchors, error)
    except MemoryError:
        raise
    except Exception as error:  # the reader leaks whatever a crooked file makes its parsers raise
        return unchecked(rules.PDF_UNREADABLE.at(reason=_told(error)))


def unchecked(fault: Fault) -> PdfOutcome:
    """The outcome for a file that could not be looked at."""
    return PdfOutcome(state=PdfState.UNCHECKED, reason=reason_of(fault))


def _again(file: BinaryIO, anchors: Anchors, strict: PdfError) -> PdfOutcome:
    """Programs forgive much, so we look anyway; but nothing in a file of doubtful syntax is called valid."""
    try:
        return _checked(file, anchors, Doubts(faults=(rules.LOOSE.at(reason=_told(strict)),)), strict=False)
    except MemoryError:
        raise
    except Exception as error:
        return unchecked(rules.PDF_UNREADABLE.at(reason=_told(error)))


def _checked(file: BinaryIO, anchors: Anchors, doubts: Doubts, *, strict: bool = True) -> PdfOutcome:
    reader = PdfFileReader(file, strict=strict, decode_limits=LIMITS)
    if reader.encrypted and not _opens(reader):
        return unchecked(rules.ENCRYPTED.at())
    if reader.xrefs.hybrid_xrefs_present:
        doubts = replace(doubts, faults=(*doubts.faults, rules.LOOSE.at(reason="hybrid cross-references")))
    if _goes_on(file, reader.last_startxref):
        doubts = replace(doubts, goes_on=True)
    fields = []
    for found in enumerate_sig_fields(reader, filled_status=True):
        fields.append(found)
        if len(fields) > MAX_SIGNATURES:
            return unchecked(rules.SIGNATURES_MANY.at(limit=MAX_SIGNATURES))
    if not fields:
        return PdfOutcome(state=PdfState.NONE)
    chains = Chains(anchors, _brought(reader))
    signatures = [appraise(reader, name, field, chains, anchors.received_at, doubts) for name, _, field in fields]
    signatures.sort(key=lambda one: one[0])
    return PdfOutcome(state=PdfState.CHECKED, signatures=tuple(signature for _, signature in signatures))


def _goes_on(file: BinaryIO, start: int | None) -> bool:
    """Whether something stands behind the end of the last revision, whose cross-references begin at `start`.

    The library does not look there, and programs that repair files do: what they find may replace what was signed.
    """
    file.seek(start or 0)
    rest = file.read()
    end = next((found.end() for found in _END.finditer(rest) if int(found[1]) == start), None)
    return end is None or bool(rest[end:].strip(b"\0\t\n\f\r "))


def _opens(reader: PdfFileReader) -> bool:
    """Whether it opens without a password, as most files do whose author only forbids printing."""
    try:
        return bool(reader.decrypt(b"").status.value)
    except Exception:
        return False


def _brought(reader: PdfFileReader) -> Brought:
    """The security store of the file; nothing where it has none or a broken one, for it only fills gaps."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
        return Brought(
            certificates=tuple(store.load_certs()),
            crls=tuple(parsed(asn1_crl.CertificateList, _data(one)) for one in store.crls),
            ocsps=tuple(parsed(asn1_ocsp.OCSPResponse, _data(one)) for one in store.ocsps),
        )
    except NoDSSFoundError:
        return Brought()
    except MemoryError:
        raise
    except Exception:
        return Brought()


def _data(reference: Any) -> bytes:
    data: bytes = reference.get_object().data
    return data


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:_SHOWN]
