"""What an administrator can get wrong about parents."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_M = FaultClass.BAD_VALUE

PARENT_MALFORMED = Rule(
    "parent.malformed",
    _M,
    "Tên trục cấp trên «{name}» không dùng được: từ 1 đến 32 chữ cái không dấu, chữ số, dấu . _ -",
    "«{name}» is no name for a parent: 1 to 32 of A-Z, a-z, 0-9 and . _ -",
)
PARENT_SYSTEM_MALFORMED = Rule(
    "parent.system_malformed",
    _M,
    "Tên hệ thống «{system}» ở trục cấp trên không dùng được: từ 1 đến 64 chữ cái không dấu, chữ số, dấu . _ -",
    "«{system}» is no system's name at a parent: 1 to 64 of A-Z, a-z, 0-9 and . _ -",
)
PARENT_SECRET_MISSING = Rule(
    "parent.secret_missing",
    FaultClass.MISSING,
    "Tệp chứa mã bí mật của hệ thống ở trục cấp trên đang trống.",
    "The file with the secret of our system at the parent is empty.",
)
PARENT_UNKNOWN = Rule(
    "parent.unknown",
    _M,
    "Không có trục cấp trên «{name}». Xem: lienthong parent list.",
    "There is no parent «{name}». See: lienthong parent list.",
)
PARENT_REMOVED = Rule(
    "parent.removed",
    _M,
    "Trục cấp trên «{name}» đã ngừng dùng. Thêm lại bằng: lienthong parent add.",
    "Parent «{name}» is no longer in use. Take it up again: lienthong parent add.",
)
PARENT_SILENT = Rule(
    "parent.silent",
    _M,
    "Trục cấp trên «{name}» không trả lời được: {reason}. Danh mục giữ nguyên.",
    "Parent «{name}» gave no usable answer: {reason}. The directory stays as it was.",
)
LIST_EMPTY = Rule(
    "parent.list_empty",
    _M,
    "Danh mục của trục cấp trên «{name}» không có đơn vị nào dùng được. Danh mục ở đây giữ nguyên.",
    "The list of parent «{name}» names no agency that could be used. The directory here stays as it was.",
)
