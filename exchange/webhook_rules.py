"""What can be wrong with a webhook, so that an administrator sees it before anything is connected to."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_M = FaultClass.BAD_VALUE
_N = FaultClass.MISSING
_SSRF = "SECURITY TM-43"

URL_MALFORMED = Rule(
    "webhook.malformed",
    _M,
    "Địa chỉ «{url}» không dùng được: cần https:// kèm tên máy chủ, không có tên đăng nhập và mật khẩu.",
    "Address «{url}» is of no use: it takes https:// with a host, without user name and password.",
    _SSRF,
)
URL_PLAIN = Rule(
    "webhook.plain",
    _M,
    "Địa chỉ «{url}» không mã hóa. Nếu đường truyền là mạng riêng, hãy thêm --allow-http.",
    "Address «{url}» is not encrypted. If the way there is a private network, add --allow-http.",
    _SSRF,
)
NETWORK_MALFORMED = Rule(
    "webhook.network",
    _M,
    "«{network}» không phải một mạng. Hãy ghi như 10.20.0.0/16 hoặc fd00:20::/32.",
    "«{network}» is no network. Write it like 10.20.0.0/16 or fd00:20::/32.",
    _SSRF,
)
NETWORK_MISSING = Rule(
    "webhook.network_missing",
    _N,
    "Chưa ghi mạng nào được phép kết nối tới. Hãy thêm --network, ví dụ 10.20.0.0/16.",
    "No network is allowed to be connected to. Add --network, for example 10.20.0.0/16.",
    _SSRF,
)
URL_OUTSIDE = Rule(
    "webhook.outside",
    _M,
    "{place} không thuộc các mạng và cổng được phép. Hãy sửa địa chỉ, hoặc thêm --network hay --port.",
    "{place} is outside the networks and ports allowed. Correct the address, or add --network or --port.",
    _SSRF,
)
AUTHORITY_MALFORMED = Rule(
    "webhook.authority",
    _M,
    "Tệp --ca không có chứng thư PEM nào dùng được.",
    "The file of --ca holds no usable certificate in PEM.",
)
EVENT_UNKNOWN = Rule(
    "webhook.event",
    _M,
    "Không có loại tin «{event}». Các loại có: {known}.",
    "There is no event «{event}». There are: {known}.",
)
WEBHOOK_TAKEN = Rule(
    "webhook.taken",
    _M,
    "Hệ thống {system} đã có webhook tới {url} (số {id}).",
    "System {system} has a webhook to {url} already ({id}).",
)
WEBHOOK_UNKNOWN = Rule(
    "webhook.unknown",
    _M,
    "Không có webhook số {id}. Hãy xem `lienthong webhook list`.",
    "There is no webhook {id}. See `lienthong webhook list`.",
)
WEBHOOK_APPROVED = Rule(
    "webhook.approved",
    _M,
    "Webhook số {id} đã được duyệt.",
    "Webhook {id} is approved already.",
)
WEBHOOK_PENDING = Rule(
    "webhook.pending",
    _M,
    "Webhook số {id} chưa được duyệt nên chưa nhận tin nào. Hãy chạy `lienthong webhook approve {id} --as NAME`.",
    "Webhook {id} is not approved yet and is told nothing. Run `lienthong webhook approve {id} --as NAME`.",
)
NOTICE_NOT_DEAD = Rule(
    "notice.not_dead",
    _M,
    "Không có tin nào đã bỏ mang mã {id}. Hãy xem `lienthong webhook dead`.",
    "No notice {id} was given up. See `lienthong webhook dead`.",
)
