"""TM-20: whatever is done to a message, it is read, or refused with faults that people can act on; nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from envelopes.dom import parse
from envelopes.faults import Fault, Refused
from envelopes.limits import MAX_FAULTS, NS
from envelopes.matching import attachment_faults
from envelopes.model import Business, Document, Operation, ReceiverChange, Replacement, ResponseFor, StatusMessage
from envelopes.parts import find_parts
from envelopes.reading import read
from envelopes.splitting import Splitter
from envelopes.writing import write_document, write_status
from tests.envelopes.messages import CLERK, REFERENCE, TODAY, B, C, letter, report
from tests.envelopes.splits import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envelopes.reading import Reading

BUSINESSES = (
    None,
    Business(operation=Operation.RECALL, reason="Sai thẩm quyền", target=REFERENCE, staff=CLERK),
    Business(
        operation=Operation.UPDATE,
        reason="Bổ sung nơi nhận",
        target=REFERENCE,
        receivers_changed=True,
        receivers=(ReceiverChange(agency=B.code, added=False), ReceiverChange(agency=C.code, added=True)),
    ),
    Business(
        operation=Operation.REPLACE,
        reason="Thay thế",
        replacements=(Replacement(reference=REFERENCE, agencies=(B.code, C.code)),),
    ),
)
SEEDS = (
    *(write_document(letter(business=business)) for business in BUSINESSES),
    write_document(letter(responses=(ResponseFor(agency=B.code, code="1/X", reference=REFERENCE),))),
    write_document(letter()).replace(b"></edXML:ContentTransferEncoded>", b">QUJD</edXML:ContentTransferEncoded>"),
    write_status(report()),
    write_status(report(code="02", staff=None)),
)

WORDS = (
    *(b"<", b">", b"/>", b"</", b"&", b"&amp;", b"&#13;", b"&#0;", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?x?>"),
    *(b'"', b"'", b"=", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xc3", b"\r\n", b" " * 40, b"9" * 40, b"x" * 600),
    *(b"xmlns='urn:x'", b"xmlns=''", b"edXML:", b"OrganId", b"<edXML:OrganId>", b"</edXML:OrganId>", b"null", b"N/A"),
    *(b"2026/13/40", b"0000/00/00", b"-1", b"1e9", b"M\xe1\xba\xadt", b"<ContentTransferEncoded>", b"<!DOCTYPE edXML>"),
)
TEXTS = (
    "",
    " ",
    "null",
    "N/A",
    "9" * 30,
    "-1",
    "2026/02/30",
    "Mật",
    "x" * 700,
    "\u0660",
    "Н08",
    "a\u200bb",
    "true",
    "cid:cid:",
)
NAMES = ("OrganId", "To", "From", "Status", "Bussiness", "DocumentId", "StatusCode", "Attachment", "Reference", "x")
SPACES = (NS, "", "urn:x", "http://www.w3.org/2000/09/xmldsig#")


def outcome(data: bytes, *, lenient: bool) -> Reading | Sequence[Fault]:
    """What becomes of a file on the whole way in; whatever is not a refusal is a bug and fails the test."""
    kept = Kept()
    splitter = Splitter(kept)
    try:
        splitter.feed(data)
        split = splitter.close()
        reading = read(find_parts(parse(split.skeleton)), today=TODAY, lenient=lenient)
        if isinstance(reading.message, Document):
            found = attachment_faults(reading.message, split.contents)
            if found:
                raise Refused(*found)
    except Refused as refused:
        return refused.faults
    assert isinstance(reading.message, Document | StatusMessage)
    return reading


def check(data: bytes) -> None:
    """Read or refused, in whole sentences of both languages; what lenient reading refuses, strict reading does, too."""
    lenient, strict = outcome(data, lenient=True), outcome(data, lenient=False)
    for found in (lenient, strict):
        faults = found if isinstance(found, tuple | list) else found.warnings  # type: ignore[union-attr]
        assert len(faults) <= MAX_FAULTS
        for fault in faults:
            assert fault.code
            assert fault.vi.strip().endswith((".", "…"))
            assert fault.en.strip().endswith((".", "…"))
            assert len(fault.value) <= 200
    if isinstance(lenient, tuple | list):
        assert isinstance(strict, tuple | list)


edits = st.tuples(st.integers(0, 10_000), st.integers(0, 60), st.sampled_from(WORDS) | st.binary(max_size=6))


@given(seed=st.sampled_from(SEEDS), changes=st.lists(edits, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_bytes_changed_anywhere_are_read_or_refused(seed: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    data = seed
    for place, length, put in changes:
        at = place % (len(data) + 1)
        data = data[:at] + put + data[at + length :]
    check(data)


@given(one=st.sampled_from(SEEDS), other=st.sampled_from(SEEDS), cut=st.integers(0, 6000), to=st.integers(0, 6000))
@settings(max_examples=150, deadline=None)
def test_messages_put_together_of_two_are_read_or_refused(one: bytes, other: bytes, cut: int, to: int) -> None:
    check(one[:cut] + other[to:])
    check(one[:cut] + other[to : to + 500] + one[cut:])


def drop(element: etree._Element, _: int) -> None:
    parent_of(element).remove(element)


def double(element: etree._Element, _: int) -> None:
    parent = parent_of(element)
    parent.insert(parent.index(element), etree.fromstring(etree.tostring(element, with_tail=False)))


def move(element: etree._Element, detail: int) -> None:
    """Elsewhere, but not into itself."""
    everywhere = list(element.getroottree().getroot().iter())
    target = everywhere[detail % len(everywhere)]
    if target is not element and element not in target.iterancestors():
        target.append(element)


def rename(element: etree._Element, detail: int) -> None:
    element.tag = f"{{{NS}}}{NAMES[detail % len(NAMES)]}"


def respace(element: etree._Element, detail: int) -> None:
    element.tag = etree.QName(SPACES[detail % len(SPACES)] or None, etree.QName(element).localname)


def put_text(element: etree._Element, detail: int) -> None:
    element.text = TEXTS[detail % len(TEXTS)]


def put_tail(element: etree._Element, detail: int) -> None:
    element.tail = TEXTS[detail % len(TEXTS)]


def put_attribute(element: etree._Element, detail: int) -> None:
    name = NAMES[detail % len(NAMES)]
    element.set(name if detail % 2 else f"{{urn:x}}{name}", TEXTS[detail % len(TEXTS)])


def put_child(element: etree._Element, detail: int) -> None:
    etree.SubElement(element, f"{{{NS}}}{NAMES[detail % len(NAMES)]}").text = TEXTS[detail % len(TEXTS)]


def empty(element: etree._Element, _: int) -> None:
    for child in list(element):
        element.remove(child)
    element.text = None


ACTS = (drop, double, move, rename, respace, put_text, put_tail, put_attribute, put_child, empty)


def parent_of(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    assert parent is not None
    return parent


def change(root: etree._Element, act: Callable[[etree._Element, int], None], place: int, detail: int) -> None:
    """One change to one element below the root."""
    found = [element for element in root.iter() if element is not root]
    if found:
        act(found[place % len(found)], detail)


acts = st.tuples(st.sampled_from(ACTS), st.integers(0, 200), st.integers(0, 200))


@given(seed=st.sampled_from(SEEDS), changes=st.lists(acts, min_size=1, max_size=5))
@settings(max_examples=400, deadline=None)
def test_elements_changed_anywhere_are_read_or_refused(seed: bytes, changes: list[tuple[Any, int, int]]) -> None:
    root = etree.fromstring(seed)
    for act, place, detail in changes:
        change(root, act, place, detail)
    check(etree.tostring(root, encoding="utf-8"))


def test_every_seed_is_taken_before_it_is_changed() -> None:
    taken = [outcome(seed, lenient=True) for seed in SEEDS]
    refused = [found for found in taken if isinstance(found, tuple | list)]
    assert [[fault.code for fault in faults] for faults in refused] == []


def test_values_of_any_kind_in_any_field_are_read_or_refused() -> None:
    """Each element of each seed with each hostile text, one at a time."""
    for seed in SEEDS:
        count = sum(1 for _ in etree.fromstring(seed).iter()) - 1
        for place in range(count):
            for detail in range(len(TEXTS)):
                root = etree.fromstring(seed)
                change(root, put_text, place, detail)
                outcome(etree.tostring(root, encoding="utf-8"), lenient=True)


def test_message_that_is_whole_reads_as_it_was_written() -> None:
    document = letter(manifest=(), attachments=())
    reading = outcome(write_document(document), lenient=False)
    assert not isinstance(reading, tuple | list)
    assert reading.message == replace(document)  # type: ignore[union-attr]
