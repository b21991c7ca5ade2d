"""What recalls, updates and replacements can break, and what their sender is warned of."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_M = FaultClass.BAD_VALUE
_BUSINESS = "edXML section 6"

TARGET_UNKNOWN = Rule(
    "target.unknown",
    _M,
    "Trục không có văn bản {reference} do {sender} gửi. Gói tin này vẫn được chuyển tới các nơi nhận ghi trong To, "
    "nhưng trục không thu hồi, cập nhật hay thay thế văn bản nào. Hãy kiểm tra DocumentId.",
    "No document {reference} of {sender} is on this exchange. This envelope is delivered to those in To, "
    "but the exchange recalls, updates or replaces nothing. Check the DocumentId.",
    _BUSINESS,
)
TARGET_FOREIGN = Rule(
    "target.foreign",
    _M,
    "{reference} là văn bản của {owner}; {sender} không thể thu hồi, cập nhật hay thay thế văn bản của đơn vị khác.",
    "{reference} is a document of {owner}; {sender} cannot recall, update or replace what another agency sent.",
    "conformance C27; SECURITY TM-14",
)
RECALL_NOT_SENT = Rule(
    "recall.not_sent",
    _M,
    "Văn bản {reference} không gửi cho {code} qua trục này, nên không có gì để thu hồi ở đó.",
    "Document {reference} was not sent to {code} by this exchange: there is nothing to take back.",
    "conformance C30",
)
RECALL_LATE = Rule(
    "recall.late",
    _M,
    "Không thu hồi được {reference} ở {code}: văn bản đã ở trạng thái «{state}». Đề nghị vẫn được lưu và chuyển đi.",
    "{reference} cannot be taken back from {code}: it is already «{state}» there. The request is kept and delivered.",
    "conformance C30",
)
RECEIVER_CONTRADICTED = Rule(
    "receiver.contradicted",
    _M,
    "ReceiverList vừa thêm vừa bỏ đơn vị nhận {code}. Hãy chỉ giữ một dòng.",
    "ReceiverList both adds and removes receiver {code}. Keep one of the lines.",
    _BUSINESS,
)
REPLACED_NOT_SENT = Rule(
    "replaced.not_sent",
    _M,
    "Văn bản {reference} không gửi cho {code} qua trục này, nên không được đánh dấu thay thế ở đó.",
    "Document {reference} was not sent to {code} by this exchange: it is not marked as replaced there.",
    "conformance C32",
)
DELIVERY_WITHDRAWN = Rule(
    "delivery.withdrawn",
    _M,
    "Nơi gửi {sender} đã thu hồi văn bản này lúc {at}, trước khi có ai lấy về. Lý do: {reason}",
    "Sender {sender} took this back at {at}, before anybody fetched it. Reason: {reason}",
    "conformance C30",
)
