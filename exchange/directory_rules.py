"""What an administrator can get wrong: agencies, systems, certificates, trusted authorities, accounts."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_M = FaultClass.BAD_VALUE
_N = FaultClass.MISSING
_R = FaultClass.TOO_LONG

AGENCY_MALFORMED = Rule(
    "agency.malformed",
    _M,
    "Mã đơn vị «{code}» không hợp lệ ({found_vi}): chỉ gồm chữ không dấu, chữ số và các dấu . _ -, tối đa 35 ký tự.",
    "Agency code «{code}» is not valid ({found_en}): ASCII letters, digits and . _ - only, at most 35 characters.",
    "QĐ 20/2020/QĐ-TTg",
)
AGENCY_NAMELESS = Rule(
    "agency.nameless",
    _N,
    "Đơn vị {code} chưa có tên. Hãy ghi tên đầy đủ của đơn vị.",
    "Agency {code} has no name. Give its full name.",
)
AGENCY_UNKNOWN = Rule(
    "agency.unknown",
    _M,
    "Không có đơn vị {code} trong danh mục. Hãy thêm bằng `lienthong agency add {code} --name …` trước.",
    "Agency {code} is not in the directory. Add it first with `lienthong agency add {code} --name …`.",
)
CODE_DAYS = Rule(
    "agency.code_days",
    _M,
    "Mã {code} không thể có giá trị từ {start} đến {end}: ngày hết giá trị đứng trước ngày bắt đầu.",
    "Code {code} cannot be valid from {start} to {end}: it would end before it begins.",
)
CODE_TAKEN = Rule(
    "agency.taken",
    _M,
    "{code} đã là mã của đơn vị {agency}. Mỗi mã chỉ thuộc một đơn vị.",
    "{code} is a code of agency {agency} already. A code belongs to one agency.",
)
CODE_CONFUSABLE = Rule(
    "agency.confusable",
    _M,
    "Mã «{code}» dễ nhầm với {known} đã có: {found_vi}. Nếu đúng là đơn vị khác, hãy thêm --confirm-confusable.",
    "Code «{code}» is easily taken for {known}: {found_en}. If it is meant, add --confirm-confusable.",
    "SECURITY TM-53",
)
NAME_CONFUSABLE = Rule(
    "agency.confusable",
    _M,
    "Tên «{name}» dễ nhầm với tên của đơn vị {known}. Nếu đúng là đơn vị khác, hãy thêm --confirm-confusable.",
    "The name «{name}» is easily taken for that of {known}. If it is meant, add --confirm-confusable.",
    "SECURITY TM-53",
)
ALIAS_UNKNOWN = Rule(
    "alias.unknown",
    _M,
    "{code} không phải mã khác của đơn vị nào. Hãy xem `lienthong agency alias list`.",
    "{code} is no alias of any agency. See `lienthong agency alias list`.",
)
PARENT_CIRCULAR = Rule(
    "agency.circular",
    _M,
    "Đơn vị cấp trên {parent} lại trực thuộc {code}. Hãy chọn đơn vị cấp trên khác.",
    "Parent {parent} is itself below {code}. Choose another parent.",
)
SYSTEM_MALFORMED = Rule(
    "system.malformed",
    _M,
    "Mã hệ thống «{system}» không hợp lệ: chỉ gồm chữ không dấu, chữ số và các dấu . _ -, tối đa 64 ký tự.",
    "System id «{system}» is not valid: ASCII letters, digits and . _ - only, at most 64 characters.",
)
SYSTEM_WITHOUT_AGENCY = Rule(
    "system.without_agency",
    _N,
    "Hệ thống {system} phải thuộc ít nhất một đơn vị.",
    "System {system} must act for at least one agency.",
)
SYSTEM_TAKEN = Rule(
    "system.taken",
    _M,
    "Mã hệ thống {system} đã có. Hãy chọn mã khác; muốn cấp lại thông tin xác thực, dùng `lienthong system rotate`.",
    "System id {system} is taken. Choose another; for a new credential use `lienthong system rotate`.",
)
SYSTEM_UNKNOWN = Rule(
    "system.unknown",
    _M,
    "Không có hệ thống {system}. Hãy xem `lienthong system list`.",
    "There is no system {system}. See `lienthong system list`.",
)
SYSTEM_WEAK_PAST = Rule(
    "system.weak_past",
    _M,
    "Ngày {until} đã qua nên chữ ký yếu của {system} sẽ không được nhận. Hãy chọn ngày sau, hoặc dùng --never.",
    "The day {until} is past, so no weak signature of {system} would be taken. Choose a later day, or use --never.",
)
CERTIFICATE_TAKEN = Rule(
    "certificate.taken",
    _M,
    "Chứng thư {subject} đã đăng ký cho đơn vị khác. Mỗi chứng thư chỉ thuộc một đơn vị.",
    "Certificate {subject} is registered to another agency. A certificate belongs to one agency only.",
)
CERTIFICATE_REVOKED = Rule(
    "certificate.revoked",
    _M,
    "Chứng thư {subject} đã bị thu hồi trên trục và không dùng lại được. Hãy đăng ký chứng thư mới.",
    "Certificate {subject} was revoked on this exchange and stays so. Register a new one.",
)
CERTIFICATE_UNKNOWN = Rule(
    "certificate.unknown",
    _M,
    "Không có chứng thư nào bắt đầu bằng {sha256}. Hãy xem `lienthong certificate list`.",
    "No certificate begins with {sha256}. See `lienthong certificate list`.",
)
CERTIFICATE_SHORT = Rule(
    "certificate.short",
    _M,
    "«{sha256}» chưa đủ: hãy ghi ít nhất {least} chữ số đầu của mã SHA-256, như trong `lienthong certificate list`.",
    "«{sha256}» is too short: give at least the first {least} digits of the SHA-256, see `lienthong certificate list`.",
)
CERTIFICATE_AMBIGUOUS = Rule(
    "certificate.ambiguous",
    _M,
    "{count} chứng thư bắt đầu bằng {sha256}. Hãy ghi thêm chữ số của mã SHA-256.",
    "{count} certificates begin with {sha256}. Give more digits of the SHA-256.",
)
SOURCE_MALFORMED = Rule(
    "source.malformed",
    _M,
    "Địa chỉ «{url}» không dùng được: cần http:// hoặc https:// kèm tên máy chủ, không có tên đăng nhập và mật khẩu.",
    "Address «{url}» is of no use: it takes http:// or https:// with a host, without user name and password.",
)
ENVELOPE_UNKNOWN = Rule(
    "envelope.unknown",
    _M,
    "Không có thông điệp nào mang mã {envelope}. Hãy dùng mã (id) mà trục đã trả lời khi nhận.",
    "There is no envelope {envelope}. Give the id that the exchange answered with.",
)
SOURCE_UNKNOWN = Rule(
    "source.unknown",
    _M,
    "Chưa khai địa chỉ {url}. Hãy xem `lienthong ca list`.",
    "Address {url} is not named here. See `lienthong ca list`.",
)
AUTHORITY_UNKNOWN = Rule(
    "authority.unknown",
    _M,
    "Không có tổ chức chứng thực được tin cậy nào tên {name}. Hãy ghi tên như trong `lienthong ca list`.",
    "No trusted authority is called {name}. Write the name as `lienthong ca list` shows it.",
)
ACCOUNT_MALFORMED = Rule(
    "account.malformed",
    _M,
    "Tên tài khoản «{name}» không hợp lệ: chỉ gồm chữ không dấu, chữ số và các dấu . _ -, tối đa 64 ký tự.",
    "Account name «{name}» is not valid: ASCII letters, digits and . _ - only, at most 64 characters.",
)
ACCOUNT_TAKEN = Rule(
    "account.taken",
    _M,
    "Tài khoản {name} đã có. Hãy chọn tên khác.",
    "Account {name} is taken. Choose another name.",
)
ACCOUNT_WITHOUT_AGENCY = Rule(
    "account.without_agency",
    _N,
    "Văn thư {name} phải thuộc một đơn vị. Hãy thêm --agency MÃ.",
    "Clerk {name} must belong to an agency. Add --agency CODE.",
)
ACCOUNT_WITH_AGENCY = Rule(
    "account.with_agency",
    _M,
    "Quản trị {name} xem mọi đơn vị nên không thuộc đơn vị nào. Hãy bỏ --agency.",
    "Administrator {name} sees every agency and belongs to none. Leave out --agency.",
)
PASSWORD_SHORT = Rule(
    "password.short",
    _R,
    "Mật khẩu phải có từ {least} đến {most} ký tự.",
    "A password has {least} to {most} characters.",
)
