"""Each limit of SECURITY 1.4 holds at n and breaks at n + 1, before anything is known of the sender."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from envelopes.faults import Refused
from envelopes.limits import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_NAMESPACES, MAX_SKELETON_BYTES
from envelopes.markup import MAX_ATTACHMENTS
from envelopes.splitting import SplitLimits, Splitter
from tests.envelopes.splits import END, START, Kept, attachment, fault_of, faults_of, file_with, with_texts


def nested(depth: int) -> bytes:
    return START + b"<a>" * (depth - 1) + b"</a>" * (depth - 1) + END


def elements(count: int) -> bytes:
    return START + b"<a/>" * (count - 1) + END


def attributes(count: int) -> bytes:
    return START + b"<a" + b"".join(b" a%d=''" % n for n in range(count)) + b"/>" + END


def declarations(count: int) -> bytes:
    """Declarations of one element are counted with its attributes: they cost as much."""
    return START + b"<a b=''" + b"".join(b" xmlns:n%d='urn:x'" % (n % 20) for n in range(count - 1)) + b"/>" + END


def namespaces(count: int) -> bytes:
    return START + b"".join(b"<n:a xmlns:n='urn:%d'/>" % n for n in range(count - 1)) + END


def prefixes(count: int) -> bytes:
    return START + b"".join(b"<n%d:a xmlns:n%d='urn:x'/>" % (n, n) for n in range(count - 1)) + END


def attachments(count: int) -> bytes:
    return with_texts(*[b"QQ=="] * count)


def skeleton(size: int) -> bytes:
    return START + b"x" * (size - len(START + END)) + END


def padded(size: int) -> bytes:
    """White space behind the root is part of the skeleton."""
    return START + END + b" " * (size - len(START + END))


AT = {
    "depth": (nested, MAX_DEPTH, "envelope.too_deep"),
    "elements": (elements, MAX_ELEMENTS, "envelope.too_many_elements"),
    "attributes": (attributes, MAX_ATTRIBUTES, "envelope.too_many_attributes"),
    "namespaces": (namespaces, MAX_NAMESPACES, "envelope.too_many_namespaces"),
    "prefixes": (prefixes, MAX_NAMESPACES, "envelope.too_many_namespaces"),
    "attachments": (attachments, MAX_ATTACHMENTS, "attachment.too_many"),
    "skeleton": (skeleton, MAX_SKELETON_BYTES, "envelope.skeleton_too_large"),
    "white space": (padded, MAX_SKELETON_BYTES, "envelope.skeleton_too_large"),
}


@pytest.mark.parametrize("name", AT)
def test_limit_holds_at_n_and_breaks_at_one_more(name: str) -> None:
    make, limit, code = AT[name]
    assert faults_of(make(limit)) == ()
    fault = fault_of(make(limit + 1))
    assert fault.code == code
    assert str(limit) in fault.en
    assert str(limit) in fault.vi
    assert fault_of(make(limit + 1), [1000] * 300) == fault


SMALL = SplitLimits(skeleton=500, depth=4, elements=9, attributes=2, namespaces=3, attachments=2)


@pytest.mark.parametrize(
    ("make", "limit", "code"),
    [
        (nested, 4, "envelope.too_deep"),
        (elements, 9, "envelope.too_many_elements"),
        (attributes, 2, "envelope.too_many_attributes"),
        (declarations, 2, "envelope.too_many_attributes"),
        (namespaces, 3, "envelope.too_many_namespaces"),
        (skeleton, 500, "envelope.skeleton_too_large"),
    ],
)
def test_limits_are_the_callers_to_set(make: Callable[[int], bytes], limit: int, code: str) -> None:
    assert faults_of(make(limit), limits=SMALL) == ()
    assert fault_of(make(limit + 1), limits=SMALL).code == code


def test_prefix_repeated_on_each_attachment_is_one_namespace() -> None:
    assert faults_of(attachments(MAX_ATTACHMENTS)) == ()


def test_attachments_text_is_no_part_of_the_skeleton() -> None:
    data = with_texts(b"QUJD" * MAX_SKELETON_BYTES)
    assert faults_of(data) == ()


def test_content_in_the_wrong_place_is_part_of_the_skeleton() -> None:
    text = b"<Content>" + b"QUJD" * MAX_SKELETON_BYTES + b"</Content>"
    assert fault_of(file_with(attachment(b"", before=text))).code == "envelope.skeleton_too_large"


def test_large_file_that_is_no_xml_is_told_as_that() -> None:
    assert fault_of(bytes(2 * MAX_SKELETON_BYTES)).code == "envelope.not_xml"
    assert fault_of(b"QUJD" * MAX_SKELETON_BYTES, [999] * 99).code == "envelope.not_xml"


ENDLESS = {
    "text": START + b"<a>",
    "a tag": START + b"<a b='",
    "a comment": START + b"<!-- ",
    "an instruction": START + b"<?x ",
    "CDATA": START + b"<a><![CDATA[",
    "white space at the end": START + END,
    "an internal subset": b"<!DOCTYPE edXML SYSTEM '",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_endless_markup_is_refused_while_it_streams(name: str) -> None:
    splitter = Splitter(Kept())
    splitter.feed(ENDLESS[name])
    with pytest.raises(Refused, match=r"envelope\.skeleton_too_large"):
        for _ in range(5):
            splitter.feed(b" " * 65_536)


FLOODS = {
    "two and a half million elements": (elements(2_500_000), [], "envelope.too_many_elements"),
    "quotes": (START + b"<a " + b"b='>' " * 40_000 + b"/>" + END, [], "envelope.not_xml"),
    "greater than signs": (START + b">" * 250_000 + b"<b></edXML>", [], "envelope.not_xml"),
    "entity references": (START + b"&amp;" * 50_000 + b"<b></edXML>", [], "envelope.not_xml"),
    "markup a byte at a time": (START + b"x" * 200_000 + b"<b></edXML>", [1] * 200_000, "envelope.not_xml"),
    "an open quote a byte at a time": (START + b"<a b='" + b">" * 200_000, [1] * 200_000, "envelope.truncated"),
    "white space inside a group": (with_texts(b"Q" + b" " * 20_000_000), [65_536] * 300, "attachment.garbled"),
    "text a byte at a time": (with_texts(b"QUJD" * 50_000 + b"!"), [1] * 200_000, "attachment.garbled"),
}


@pytest.mark.parametrize("name", FLOODS)
def test_flood_costs_little(name: str) -> None:
    data, sizes, code = FLOODS[name]
    begun = time.process_time()
    assert fault_of(data, sizes).code == code
    assert time.process_time() - begun < 2
