"""What can be done to the attachments of a signed file, each for every attachment of the letter."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from tests.signing.letters import NS, Attachment
from tests.threats.forms import ANNEX, MAIN

EVIL = b"%PDF-1.7 forged"
STRANGER = Attachment(content_id="a3", name="Chen thêm.pdf", payload=EVIL)
_END = "\n </AttachmentEncoded>"

Trick = Callable[[bytes, Attachment], bytes]


def replaced(file: bytes, old: str, new: str) -> bytes:
    """The file with the first `old` replaced; there must be one."""
    assert old.encode() in file, old
    return file.replace(old.encode(), new.encode(), 1)


def element_of(one: Attachment) -> str:
    return one.element(content=True)


def text_of(payload: bytes) -> str:
    return base64.encodebytes(payload).decode()


def other(one: Attachment) -> Attachment:
    return ANNEX if one is MAIN else MAIN


def changed(one: Attachment, old: str, new: str) -> tuple[str, str]:
    """An attachment's element, and the same with something in it replaced."""
    assert old in element_of(one)
    return element_of(one), element_of(one).replace(old, new, 1)


def _with(old: Callable[[Attachment], str], new: Callable[[Attachment], str]) -> Trick:
    def trick(file: bytes, one: Attachment) -> bytes:
        return replaced(file, *changed(one, old(one), new(one)))

    return trick


def _identified(text: Callable[[str], str]) -> Trick:
    """The attachment's own ContentId written otherwise."""
    return _with(lambda one: f"cid:{one.content_id}<", lambda one: text(one.content_id) + "<")


def _twice(text: Callable[[str], str]) -> Trick:
    """A forged attachment before the genuine one, its ContentId the same or written otherwise."""

    def trick(file: bytes, one: Attachment) -> bytes:
        forged = Attachment(content_id=one.content_id, name=one.name, payload=EVIL)
        start = element_of(forged).replace(f"cid:{one.content_id}<", text(one.content_id) + "<", 1)
        return replaced(file, element_of(one), start + element_of(one))

    return trick


def _swap(file: bytes, one: Attachment) -> bytes:
    first, second = text_of(one.payload), text_of(other(one).payload)
    file = replaced(file, first, "@first@")
    return replaced(replaced(file, second, first), "@first@", second)


def _swap_ids(file: bytes, one: Attachment) -> bytes:
    there = other(one)
    file = replaced(file, element_of(one), element_of(one).replace(one.content_id, "@", 1))
    file = replaced(file, element_of(there), element_of(there).replace(there.content_id, one.content_id, 1))
    return replaced(file, "cid:@", f"cid:{there.content_id}")


def _moved(file: bytes, one: Attachment) -> bytes:
    """The genuine attachment where nobody looks, a forged one in its place."""
    forged = Attachment(content_id=one.content_id, name=one.name, payload=EVIL)
    hidden = f"<Attachment>{element_of(one)}</Attachment>"
    return replaced(file, element_of(one), element_of(forged) + hidden)


TRICKS: Mapping[str, Trick] = {
    "altered": _with(lambda one: text_of(one.payload), lambda _: text_of(EVIL)),
    "emptied": _with(lambda one: text_of(one.payload), lambda _: ""),
    "swapped": _swap,
    "ids swapped": _swap_ids,
    "dropped": lambda file, one: replaced(file, element_of(one), ""),
    "one more": lambda file, _: replaced(file, _END, element_of(STRANGER) + _END),
    "twice": lambda file, one: replaced(file, element_of(one), element_of(one) * 2),
    "twice, forged first": _twice(lambda name: f"cid:{name}"),
    "twice, bare id": _twice(lambda name: name),
    "twice, cid twice": _twice(lambda name: f"cid:cid:{name}"),
    "twice, upper case": _twice(lambda name: f"cid:{name.upper()}"),
    "twice, in percent": _twice(lambda name: f"cid:%61{name[1:]}"),
    "renamed": _with(lambda one: f"Name>{one.name}", lambda one: f"Name>x{one.name}"),
    "other type of file": _with(lambda one: one.name, lambda one: one.name.replace(".pdf", ".exe")),
    "described": _with(lambda _: "<ContentId>", lambda _: "<Description>Trả tiền ngay</Description><ContentId>"),
    "typed": _with(lambda _: "<ContentId>", lambda _: "<MimeType>text/html</MimeType><ContentId>"),
    "id in upper case": _identified(lambda name: f"cid:{name.upper()}"),
    "scheme in upper case": _identified(lambda name: f"CID:{name}"),
    "id in percent": _identified(lambda name: f"cid:%61{name[1:]}"),
    "id with a space inside": _identified(lambda name: f"cid: {name}"),
    "id in brackets": _identified(lambda name: f"&lt;{name}>"),
    "id in full width": _identified(lambda name: f"cid:ａ{name[1:]}"),
    "id with a zero-width space": _identified(lambda name: f"cid:{name}\u200b"),
    "id in Cyrillic": _identified(lambda name: f"cid:а{name[1:]}"),
    "no id": _with(lambda one: f"<ContentId>cid:{one.content_id}</ContentId>", lambda _: ""),
    "two ids": _with(
        lambda _: "<ContentId>", lambda one: f"<ContentId>cid:{other(one).content_id}</ContentId><ContentId>"
    ),
    "hidden in another": _moved,
    "second content": _with(
        lambda _: "<edXML:ContentTransfer",
        lambda _: (
            f'<edXML:ContentTransferEncoded xmlns:edXML="{NS}">{text_of(EVIL)}</edXML:ContentTransferEncoded>'
            "<edXML:ContentTransfer"
        ),
    ),
    "content elsewhere": _with(
        lambda _: "<edXML:ContentTransfer", lambda _: f"<Content>{text_of(EVIL)}</Content><edXML:ContentTransfer"
    ),
    "content in another namespace": _with(lambda _: f'xmlns:edXML="{NS}">', lambda _: 'xmlns:edXML="urn:evil">'),
}
"""Done to a file, before or after it is signed; each is refused under every form."""

HARMLESS: Mapping[str, Trick] = {
    "bare id": _identified(lambda name: name),
    "scheme twice": _identified(lambda name: f"cid:cid:{name}"),
    "space around the id": _identified(lambda name: f" cid:{name}\n"),
    "order turned": lambda file, _: replaced(
        file, element_of(MAIN) + element_of(ANNEX), element_of(ANNEX) + element_of(MAIN)
    ),
    "other lines": _with(
        lambda one: text_of(one.payload), lambda one: text_of(one.payload).replace("\n", "").replace("JV", "\nJV")
    ),
}
"""What changes no attachment: by parts the same letter; a signature over the whole file sees another one."""
