"""The rules an incoming file can break before anything in it is read: its markup, its sizes, its base64."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from envelopes.faults import FaultClass, Rule

_T, _R, _N, _M = FaultClass.WRONG_TYPE, FaultClass.TOO_LONG, FaultClass.MISSING, FaultClass.BAD_VALUE
_LIMITS = "SECURITY 1.4"
_XML = "XML 1.0"
_TREE = "QCVN 102:2016"

EMPTY = Rule(
    "envelope.empty",
    _N,
    "Tệp rỗng, không có nội dung edXML. Hãy gửi lại tệp edXML đầy đủ.",
    "The file is empty: there is no edXML in it. Send the complete edXML file.",
)
NOT_XML = Rule(
    "envelope.not_xml",
    _T,
    "Tệp không phải XML hợp lệ tại dòng {line}, cột {column} (byte thứ {byte}): {reason_vi}. "
    "Hãy sửa chỗ này hoặc xuất lại tệp từ phần mềm quản lý văn bản.",
    "The file is not well-formed XML at line {line}, column {column} (byte {byte}): {reason_en}. "
    "Correct this place, or export the file again from the document system.",
    _XML,
)
JUNK_BEFORE = Rule(
    "envelope.junk_before",
    _T,
    "Có {count} byte thừa đứng trước phần khai báo XML ở đầu tệp. Hãy xóa {count} byte đó rồi gửi lại.",
    "There are {count} stray bytes before the XML at the start of the file. Remove those {count} bytes and send again.",
    _XML + " section 2.8",
)
JUNK_AFTER = Rule(
    "envelope.junk_after",
    _T,
    "Có nội dung thừa sau thẻ đóng cuối cùng, tại dòng {line}, cột {column} (byte thứ {byte}). "
    "Hãy xóa phần thừa rồi gửi lại.",
    "There is stray content after the end of the root element, at line {line}, column {column} (byte {byte}). "
    "Remove it and send again.",
    _XML + " section 2.1",
)
TRUNCATED = Rule(
    "envelope.truncated",
    _N,
    "Tệp bị cắt cụt: hết dữ liệu ở byte thứ {byte} khi XML chưa kết thúc. Hãy gửi lại toàn bộ tệp.",
    "The file is truncated: it ends at byte {byte}, before the XML is complete. Send the whole file again.",
    _XML + " section 2.1",
)
DOCTYPE = Rule(
    "envelope.doctype",
    _M,
    "Tệp có khai báo DOCTYPE tại dòng {line}, cột {column} (byte thứ {byte}); edXML không cho phép. "
    "Hãy bỏ khai báo này.",
    "The file has a DOCTYPE declaration at line {line}, column {column} (byte {byte}), which edXML does not allow. "
    "Remove the declaration.",
    "SECURITY 1.1",
)
ENCODING = Rule(
    "envelope.encoding",
    _T,
    "Tệp không ở bảng mã UTF-8: {found_vi} tại byte thứ {byte}. Hãy lưu tệp bằng UTF-8 và khai báo UTF-8.",
    "The file is not UTF-8: {found_en} at byte {byte}. Save the file as UTF-8 and declare it as UTF-8.",
    "SECURITY 1.1",
)
NAMESPACE = Rule(
    "envelope.namespace",
    _M,
    "Phần tử gốc phải là {expected}, nhưng tệp có {found}. Hãy dùng đúng tên và không gian tên của QCVN 102:2016.",
    "The root element must be {expected}, but the file has {found}. Use the name and namespace of QCVN 102:2016.",
    _TREE,
)
SKELETON_TOO_LARGE = Rule(
    "envelope.skeleton_too_large",
    _R,
    "Phần XML không kể nội dung tệp đính kèm vượt quá {limit} byte. "
    "Hãy rút ngắn nội dung, hoặc đặt tệp vào Attachment/ContentTransferEncoded.",
    "The XML without the attachments' content exceeds {limit} bytes. "
    "Shorten it, or put files into Attachment/ContentTransferEncoded.",
    _LIMITS,
)
TOO_DEEP = Rule(
    "envelope.too_deep",
    _R,
    "Các phần tử XML lồng nhau quá {limit} cấp (dòng {line}). Hãy bỏ bớt cấp lồng nhau.",
    "XML elements are nested more than {limit} deep (line {line}). Remove levels.",
    _LIMITS,
)
TOO_MANY_ELEMENTS = Rule(
    "envelope.too_many_elements",
    _R,
    "Tệp có quá {limit} phần tử XML. Hãy chia nhỏ văn bản gửi.",
    "The file has more than {limit} XML elements. Split what is sent.",
    _LIMITS,
)
TOO_MANY_ATTRIBUTES = Rule(
    "envelope.too_many_attributes",
    _R,
    "Một phần tử có quá {limit} thuộc tính (dòng {line}). Hãy bỏ bớt thuộc tính.",
    "An element has more than {limit} attributes (line {line}). Remove attributes.",
    _LIMITS,
)
TOO_MANY_NAMESPACES = Rule(
    "envelope.too_many_namespaces",
    _R,
    "Tệp khai báo quá {limit} không gian tên. Hãy bỏ các khai báo xmlns không dùng.",
    "The file declares more than {limit} namespaces. Remove xmlns declarations that are not used.",
    _LIMITS,
)
TOO_MANY_ATTACHMENTS = Rule(
    "attachment.too_many",
    _R,
    "Tệp có quá {limit} tệp đính kèm. Hãy chia thành nhiều lần gửi.",
    "The file has more than {limit} attachments. Send them in several documents.",
    _LIMITS,
)
CONTENTLESS = Rule(
    "attachment.contentless",
    _N,
    "Tệp đính kèm thứ {n} không có ContentTransferEncoded. Hãy thêm nội dung base64, hoặc bỏ Attachment này.",
    "Attachment {n} has no ContentTransferEncoded. Add its base64 content, or remove the Attachment.",
    _TREE,
)
CONTENT_REPEATED = Rule(
    "attachment.content_repeated",
    _M,
    "Tệp đính kèm thứ {n} có nhiều hơn một ContentTransferEncoded. Hãy để lại đúng một.",
    "Attachment {n} has more than one ContentTransferEncoded. Leave exactly one.",
    _TREE,
)
GARBLED_CHARACTER = Rule(
    "attachment.garbled",
    _T,
    "Nội dung tệp đính kèm thứ {n} không phải base64: ký tự lạ tại byte thứ {byte} của tệp. "
    "Hãy mã hóa lại tệp đính kèm bằng base64.",
    "The content of attachment {n} is not base64: foreign character at byte {byte} of the file. "
    "Encode the attachment as base64 again.",
    "RFC 4648 section 4",
)
GARBLED_PADDING = Rule(
    "attachment.garbled",
    _T,
    "Nội dung tệp đính kèm thứ {n} không phải base64 hoàn chỉnh: phần đệm '=' sai, thiếu, hoặc còn dữ liệu "
    "sau phần đệm, tại byte thứ {byte} của tệp. Hãy mã hóa lại tệp đính kèm bằng base64.",
    "The content of attachment {n} is not complete base64: '=' padding is wrong, missing or followed by more data, "
    "at byte {byte} of the file. Encode the attachment as base64 again.",
    "RFC 4648 section 4",
)
GARBLED_MARKUP = Rule(
    "attachment.garbled",
    _T,
    "Nội dung tệp đính kèm thứ {n} có thẻ, chú thích hoặc CDATA tại byte thứ {byte} của tệp; chỉ được có chữ base64. "
    "Hãy bỏ phần đó.",
    "The content of attachment {n} holds an element, a comment or CDATA at byte {byte} of the file; "
    "only base64 text may stand there. Remove it.",
    _TREE,
)

MARKUP_REASONS: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        2: ("sai cú pháp", "syntax error"),
        4: ("có ký tự không hợp lệ", "invalid character or token"),
        7: ("thẻ đóng không khớp với thẻ mở", "the end tag does not match the start tag"),
        8: ("thuộc tính bị lặp lại", "duplicate attribute"),
        11: ("dùng thực thể chưa định nghĩa", "undefined entity"),
        14: ("tham chiếu ký tự không hợp lệ", "invalid character reference"),
        17: ("khai báo XML không đứng ở đầu tệp", "the XML declaration is not at the start"),
        27: ("tiền tố không gian tên chưa khai báo", "a namespace prefix is not declared"),
    }
)
"""Vietnamese and English words for expat's error numbers that senders meet; others keep expat's English."""
