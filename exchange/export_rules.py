"""What can be wrong with an export."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_M = FaultClass.BAD_VALUE

PERIOD_BACKWARDS = Rule(
    "export.period_backwards",
    _M,
    "Khoảng thời gian từ {first} đến {last} không có ngày nào. Hãy đổi chỗ hai ngày.",
    "There is no day from {first} to {last}. Exchange the two days.",
)
FOLDER_USED = Rule(
    "export.folder_used",
    _M,
    "{folder} không phải là thư mục trống. Hãy chọn thư mục mới: xuất lại không ghi đè lên tệp nào.",
    "{folder} is not an empty folder. Choose a new one: an export writes over nothing.",
)
