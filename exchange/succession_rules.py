"""What is said of agencies that are no more, of codes that are over, and of mergers that cannot be."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_M = FaultClass.BAD_VALUE
_WHY = "docs/decisions/0027"

RECIPIENT_REDIRECTED = Rule(
    "recipient.redirected",
    _M,
    "Đơn vị nhận {code} đã giải thể hoặc sáp nhập từ ngày {day}; văn bản được chuyển tới đơn vị kế thừa {successor}. "
    "Lần sau hãy ghi {successor}.",
    "Recipient {code} is no more since {day}; the document went to its successor {successor}. "
    "Name {successor} next time.",
    _WHY,
)
RECIPIENT_MERGED = Rule(
    "recipient.merged",
    _M,
    "{code} và {other} nay là một đơn vị ({successor}); văn bản chỉ được gửi tới đơn vị đó một lần.",
    "{code} and {other} are one agency now ({successor}); the document was delivered to it once.",
    _WHY,
)
RECIPIENT_DISSOLVED = Rule(
    "recipient.dissolved",
    _M,
    "Đơn vị nhận {code} đã giải thể từ ngày {day} và không có đơn vị kế thừa. Hãy gửi tới đơn vị khác.",
    "Recipient {code} is no more since {day} and has no successor. Send it to another agency.",
    _WHY,
)
RECIPIENT_EXPIRED = Rule(
    "recipient.expired",
    _M,
    "Mã {code} của đơn vị {agency} chỉ có giá trị đến hết ngày {day}. Hãy ghi mã {agency}.",
    "Code {code} of agency {agency} was valid to the end of {day}. Write {agency}.",
    _WHY,
)
RECIPIENT_EARLY = Rule(
    "recipient.early",
    _M,
    "Mã {code} của đơn vị {agency} chỉ có giá trị từ ngày {day}. Trước ngày đó hãy ghi mã {agency}.",
    "Code {code} of agency {agency} is valid from {day} on. Until then write {agency}.",
    _WHY,
)
SENDER_DISSOLVED = Rule(
    "sender.dissolved",
    _M,
    "Đơn vị gửi {sender} đã giải thể hoặc sáp nhập từ ngày {day}, không gửi được văn bản mới; đơn vị kế thừa: "
    "{successor}. Vẫn báo được trạng thái và thu hồi văn bản đã gửi.",
    "Sender {sender} is no more since {day} and sends no new documents; its successor: {successor}. "
    "It may still report statuses and recall what it sent.",
    _WHY,
)
SENDER_EXPIRED = Rule(
    "sender.expired",
    _M,
    "Mã đơn vị gửi {code} của {agency} chỉ có giá trị từ {start} đến {end}. Hãy ghi mã {agency}.",
    "Sender code {code} of {agency} is valid only from {start} to {end}. Write {agency}.",
    _WHY,
)
SUCCESSOR_CIRCULAR = Rule(
    "agency.successor_circular",
    _M,
    "Không thể sáp nhập {code} vào {successor}: {successor} lại được {code} kế thừa (trực tiếp hoặc qua đơn vị khác).",
    "{code} cannot merge into {successor}: {code} stands in the place of {successor}, directly or through others.",
    _WHY,
)
SUCCESSOR_GONE = Rule(
    "agency.successor_gone",
    _M,
    "Không thể sáp nhập {code} vào {successor}: đơn vị này đã giải thể mà không có đơn vị kế thừa.",
    "{code} cannot merge into {successor}: that agency is no more and has no successor.",
    _WHY,
)
ENDED_ALREADY = Rule(
    "agency.ended_already",
    _M,
    "Đơn vị {code} đã giải thể từ ngày {day} (đơn vị kế thừa: {successor}). Hãy hủy bằng "
    "`lienthong agency undo {code}` trước khi ghi khác đi.",
    "Agency {code} is no more since {day} (successor: {successor}). "
    "Undo that with `lienthong agency undo {code}` before entering something else.",
    _WHY,
)
NOT_ENDED = Rule(
    "agency.not_ended",
    _M,
    "Đơn vị {code} đang hoạt động, không có gì để hủy.",
    "Agency {code} has not ended; there is nothing to undo.",
    _WHY,
)
UNDO_REDIRECTED = Rule(
    "agency.undo_late",
    _M,
    "Không hủy được: đã có văn bản gửi {code} được chuyển tới đơn vị kế thừa. Hãy thêm đơn vị mới thay vào đó.",
    "It is too late: documents for {code} have reached its successor. Add a new agency instead.",
    _WHY,
)
UNDO_HANDLED = Rule(
    "agency.undo_late",
    _M,
    "Không hủy được: văn bản của {code} đã được xử lý từ khi giải thể. Hãy thêm đơn vị mới thay vào đó.",
    "It is too late: what {code} had was handled since it ended. Add a new agency instead.",
    _WHY,
)
CAPABILITY_UNKNOWN = Rule(
    "agency.capability_unknown",
    _M,
    "Không có khả năng tiếp nhận «{word}». Chỉ dùng: {words}.",
    "There is no capability «{word}». Use: {words}.",
    _WHY,
)
CONTACT_MALFORMED = Rule(
    "agency.contact_malformed",
    _M,
    "Thông tin liên hệ «{text}» ({field}) không hợp lệ: một dòng, tối đa {limit} ký tự, không có ký tự điều khiển.",
    "The contact data «{text}» ({field}) is not valid: one line of at most {limit} characters without controls.",
    _WHY,
)
