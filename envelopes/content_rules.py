"""The rules an attachment's bytes can break, once they are decoded."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_T, _M = FaultClass.WRONG_TYPE, FaultClass.BAD_VALUE
_FILE = "conformance C19"

MISTYPED = Rule(
    "attachment.mistyped",
    _M,
    "Tệp đính kèm «{name}» có đuôi .{extension} nhưng nội dung là {found_vi}. Hãy gửi đúng tệp hoặc sửa đuôi tệp.",
    "Attachment «{name}» is named .{extension} but holds {found_en}. Send the right file, or correct its name.",
    _FILE,
)
TYPE_DIFFERS = Rule(
    "attachment.type_differs",
    _M,
    "Tệp đính kèm «{name}» ghi ContentType {stated} nhưng nội dung là {found_vi}; thư viện quốc gia mở tệp theo "
    "ContentType. Hãy ghi đúng loại.",
    "Attachment «{name}» states ContentType {stated} but holds {found_en}; the national library opens files by their "
    "ContentType. State the right one.",
    "axis client section 5.2",
)
DAMAGED = Rule(
    "attachment.damaged",
    _T,
    "Tệp đính kèm «{name}» đã hỏng, không khôi phục được: byte của tệp bị đọc như chữ UTF-8 rồi ghi lại ({count} chỗ "
    "thành EF BF BD). Hãy đính kèm lại tệp gốc, mã hóa base64 từ byte của tệp chứ không từ chuỗi ký tự.",
    "Attachment «{name}» is damaged beyond repair: its bytes were read as UTF-8 text and written back ({count} places "
    "became EF BF BD). Attach the original again and encode its bytes, not a text string.",
    "edXML section 12",
)
