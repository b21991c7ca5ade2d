"""What can be wrong with the right to sign: certificates withdrawn, delegations, and a second administrator's word."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_M = FaultClass.BAD_VALUE
_N = FaultClass.MISSING
_TWO = "SECURITY TM-13"

CERTIFICATE_WITHDRAWN = Rule(
    "certificate.withdrawn",
    _M,
    "Chứng thư đã bị thu hồi trên trục, không còn giá trị từ {since}. Hãy ký lại bằng chứng thư khác rồi gửi lại.",
    "The certificate was revoked on this exchange and does not count from {since} on. Sign with another, send again.",
    "SECURITY TM-12",
)
CERTIFICATE_IN_USE = Rule(
    "certificate.in_use",
    _M,
    "Chứng thư {subject} đang được dùng, không còn gì phải duyệt.",
    "Certificate {subject} is in use; there is nothing to approve.",
)
WITHDRAWAL_EARLY = Rule(
    "certificate.withdrawal_early",
    _M,
    "Thời điểm {since} ở tương lai: chứng thư bị thu hồi từ lúc này hoặc sớm hơn. Hãy bỏ --since hoặc sửa lại.",
    "{since} lies in the future: a certificate is revoked from now on or earlier. Leave out --since or correct it.",
)
DELEGATION_SELF = Rule(
    "delegation.self",
    _M,
    "{agency} không cần ủy quyền cho chính mình. Hãy chọn đơn vị khác sau --to.",
    "{agency} needs no delegation to itself. Name another agency after --to.",
)
DELEGATION_BACKWARDS = Rule(
    "delegation.backwards",
    _M,
    "Ủy quyền phải kết thúc sau khi bắt đầu, và chưa qua. Hãy sửa --from hoặc --until.",
    "A delegation ends after it begins, and not in the past. Correct --from or --until.",
)
DELEGATION_TWICE = Rule(
    "delegation.twice",
    _M,
    "{delegate} đã được ký thay {agency} theo ủy quyền số {id} {span_vi}. Muốn đổi: `lienthong delegation end {id}` "
    "rồi thêm lại, hoặc chọn --from sau khi nó kết thúc.",
    "{delegate} signs for {agency} already by delegation {id} {span_en}. To change: `lienthong delegation end {id}`, "
    "then add anew, or choose --from after its end.",
)
DELEGATION_UNKNOWN = Rule(
    "delegation.unknown",
    _M,
    "Không có ủy quyền số {id}. Hãy xem `lienthong delegation list`.",
    "There is no delegation {id}. See `lienthong delegation list`.",
)
DELEGATION_OVER = Rule(
    "delegation.over",
    _M,
    "Ủy quyền số {id} đã kết thúc. Hãy lập ủy quyền mới.",
    "Delegation {id} is over. Make a new one.",
)
DELEGATION_ENDED = Rule(
    "delegation.ended",
    _M,
    "{signer} không còn được ủy quyền ký cho {sender}. Hãy ký bằng chứng thư của {sender} hoặc lập ủy quyền mới.",
    "{signer} may no longer sign for {sender}. Sign with a certificate of {sender}, or make a new delegation.",
    _TWO,
)
DELEGATION_APPROVED = Rule(
    "delegation.approved",
    _M,
    "Ủy quyền số {id} đã được duyệt.",
    "Delegation {id} is approved already.",
)
ADMINISTRATOR_NEEDED = Rule(
    "administrator.needed",
    _N,
    "Việc này cần hai quản trị: người nhập phải xưng tên bằng --as, sau đó người khác duyệt.",
    "This takes two administrators: who enters it says so with --as, then another approves.",
    _TWO,
)
ADMINISTRATOR_UNPROVEN = Rule(
    "administrator.unproven",
    _M,
    "Tên hoặc mật khẩu quản trị không đúng. Hãy thử lại với tài khoản có vai trò quản trị.",
    "The administrator's name or password is wrong. Try again with an account of that role.",
    _TWO,
)
APPROVER_SAME = Rule(
    "approver.same",
    _M,
    "{name} đã nhập nên không được tự duyệt. Hãy nhờ một quản trị khác.",
    "{name} entered it and may not approve it. Ask another administrator.",
    _TWO,
)
