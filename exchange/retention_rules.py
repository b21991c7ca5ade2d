"""What can be wrong with a rule of keeping, and what is said where attachments were removed by one."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_M = FaultClass.BAD_VALUE
_N = FaultClass.MISSING

ATTACHMENT_REMOVED = Rule(
    "attachment.removed",
    _M,
    "Tệp đính kèm của {reference} đã được gỡ bỏ lúc {at} theo quy tắc lưu trữ số {rule} do {by} đặt, vì đã hết thời "
    "hạn bảo quản trên trục. Mã băm, biên nhận và lịch sử vẫn còn; hãy lấy tệp từ bản lưu của đơn vị.",
    "The attachments of {reference} were removed at {at} by retention rule {rule}, entered by {by}: their time here "
    "was over. Digests, receipt and history stay; take the file from your own archive.",
    "docs/decisions/0032",
)
LEVEL_UNKNOWN = Rule(
    "retention.level_unknown",
    _M,
    "Không có mã thời hạn bảo quản {code}. Hãy xem `lienthong retention show`, hoặc đặt mã bằng "
    "`lienthong retention level`.",
    "There is no retention code {code}. See `lienthong retention show`, or enter it with `lienthong retention level`.",
)
LEVEL_MALFORMED = Rule(
    "retention.level_malformed",
    _M,
    "«{code}» không dùng làm mã được. Hãy dùng 1 đến 16 chữ cái không dấu, chữ số, dấu chấm, gạch nối hoặc gạch dưới.",
    "«{code}» cannot be a code. Use 1 to 16 plain letters, digits, dots, hyphens or underscores.",
)
LEVEL_NAMELESS = Rule(
    "retention.level_nameless",
    _N,
    "Mã {code} chưa có tên. Hãy ghi tên thời hạn.",
    "Code {code} has no name. Say what it means.",
)
MONTHS_WRONG = Rule(
    "retention.months_wrong",
    _M,
    "{months} tháng không phải là thời hạn bảo quản: phải từ 1 đến {limit} tháng, hoặc vĩnh viễn.",
    "{months} months is no time to keep: it is 1 to {limit} months, or for ever.",
)
RULE_UNKNOWN = Rule(
    "retention.rule_unknown",
    _M,
    "Không có quy tắc số {number} đang hiệu lực. Hãy xem `lienthong retention show`.",
    "No rule {number} holds. See `lienthong retention show`.",
)
TYPE_MISSING = Rule(
    "retention.type_missing",
    _N,
    "Chưa nêu loại văn bản. Hãy ghi tên loại, ví dụ «Công văn».",
    "No type of document is named. Write its name, such as «Công văn».",
)
