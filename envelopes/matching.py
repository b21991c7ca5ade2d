"""Whether a document's manifest and its attachments are the same list, and what the manifest states is what came."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from envelopes.faults import FaultClass, Rule
from envelopes.limits import MAX_FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envelopes.faults import Fault
    from envelopes.model import AttachmentHead, Document, ManifestEntry
    from envelopes.splitting import Content

_N, _M = FaultClass.MISSING, FaultClass.BAD_VALUE
_BIJECTION = "conformance C17"
_PROFILE_P = "SECURITY 1.2"

UNLISTED = Rule(
    "attachment.unlisted",
    _M,
    "Tệp đính kèm «{name}» (ContentId {id}) không có trong edXMLManifest. Hãy thêm vào danh mục hoặc bỏ tệp.",
    "Attachment «{name}» (ContentId {id}) is not in the manifest. List it, or remove it.",
    _BIJECTION,
)
MISSING = Rule(
    "attachment.missing",
    _N,
    "edXMLManifest liệt kê «{name}» (ContentId {id}) nhưng tệp không có phần đính kèm đó. Hãy đính kèm hoặc bỏ khỏi "
    "danh mục.",
    "The manifest lists «{name}» (ContentId {id}) but no such attachment is there. Attach it, or take it off the list.",
    _BIJECTION,
)
ATTACHMENT_REPEATED = Rule(
    "attachment.repeated",
    _M,
    "Nhiều tệp đính kèm có cùng ContentId {id}. Hãy đặt cho mỗi tệp một mã riêng.",
    "Several attachments have the same ContentId {id}. Give each its own.",
    _BIJECTION,
)
ENTRY_REPEATED = Rule(
    "manifest.repeated",
    _M,
    "edXMLManifest liệt kê ContentId {id} nhiều lần. Hãy liệt kê mỗi tệp đúng một lần.",
    "The manifest lists ContentId {id} more than once. List each attachment once.",
    _BIJECTION,
)
NAME_DIFFERS = Rule(
    "attachment.misnamed",
    _M,
    "Tệp đính kèm tên «{found}», nhưng edXMLManifest ghi «{expected}». Hãy ghi cùng một tên rồi ký lại.",
    "The attachment is called «{found}» but the manifest says «{expected}». Use one name and sign again.",
    _PROFILE_P,
)
DIGEST_DIFFERS = Rule(
    "attachment.altered",
    _M,
    "Tệp đính kèm «{name}» có SHA-256 {found}, nhưng edXMLManifest ghi {expected}: tệp đã bị thay đổi sau khi lập danh "
    "mục. Hãy gửi lại tệp gốc.",
    "Attachment «{name}» has SHA-256 {found} but the manifest says {expected}: it was changed after the manifest was "
    "made. Send the original again.",
    _PROFILE_P,
)
SIZE_DIFFERS = Rule(
    "attachment.resized",
    _M,
    "Tệp đính kèm «{name}» có {found} byte, nhưng edXMLManifest ghi {expected}. Hãy gửi lại tệp gốc.",
    "Attachment «{name}» has {found} bytes but the manifest says {expected}. Send the original again.",
    _PROFILE_P,
)
STATEMENT_MISSING = Rule(
    "manifest.incomplete",
    _N,
    "edXMLManifest ghi lt:sha256, lt:size cho một số tệp nhưng thiếu ở «{name}». Hãy ghi đủ cả hai cho mọi tệp.",
    "The manifest states lt:sha256 and lt:size for some attachments but not for «{name}». State both for all of them.",
    _PROFILE_P,
)


def attachment_faults(document: Document, contents: Sequence[Content]) -> list[Fault]:
    """Everything in which manifest and attachments disagree; empty when they match one to one (conformance C17).

    `contents` are what was streamed, in the order of `document.attachments`. Digest, size and name are compared
    where the manifest states a digest or a size (profile P); elsewhere only the content ids must agree.
    """
    return list(islice(_faults(document, {content.n: content for content in contents}), MAX_FAULTS))


def _faults(document: Document, contents: Mapping[int, Content]) -> Iterator[Fault]:
    entries = {entry.content_id: entry for entry in document.manifest}
    heads = {head.content_id: head for head in document.attachments}
    yield from _repeated(document)
    stated = any(_states(entry) for entry in document.manifest)
    for n, entry in enumerate(document.manifest, 1):
        path = f"edXMLBody/edXMLManifest/Reference[{n}]"
        if entry.content_id not in heads:
            yield MISSING.at(path, entry.content_id, name=entry.name, id=entry.content_id)
        if stated and (entry.sha256 is None or entry.size is None):
            yield STATEMENT_MISSING.at(path, entry.content_id, name=entry.name)
    for head in document.attachments:
        path = f"AttachmentEncoded/Attachment[{head.n}]"
        listed = entries.get(head.content_id)
        if listed is None:
            yield UNLISTED.at(path, head.content_id, name=head.name, id=head.content_id)
        elif head.n not in contents:
            yield MISSING.at(path, head.content_id, name=head.name, id=head.content_id)
        elif _states(listed):
            yield from _altered(path, listed, head, contents[head.n])


def _repeated(document: Document) -> Iterator[Fault]:
    """One fault for each id that stands for two things, on either side."""
    for n, entry in _seconds([entry.content_id for entry in document.manifest]):
        yield ENTRY_REPEATED.at(f"edXMLBody/edXMLManifest/Reference[{n}]/ContentId", entry, id=entry)
    for n, head in _seconds([head.content_id for head in document.attachments]):
        yield ATTACHMENT_REPEATED.at(f"AttachmentEncoded/Attachment[{n}]/ContentId", head, id=head)


def _seconds(ids: Sequence[str]) -> Iterator[tuple[int, str]]:
    seen: Counter[str] = Counter()
    for n, one in enumerate(ids, 1):
        seen[one] += 1
        if seen[one] == 2:
            yield n, one


def _states(entry: ManifestEntry) -> bool:
    return entry.sha256 is not None or entry.size is not None


def _altered(path: str, entry: ManifestEntry, head: AttachmentHead, content: Content) -> Iterator[Fault]:
    found = content.sha256.hex()
    if entry.name != head.name:
        yield NAME_DIFFERS.at(f"{path}/AttachmentName", head.name, found=head.name, expected=entry.name)
    if entry.size is not None and entry.size != content.size:
        yield SIZE_DIFFERS.at(path, content.size, name=head.name, found=content.size, expected=entry.size)
    if entry.sha256 is not None and entry.sha256 != found:
        yield DIGEST_DIFFERS.at(path, found, name=head.name, found=found, expected=entry.sha256)
