"""The schema that is shipped, loaded from the package alone, and messages that keep every limit of the standard."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from importlib.resources import as_file, files

from hypothesis import strategies as st
from lxml import etree

from envelopes import limits
from envelopes.dom import parse
from envelopes.model import (
    AttachmentHead,
    Document,
    ManifestEntry,
    Organization,
    Trace,
)
from tests.envelopes import messages

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


def _short(text: str, length: int, *, otherwise: str = "") -> str:
    """The text within its limit, as readers have it: without white space at its ends."""
    return text[:length].strip(" \t\r\n") or otherwise


def _fitted_organization(one: Organization) -> Organization:
    limit = limits.ORGANIZATION_LENGTHS["Telephone"]
    return replace(
        one,
        telephone=_short(one.telephone, limit),
        fax=_short(one.fax, limit),
        website=_short(one.website, limits.ORGANIZATION_LENGTHS["Website"]),
    )


def _fitted(one: Document) -> Document:
    """The document within every limit of the standard; whatever else its model holds stays."""
    return replace(
        one,
        sender=_fitted_organization(one.sender),
        recipients=tuple(map(_fitted_organization, one.recipients)),
        number=_short(one.number, limits.CODE_LENGTHS["CodeNumber"], otherwise="1"),
        type=1 + (one.type or 0) % len(limits.DOCUMENT_CLASSES),
        typist=_short(one.typist, limits.TYPIST_LENGTH),
        steering="" if one.steering == "7" else one.steering,
        traces=one.traces or (Trace(),),
    )


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


@st.composite
def letters(draw: st.DrawFn) -> tuple[Document, list[bytes]]:
    """A document that keeps every limit, with the bytes of its attachments."""
    attached = draw(contents)
    document = _with_files(draw(messages.documents.map(_fitted)), attached, draw(st.booleans()))
    return document, [data for *_, data in attached]


reports = messages.reports.map(lambda one: replace(one, sender=_fitted_organization(one.sender)))
"""A status message that keeps every limit."""
