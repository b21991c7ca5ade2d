"""What can be wrong with a change of the directory that waits for an administrator's word."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_M = FaultClass.BAD_VALUE
_R = FaultClass.TOO_LONG

REQUEST_UNKNOWN = Rule(
    "request.unknown",
    _M,
    "Không có yêu cầu số {id}. Hãy xem `lienthong agency requests`.",
    "There is no request {id}. See `lienthong agency requests`.",
)
REQUEST_DECIDED = Rule(
    "request.decided",
    _M,
    "Yêu cầu số {id} đã được {by} quyết định.",
    "Request {id} has been decided by {by}.",
)
REQUESTS_MANY = Rule(
    "request.many",
    _R,
    "Hệ thống {system} đã có {count} yêu cầu đang chờ. Hãy đợi quản trị trục quyết định rồi gửi tiếp.",
    "System {system} has {count} requests waiting. Wait for an administrator's decision before sending more.",
)
GROUP_MALFORMED = Rule(
    "group.malformed",
    _M,
    "Tên nhóm «{name}» không hợp lệ: chỉ gồm chữ không dấu, chữ số và các dấu . _ -, tối đa 64 ký tự.",
    "Group name «{name}» is not valid: ASCII letters, digits and . _ - only, at most 64 characters.",
)
GROUP_TITLE = Rule(
    "group.title",
    _R,
    "Tên hiển thị của nhóm phải là một dòng chữ, tối đa {limit} ký tự.",
    "A group's title is one line of text, of at most {limit} characters.",
)
GROUP_EMPTY = Rule(
    "group.empty",
    _M,
    "Nhóm {name} chưa có ai. Hãy thêm --member MÃ, --level CẤP hoặc --below MÃ.",
    "Nobody is in group {name}. Add --member CODE, --level LEVEL or --below CODE.",
)
GROUP_UNKNOWN = Rule(
    "group.unknown",
    _M,
    "Không có nhóm {name}. Hãy xem `lienthong group list`.",
    "There is no group {name}. See `lienthong group list`.",
)
