"""Looking at what an attachment holds, once it is decoded: is it what its name and its ContentType say, is it whole?"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from envelopes import content_rules as rules
from envelopes.damage import replacements
from envelopes.kinds import EXPECTED, STATED, WORDS, WRITTEN, Kind, actual_media_type, fits, kind_of
from envelopes.media import extension

if TYPE_CHECKING:
    from envelopes.leniency import Notes
    from envelopes.model import AttachmentHead


def look_at(notes: Notes, head: AttachmentHead, transferred: BinaryIO, opened: BinaryIO | None = None) -> str:
    """Note what is wrong with attachment `head`; the media type of the file as a person opens it.

    `opened` is the file inside, where `transferred` is only the one-entry zip around it. Memory stays flat.
    """
    source = transferred if opened is None else opened
    kind = kind_of(source)
    path = f"AttachmentEncoded/Attachment[{head.n}]"
    damage = replacements(source) if _is_binary(kind, head.name) else 0
    if damage:
        notes.note(rules.DAMAGED, f"{path}/ContentTransferEncoded", damage, name=head.name, count=damage)
    elif not fits(kind, head.name):
        words, found = WORDS[kind], extension(head.name)
        said = {"extension": found, "found_vi": words.vi, "found_en": words.en}
        notes.note(rules.MISTYPED, f"{path}/AttachmentName", head.name, name=head.name, **said)
    else:
        _look_at_type(notes, head, path, kind, transferred)
    return actual_media_type(kind, head.name)


def _is_binary(kind: Kind, name: str) -> bool:
    """Whether the bytes or the name say that this is no text."""
    if kind not in WRITTEN | {Kind.UNKNOWN}:
        return True
    expected = EXPECTED.get(extension(name))
    return expected is not None and not expected <= WRITTEN


def _look_at_type(notes: Notes, head: AttachmentHead, path: str, kind: Kind, transferred: BinaryIO) -> None:
    """The stated type may be that of the file or of the zip around it (edXML section 9, rule 1)."""
    stated = head.content_type.partition(";")[0].strip().lower()
    expected = STATED.get(stated)
    if expected is None or kind in expected or kind_of(transferred) in expected:
        return
    words = WORDS[kind]
    said = {"stated": stated, "found_vi": words.vi, "found_en": words.en}
    notes.note(rules.TYPE_DIFFERS, f"{path}/ContentType", head.content_type, name=head.name, **said)
