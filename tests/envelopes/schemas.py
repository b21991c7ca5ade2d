"""The schema that is shipped, loaded from the package alone, and messages that keep every limit of the standard."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from lxml import etree

from envelopes import limits
from envelopes.dom import parse
from envelopes.model import (
    AttachmentHead,
    Business,
    Document,
    ManifestEntry,
    Operation,
    Organization,
    ReceiverChange,
    Replacement,
    ResponseFor,
    Signatory,
    Staff,
    StatusMessage,
    Trace,
)
from tests.envelopes import messages

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = files("envelopes") / "schema"


@cache
def schema() -> etree.XMLSchema:
    """The schema with the two it imports, read from the package without network."""
    with as_file(FOLDER) as folder:
        return etree.XMLSchema(etree.parse(folder / "edxml.xsd", etree.XMLParser(no_network=True)))


def complaints(data: bytes) -> list[str]:
    """What the schema has against a file; nothing when it is valid."""
    found = schema()
    found.validate(parse(data))
    return [f"{entry.line}: {entry.message}" for entry in found.error_log]


def short(length: int, *, filled: bool = False) -> st.SearchStrategy[str]:
    """Text of at most so many characters, at least one if `filled`."""
    base: Callable[[], st.SearchStrategy[str]] = lambda: messages.words if filled else messages.texts  # noqa: E731
    return base().map(lambda text: text[:length].strip(" \t\r\n") or ("x" if filled else ""))


_ORGANIZATIONS = st.builds(
    Organization,
    code=messages.agency_codes,
    in_charge=messages.texts,
    name=messages.texts,
    address=messages.texts,
    email=messages.texts,
    telephone=short(limits.ORGANIZATION_LENGTHS["Telephone"]),
    fax=short(limits.ORGANIZATION_LENGTHS["Fax"]),
    website=short(limits.ORGANIZATION_LENGTHS["Website"]),
)
_STAFF = st.none() | st.builds(
    Staff, department=messages.texts, name=messages.texts, email=messages.texts, mobile=messages.texts
)
_ANSWERS = st.builds(
    ResponseFor,
    agency=messages.agency_codes,
    code=messages.words,
    issued_on=st.none() | messages.days,
    reference=messages.words,
)
_RECEIVERS = st.builds(ReceiverChange, agency=messages.agency_codes, added=st.booleans())
_REPLACEMENTS = st.builds(
    Replacement, reference=messages.words, agencies=st.lists(messages.agency_codes, max_size=3).map(tuple)
)
_BUSINESS = st.builds(
    Business,
    operation=st.sampled_from(Operation),
    reason=messages.words,
    target=messages.texts,
    paper=messages.texts,
    document_changed=messages.booleans,
    receivers_changed=messages.booleans,
    receivers=st.lists(_RECEIVERS, max_size=3).map(tuple),
    replacements=st.lists(_REPLACEMENTS, min_size=1, max_size=2).map(tuple),
    staff=_STAFF,
)
_TRACES = st.builds(Trace, agency=st.just("") | messages.agency_codes, at=st.none() | messages.moments)

contents = st.lists(
    st.tuples(
        messages.content_ids, messages.words, st.sampled_from(("application/pdf", "", "text/plain")), st.binary()
    ),
    max_size=3,
    unique_by=lambda one: one[0],
)
"""Attachments: content id, name, type and bytes."""


def _with_files(document: Document, attached: list[tuple[str, str, str, bytes]], stated: bool) -> Document:
    """The document with these attachments, listed one to one, with digests and sizes if `stated`."""
    entries = [
        ManifestEntry(
            content_id=content_id,
            name=name,
            content_type=kind,
            sha256=hashlib.sha256(data).hexdigest() if stated else None,
            size=len(data) if stated else None,
        )
        for content_id, name, kind, data in attached
    ]
    heads = [
        AttachmentHead(n=n, content_id=content_id, name=name, content_type=kind)
        for n, (content_id, name, kind, _) in enumerate(attached, 1)
    ]
    return replace(document, manifest=tuple(entries), attachments=tuple(heads))


_BARE = st.builds(
    Document,
    sender=_ORGANIZATIONS,
    recipients=st.lists(_ORGANIZATIONS, min_size=1, max_size=3, unique_by=lambda one: one.code).map(tuple),
    reference=messages.words,
    number=short(limits.CODE_LENGTHS["CodeNumber"], filled=True),
    notation=messages.words,
    issued_on=messages.days,
    subject=messages.words,
    place=messages.texts,
    type=st.sampled_from(sorted(limits.DOCUMENT_CLASSES)),
    type_detail=st.none() | st.integers(0, 99),
    type_name=messages.words,
    content=messages.texts,
    signatory=st.builds(Signatory, competence=messages.texts, position=messages.texts, full_name=messages.words),
    due_on=st.none() | st.dates(),
    to_places=st.lists(messages.words, max_size=3).map(tuple),
    urgency=st.sampled_from(sorted(limits.PRIORITIES)),
    sphere=messages.texts,
    typist=short(limits.TYPIST_LENGTH),
    copies=messages.shorts,
    pages=messages.shorts,
    direction=messages.booleans,
    appendixes=st.lists(messages.words, max_size=2).map(tuple),
    responses=st.lists(_ANSWERS, max_size=2).map(tuple),
    steering=st.sampled_from(("", "0", "1", "2", "3")),
    business=st.none() | _BUSINESS,
    traces=st.lists(_TRACES, min_size=1, max_size=3).map(tuple),
)


@st.composite
def letters(draw: st.DrawFn) -> tuple[Document, list[bytes]]:
    """A document that keeps every limit, with the bytes of its attachments."""
    attached = draw(contents)
    document = _with_files(draw(_BARE), attached, draw(st.booleans()))
    return document, [data for *_, data in attached]


reports = st.builds(
    StatusMessage,
    sender=_ORGANIZATIONS,
    answers=_ANSWERS,
    code=st.sampled_from(sorted(limits.STATUS_CODES)),
    description=messages.words,
    reported_at=st.none() | messages.moments,
    staff=_STAFF,
)
"""A status message that keeps every limit."""
