"""Manifest and attachments are one list, and what came is what the manifest states."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envelopes.matching import attachment_faults
from envelopes.model import AttachmentHead, Document, ManifestEntry
from envelopes.writing import write_document
from tests.envelopes.messages import letter, read_file, streamed, swap, told


def of(entries: list[ManifestEntry], heads: list[AttachmentHead]) -> Document:
    return letter(manifest=tuple(entries), attachments=tuple(heads))


def entry(content_id: str, content: bytes | None = None, **changes: object) -> ManifestEntry:
    """A line of the manifest; with `content`, it states digest and size."""
    made = ManifestEntry(content_id=content_id, name=f"{content_id}.pdf")
    if content is not None:
        made = replace(made, sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    return replace(made, **changes)  # type: ignore[arg-type]


def head(n: int, content_id: str, name: str = "") -> AttachmentHead:
    return AttachmentHead(n=n, content_id=content_id, name=name or f"{content_id}.pdf")


def test_lists_that_match_have_no_fault() -> None:
    document = of([entry("a"), entry("b")], [head(1, "b"), head(2, "a")])
    assert attachment_faults(document, streamed(b"x", b"y")) == []


def test_no_attachments_and_an_empty_manifest_match() -> None:
    assert attachment_faults(of([], []), []) == []


def test_attachment_outside_the_manifest_is_refused() -> None:
    faults = attachment_faults(of([entry("a")], [head(1, "a"), head(2, "b")]), streamed(b"x", b"y"))
    assert told(faults) == [("attachment.unlisted", "AttachmentEncoded/Attachment[2]")]


def test_entry_without_attachment_is_refused() -> None:
    faults = attachment_faults(of([entry("a"), entry("b")], [head(1, "a")]), streamed(b"x"))
    assert told(faults) == [("attachment.missing", "edXMLBody/edXMLManifest/Reference[2]")]
    assert "b.pdf" in faults[0].vi


def test_two_attachments_with_one_id_are_refused() -> None:
    faults = attachment_faults(of([entry("a")], [head(1, "a"), head(2, "a")]), streamed(b"x", b"y"))
    assert told(faults) == [("attachment.repeated", "AttachmentEncoded/Attachment[2]/ContentId")]


def test_two_entries_with_one_id_are_refused() -> None:
    faults = attachment_faults(of([entry("a"), entry("a")], [head(1, "a")]), streamed(b"x"))
    assert told(faults) == [("manifest.repeated", "edXMLBody/edXMLManifest/Reference[2]/ContentId")]


@pytest.mark.parametrize("other", ["A", "a ", "a%20", "á", "а"])
def test_ids_match_by_exact_code_points(other: str) -> None:
    faults = attachment_faults(of([entry("a")], [head(1, other)]), streamed(b"x"))
    assert [fault.code for fault in faults] == ["attachment.missing", "attachment.unlisted"]


@pytest.mark.parametrize(
    ("listed", "attached"), [("cid:cid:cid:a1", "a1"), ("a1", "cid:a1"), ("cid:a1", "cid:cid:a1"), ("a1", "a1")]
)
def test_every_leading_cid_is_stripped_before_matching(listed: str, attached: str) -> None:
    data = write_document(letter())
    data = swap(data, "<edXML:ContentId>cid:a1<", f"<edXML:ContentId>{listed}<")
    data = swap(data, "<ContentId>cid:a1<", f"<ContentId>{attached}<")
    document = read_file(data).message
    assert isinstance(document, Document)
    assert attachment_faults(document, streamed(b"x")) == []


def test_stated_digest_and_size_are_compared_with_what_came() -> None:
    document = of([entry("a", b"genuine")], [head(1, "a")])
    assert attachment_faults(document, streamed(b"genuine")) == []
    faults = attachment_faults(document, streamed(b"altered!"))
    assert [fault.code for fault in faults] == ["attachment.resized", "attachment.altered"]
    assert hashlib.sha256(b"altered!").hexdigest() in faults[1].en


def test_swapped_attachments_are_refused() -> None:
    document = of([entry("a", b"one"), entry("b", b"two")], [head(1, "a"), head(2, "b")])
    faults = attachment_faults(document, streamed(b"two", b"one"))
    assert told(faults) == [
        ("attachment.altered", "AttachmentEncoded/Attachment[1]"),
        ("attachment.altered", "AttachmentEncoded/Attachment[2]"),
    ]


def test_renamed_attachment_is_refused_where_the_manifest_is_exact() -> None:
    document = of([entry("a", b"x")], [head(1, "a", "other.exe")])
    assert told(attachment_faults(document, streamed(b"x"))) == [
        ("attachment.misnamed", "AttachmentEncoded/Attachment[1]/AttachmentName")
    ]


def test_names_may_differ_where_the_manifest_states_nothing() -> None:
    assert attachment_faults(of([entry("a")], [head(1, "a", "other.pdf")]), streamed(b"x")) == []


@pytest.mark.parametrize("changes", [{"sha256": None}, {"size": None}, {"sha256": None, "size": None}])
def test_statements_are_complete_or_absent(changes: dict[str, object]) -> None:
    document = of([entry("a", b"x"), entry("b", b"y", **changes)], [head(1, "a"), head(2, "b")])
    assert told(attachment_faults(document, streamed(b"x", b"y"))) == [
        ("manifest.incomplete", "edXMLBody/edXMLManifest/Reference[2]")
    ]


def test_attachment_that_never_came_is_missing() -> None:
    document = of([entry("a", b"x")], [head(1, "a")])
    assert [fault.code for fault in attachment_faults(document, [])] == ["attachment.missing"]


def test_every_disagreement_is_told_at_once() -> None:
    document = of([entry("a"), entry("b"), entry("b")], [head(1, "a"), head(2, "a"), head(3, "c")])
    faults = attachment_faults(document, streamed(b"x", b"y", b"z"))
    assert sorted(fault.code for fault in faults) == [
        *("attachment.missing", "attachment.missing", "attachment.repeated", "attachment.unlisted"),
        "manifest.repeated",
    ]


@given(st.permutations(["a", "b", "c", "d"]), st.permutations(["a", "b", "c", "d"]))
def test_order_never_matters(listed: list[str], attached: list[str]) -> None:
    document = of([entry(one, one.encode()) for one in listed], [head(n, one) for n, one in enumerate(attached, 1)])
    assert attachment_faults(document, streamed(*(one.encode() for one in attached))) == []
