"""What a request can break before any use case sees it: its query, its JSON, its cursor."""

from __future__ import annotations

from envelopes.faults import FaultClass, Rule

_N, _R, _T, _M = FaultClass.MISSING, FaultClass.TOO_LONG, FaultClass.WRONG_TYPE, FaultClass.BAD_VALUE
_CONVENTIONS = "API v1, conventions"

QUERY_UNKNOWN = Rule(
    "query.unknown",
    _M,
    "Tham số {name} không có ở địa chỉ này (chỉ nhận: {known}). Hãy bỏ hoặc sửa tên tham số.",
    "Parameter {name} does not exist here (known: {known}). Remove it or correct its name.",
    _CONVENTIONS,
)
QUERY_REPEATED = Rule(
    "query.repeated",
    _M,
    "Tham số {name} xuất hiện nhiều lần. Hãy chỉ gửi một lần.",
    "Parameter {name} occurs more than once. Send it once.",
    _CONVENTIONS,
)
QUERY_INVALID = Rule(
    "query.invalid",
    _T,
    "Giá trị của tham số {name} không hợp lệ; cần {expected}.",
    "The value of parameter {name} is not valid; expected {expected}.",
    _CONVENTIONS,
)
CURSOR_INVALID = Rule(
    "cursor.invalid",
    _T,
    "Con trỏ trang không phải do danh sách này cấp. Hãy dùng giá trị next của trang trước, hoặc bỏ tham số cursor.",
    "This list did not give out this cursor. Use the previous page's next, or leave cursor out.",
    _CONVENTIONS,
)
JSON_UNSUPPORTED = Rule(
    "body.unsupported",
    _M,
    "Địa chỉ này chỉ nhận JSON. Hãy gửi với Content-Type: application/json, không nén.",
    "Only JSON is taken here. Send it as application/json, not compressed.",
    "API v1, confirmation",
)
JSON_TOO_LARGE = Rule(
    "body.too_large",
    _R,
    "Nội dung JSON dài hơn {limit} byte. Hãy chỉ gửi các trường trong tài liệu API.",
    "The JSON is longer than {limit} bytes. Send only the fields the API documents.",
)
JSON_MALFORMED = Rule(
    "json.malformed",
    _T,
    "Nội dung không phải một đối tượng JSON hợp lệ ở bảng mã UTF-8. Hãy kiểm tra cú pháp.",
    "The body is not a JSON object in UTF-8. Check its syntax.",
    "RFC 8259",
)
JSON_MISSING = Rule(
    "json.missing",
    _N,
    "Thiếu trường {name}. Hãy thêm trường này.",
    "Field {name} is missing. Add it.",
    "API v1",
)
JSON_UNKNOWN = Rule(
    "json.unknown",
    _M,
    "Trường {name} không có trong tài liệu API. Hãy bỏ trường này.",
    "Field {name} is not in the API. Remove it.",
    "API v1",
)
JSON_INVALID = Rule(
    "json.invalid",
    _T,
    "Giá trị của trường {name} không hợp lệ: {reason}.",
    "The value of field {name} is not valid: {reason}.",
    "API v1",
)
BODY_GARBLED = Rule(
    "body.garbled",
    _T,
    "Dữ liệu gửi không theo đúng HTTP/1.1 (lỗi chunked hoặc dòng quá dài). Hãy kiểm tra phần mềm gửi hoặc proxy.",
    "The body is not well-formed HTTP/1.1 (broken chunks or a line too long). Check the sending software or its proxy.",
    "RFC 9112",
)
