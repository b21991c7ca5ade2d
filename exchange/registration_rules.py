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
